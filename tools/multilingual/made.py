"""Made examples of what readers get wrong: small pieces of news with questions and claims.

The frames and what they draw from lie in `frames/`; how they are written is told there.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.multilingual.examples import NEITHER, NOT_SUPPORTED, SUPPORTED, Judged, Read
from tools.multilingual.statements import YES_OR_NO, Document

FOLDER = Path(__file__).parent / "frames"
HELD_FRAMES = ("court", "whole and part", "held and next", "first person in list")
"""Frames that are measured on and never trained on, as are the last ways of all others."""

MARK = re.compile(r"\[(?P<label>\w+):|(?P<end>\])|\{(?P<slot>\w+)\}")
SLOT = re.compile(r"\{(\w+)\}")
VOWEL = re.compile(r"[aeiouAEIOU]")

MONTHS = (
    "January February March April May June July August September October November December".split()
)
LOCAL_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre "
    "décembre".split(),
    "es": "de enero,de febrero,de marzo,de abril,de mayo,de junio,de julio,de agosto,"
    "de septiembre,de octubre,de noviembre,de diciembre".split(","),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November "
    "Dezember".split(),
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября "
    "декабря".split(),
}
MILLIONS = {
    "en": ("{} million", "{} billion", "{}.{} million", "{}.{} billion"),
    "fr": ("{} millions d’euros", "{},{} millions d’euros", "{} milliards de dollars"),
    "es": ("{} millones de euros", "{},{} millones de dólares"),
    "de": ("{} Millionen Euro", "{},{} Millionen Euro", "{} Milliarden Dollar"),
    "ru": ("{} млн евро", "{},{} млн долларов", "{} млрд рублей"),
}
NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()

LAST = "_last"
SHORT_LINE = 220
"""Characters of a sentence that passages are filled up with, at most."""

SHORTENED = 0.3
"""For what share of the questions about people the last names alone are asked for."""

Cross = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
"""Questions in other languages, by frame, language and label."""

Spans = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to tell a frame, and the questions of it by the slot or label that answers them."""

    text: str
    ask: Mapping[str, Sequence[str]]
    alone: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One kind of news: `slots` are pools by slot."""

    name: str
    slots: Mapping[str, str]
    ways: Sequence[Way]
    claims: Sequence[str]
    swap: Sequence[str]
    lies: Sequence[str]
    table: bool


@dataclass(slots=True)
class Told:
    """A frame told with drawn values: the text and where values and labels stand in it."""

    frame: Frame
    way: Way
    values: Mapping[str, str]
    text: str
    spans: Spans = field(default_factory=dict)


def frames(language: str, *, held: bool) -> list[Frame]:
    """Return a language's frames to train on, or those that are held out."""
    found = []
    for row in yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8")):
        ways = list(_ways(row))
        if row["name"] in HELD_FRAMES:
            ways = ways if held else []
        elif len(ways) > 1:
            ways = ways[-1:] if held else ways[:-1]
        elif held:
            ways = []
        if not ways:
            continue
        more = (row.get(key, {}) for key in ("slots", "slots_more", "slots_else"))
        slots = {name: pool for part in more for name, pool in part.items()}
        found.append(
            Frame(
                row["name"],
                slots,
                ways,
                row.get("claims", ()),
                row.get("swap", ()),
                row.get("lies", ()),
                row.get("table", False),
            )
        )
    return found


def _ways(row: Mapping[str, Any]) -> Iterator[Way]:
    exact = dict(row.get("exact", ()))
    alone = bool({"exact", "hide", "lies", "table"} & row.keys())
    for text in row["say"]:
        if text in exact:
            ask = {("x" if label == "none" else label): q for label, q in exact[text].items()}
        else:
            hidden = row.get("hide", {}).get(text, ())
            ask = {label: q for label, q in row.get("ask", {}).items() if label not in hidden}
        yield Way(text, ask, alone)


@cache
def pools() -> dict[str, list[str]]:
    """Return the lists that values are drawn from."""
    found: dict[str, list[str]] = yaml.safe_load((FOLDER / "pools.yaml").read_text("utf-8"))
    return found


class Drawing:
    """Draws values, none twice; those that are held out are drawn only where `held`."""

    def __init__(self, chance: random.Random, *, held: bool, language: str = "en") -> None:
        self._chance, self._held, self._language = chance, held, language
        self._used: set[str] = set()

    def values(self, frame: Frame) -> dict[str, str]:
        """Return a value for each slot of a frame, and a person's last name as `SLOT_last`."""
        values = {slot: self.value(pool) for slot, pool in frame.slots.items()}
        people = [slot for slot, pool in frame.slots.items() if pool == "person"]
        return values | {f"{slot}{LAST}": values[slot].split()[-1] for slot in people}

    def value(self, pool: str) -> str:
        """Return a value of a pool that was not drawn yet."""
        for _ in range(200):
            value = self._drawn(pool)
            if value not in self._used:
                self._used.add(value)
                return value
        return value

    def _drawn(self, pool: str) -> str:
        if (made := getattr(self, f"_{pool}", None)) is not None:
            return made()
        local = f"{pool}.{self._language}"
        listed = pools()[local if local in pools() else pool]
        if self._language != "en":
            listed = [value for value in listed if not value.startswith("the ")]
        if len(listed) >= 16:  # every fourth is kept for measuring
            listed = [value for at, value in enumerate(listed) if (at % 4 == 3) == self._held]
        return self._chance.choice(listed)

    def _person(self) -> str:
        first, last = self._drawn("first"), self._drawn("last")
        chance = self._chance.random()
        if chance < 0.05:
            return f"{first} {self._chance.choice('ABCDEFGHJKLMPRSTW')}. {last}"
        return f"{first} {last}"

    def _age(self) -> str:
        return str(self._chance.randint(18, 94))

    def _smallnumber(self) -> str:
        number = self._chance.randint(2, 60)
        if number <= len(NUMBERS) + 1 and self._language == "en" and self._chance.random() < 0.5:
            return NUMBERS[number - 2]
        return str(number)

    def _bignumber(self) -> str:
        size = self._chance.choice((200, 900, 5000, 60000, 900000))
        number = self._chance.randint(61, size)
        return f"{number:,}" if self._language == "en" else f"{number:,}".replace(",", " ")

    def _money(self) -> str:
        amount = self._chance.choice(MILLIONS.get(self._language, MILLIONS["en"]))
        amount = amount.format(self._chance.randint(2, 900), self._chance.randint(1, 9))
        return self._currency().format(amount) if self._language == "en" else amount

    _bigmoney = _money

    def _price(self) -> str:
        number = self._chance.choice(
            (
                str(self._chance.randint(2, 400)),
                f"{self._chance.randint(1, 60)}.{self._chance.randint(10, 99)}",
            )
        )
        return self._currency().format(number)

    def _currency(self) -> str:
        if self._language != "en":
            return {"fr": "{} euros", "es": "{} euros", "de": "{} Euro", "ru": "{} евро"}[
                self._language
            ]
        return self._chance.choice(
            ("${}", "€{}", "£{}", "{} euros", "{} dollars", "{} pounds", "{} francs")
        )

    def _percent(self) -> str:
        return f"{self._chance.randint(3, 97)}{self._chance.choice(('%', ' percent', ' per cent'))}"

    def _score(self) -> str:
        return self._chance.choice(
            (
                "2-0",
                "2-1",
                "3-1",
                "3-2",
                "4-0",
                "5-3",
                "6-4, 6-3",
                "1-0",
                "21-17",
                "34-12",
                "6-1",
                "7-5",
            )
        )

    def _futureyear(self) -> str:
        return str(self._chance.randint(2026, 2045))

    def _pastyear(self) -> str:
        return str(self._chance.randint(1931, 2024))

    def _clock(self) -> str:
        return f"{self._chance.randint(5, 23)}:{self._chance.randint(0, 59):02}"

    def _date(self) -> str:
        day, month = self._chance.randint(1, 28), self._chance.randrange(12)
        if self._language != "en":
            return f"{day} {LOCAL_MONTHS[self._language][month]}"
        return self._chance.choice((f"{day} {MONTHS[month]}", f"{MONTHS[month]} {day}"))


def tell(frame: Frame, way: Way, values: Mapping[str, str]) -> Told:
    """Return a frame told in a way, with the places of its values and labels."""
    told = Told(frame, way, values, "")
    parts: list[str] = []
    size = 0
    opened: list[tuple[str, int]] = []
    at = 0

    def write(text: str) -> None:
        nonlocal size
        parts.append(text)
        size += len(text)

    for mark in MARK.finditer(way.text):
        write(way.text[at : mark.start()])
        at = mark.end()
        if mark["label"]:
            opened.append((mark["label"], size))
        elif mark["end"]:
            label, start = opened.pop()
            told.spans.setdefault(label, []).append((start, size))
        else:
            value = values[mark["slot"]]
            if parts and parts[-1].endswith((" a ", "\na ", "A ")) and VOWEL.match(value):
                parts[-1] = parts[-1][:-1] + "n "
                size += 1
            told.spans.setdefault(mark["slot"], []).append((size, size + len(value)))
            write(value)
    write(way.text[at:])
    text = "".join(parts)
    told.text = text[:1].upper() + text[1:]
    return told


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a question or a claim with its slots filled, and its first letter a capital."""
    text = re.sub(r"\b([Aa]) \{(\w+)\}", lambda found: _with_article(found, values), template)
    text = SLOT.sub(lambda found: values[found[1]], text)
    return text[:1].upper() + text[1:]


def shortened(template: str, values: Mapping[str, str]) -> str:
    """Return a question that asks for people by their last names."""
    return SLOT.sub(
        lambda found: f"{{{found[1]}{LAST}}}" if found[1] + LAST in values else found[0], template
    )


def _with_article(found: re.Match[str], values: Mapping[str, str]) -> str:
    """Return "a" or "an" with a value, if the value is a common noun."""
    value = values[found[2]]
    return f"{found[1]}{'n' * bool(re.match('[aeiou]', value))} {value}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage made of told frames and other sentences; `starts` are where the frames stand."""

    text: str
    told: Sequence[Told]
    starts: Sequence[int]

    def places(self, number: int, label: str) -> list[tuple[int, int]]:
        """Return where a label or slot of the frame with that number stands in the passage."""
        start = self.starts[number]
        return [(start + a, start + b) for a, b in self.told[number].spans.get(label, ())]


class Made:
    """Makes readings and judgements, as many as are asked for; the same for the same seed.

    `fillers` are real sentences that passages are filled up with; `cross` are questions in other
    languages by frame and label.
    """

    def __init__(
        self,
        language: str,
        fillers: Sequence[str],
        *,
        held: bool = False,
        cross: Cross | None = None,
    ) -> None:
        self.language, self._fillers, self._held = language, fillers, held
        self._cross = cross or {}
        self.frames = frames(language, held=held)

    @classmethod
    def english(
        cls, documents: Iterable[Document], *, held: bool = False, cross: Cross | None = None
    ) -> "Made":
        """Return what makes examples in English, with short sentences of news to fill them up."""
        lines = (line for document in documents for line in document.sentences)
        short = [line for line in lines if len(line) < SHORT_LINE]
        return cls("en", short, held=held, cross=cross)

    def piece(self, chance: random.Random) -> tuple[Piece, Drawing]:
        """Return a passage of one to three frames, often of the same kind."""
        drawing = Drawing(chance, held=self._held, language=self.language)
        frame = chance.choice(self.frames)
        kinds = [frame]
        if chance.random() < 0.4 and not frame.table:
            kinds.append(frame)
        while chance.random() < 0.3 and len(kinds) < 4:
            kinds.append(chance.choice(self.frames))
        told = []
        for kind in kinds:
            values = drawing.values(kind)
            way = chance.choice(kind.ways)
            told.append(tell(kind, way, values))
            others = [other for other in kind.ways if other is not way]
            if not way.alone and others and chance.random() < 0.3:
                told[-1] = _joined(told[-1], tell(kind, chance.choice(others), values))
        chance.shuffle(told)
        return self._composed(told, chance), drawing

    def _composed(self, told: Sequence[Told], chance: random.Random) -> Piece:
        text, starts = "", []
        space = chance.choice((" ", " ", "\n\n"))
        for part in told:
            while chance.random() < 0.35 and self._fillers:
                text += chance.choice(self._fillers) + space
            if part.frame.table:
                text = text.rstrip() + "\n\n" if text else text
            starts.append(len(text))
            text += part.text + ("\n\n" if part.frame.table else space)
        while chance.random() < 0.4 and self._fillers:
            text += chance.choice(self._fillers) + space
        return Piece(text.rstrip(), told, starts)

    def readings(self, chance: random.Random) -> Iterator[Read]:
        """Yield some questions of a made passage, answered and not."""
        piece, drawing = self.piece(chance)
        for number, question, label in self._questions(piece, chance):
            spans = piece.places(number, label) if label else []
            yield Read(_typed(question, chance), piece.text, tuple(spans), f"made {self.language}")
        if chance.random() < 0.3:
            frame = piece.told[0].frame
            values = drawing.values(frame)
            templates = [q for qs in piece.told[0].way.ask.values() for q in qs if SLOT.search(q)]
            if templates:
                question = filled(chance.choice(templates), values)
                yield Read(_typed(question, chance), piece.text, (), f"made {self.language}")

    def _questions(
        self, piece: Piece, chance: random.Random
    ) -> Iterator[tuple[int, str, str | None]]:
        """Yield at most two questions of each frame, and the label that answers, if any does."""
        names = [part.frame.name for part in piece.told]
        for number, told in enumerate(piece.told):
            labels = list(told.way.ask)
            chance.shuffle(labels)
            for key in labels[:2]:
                questions = self._asked(told, key, chance)
                if names.count(told.frame.name) > 1:
                    questions = [question for question in questions if SLOT.search(question)]
                if not questions:
                    continue
                label = next((name for name in key.split("|") if name in told.spans), None)
                template = chance.choice(questions)
                if chance.random() < SHORTENED:
                    template = shortened(template, told.values)
                yield number, filled(template, told.values), label

    def _asked(self, told: Told, key: str, chance: random.Random) -> Sequence[str]:
        """Return the questions of a label, now and then in another language."""
        others = [
            found[key] for found in self._cross.get(told.frame.name, {}).values() if key in found
        ]
        if others and chance.random() < 0.35:
            return chance.choice(others)
        return told.way.ask[key]

    def judgements(self, chance: random.Random) -> Iterator[Judged]:
        """Yield claims about a made passage, and short answers with their questions."""
        piece, drawing = self.piece(chance)
        premise = piece.text
        for told in piece.told:
            if told.frame.claims and chance.random() < 0.8:
                yield from self._claims(piece, told, drawing, chance)
            if told.frame.lies and chance.random() < 0.4:
                lie = filled(chance.choice(told.frame.lies), told.values)
                yield Judged(lie, premise, NOT_SUPPORTED, "made lie")
            if chance.random() < 0.3:
                yield Judged(told.text, premise, SUPPORTED, "made verbatim")
        for number, question, label in self._questions(piece, chance):
            yield from self._answers(piece, number, question, label, chance)

    def _claims(
        self, piece: Piece, told: Told, drawing: Drawing, chance: random.Random
    ) -> Iterator[Judged]:
        template = chance.choice(told.frame.claims)
        slots = SLOT.findall(template)
        premise = piece.text
        if not all(slot in told.spans or f"{slot}{LAST}" in told.spans for slot in slots):
            label = NEITHER if all(told.spans.get(slot) for slot in slots[:1]) else NOT_SUPPORTED
            yield Judged(filled(template, told.values), premise, label, "made untold")
            return
        if chance.random() < 0.7:
            yield Judged(filled(template, told.values), premise, SUPPORTED, "made claim")
        values = dict(told.values)
        pair = [slot for slot in told.frame.swap if slot in slots]
        if len(pair) > 1 and chance.random() < 0.6:
            values[pair[0]], values[pair[1]] = values[pair[1]], values[pair[0]]
        else:
            slot = chance.choice(slots)
            values[slot] = self._another(piece, told, slot, drawing, chance)
        yield Judged(filled(template, values), premise, NOT_SUPPORTED, "made other")

    def _another(
        self, piece: Piece, told: Told, slot: str, drawing: Drawing, chance: random.Random
    ) -> str:
        """Return another value of a slot: of the passage, or drawn."""
        pool = told.frame.slots[slot]
        ours = set(told.values.values())
        near = [
            part.values[other]
            for part in piece.told
            for other, kind in part.frame.slots.items()
            if kind == pool and other in part.spans and part.values[other] not in ours
        ]
        return chance.choice(near) if near and chance.random() < 0.7 else drawing.value(pool)

    def _answers(
        self, piece: Piece, number: int, question: str, label: str | None, chance: random.Random
    ) -> Iterator[Judged]:
        """Yield right and wrong short answers to a question."""
        told = piece.told[number]
        if label in YES_OR_NO:
            for said, judged in YES_OR_NO[label]:
                yield Judged(said, piece.text, judged, "made yes or no", question)
            return
        right = {piece.text[a:b] for a, b in piece.places(number, label)} if label else set()
        if right and chance.random() < 0.6:
            answer = chance.choice(sorted(right))
            yield Judged(answer, piece.text, SUPPORTED, "made answer", question)
        wrong = [
            other
            for at, part in enumerate(piece.told)
            for name in part.spans
            for a, b in piece.places(at, name)[:1]
            if not any(piece.text[a:b] in answer or answer in piece.text[a:b] for answer in right)
            for other in [piece.text[a:b]]
            if other not in question
        ]
        pool = told.frame.slots.get(label or "", None)
        alike = [
            part.values[name]
            for part in piece.told
            for name, kind in part.frame.slots.items()
            if kind == pool and name in part.spans and part.values[name] in wrong
        ]
        wrong = alike if alike and chance.random() < 0.7 else wrong
        if wrong and chance.random() < 0.7:
            answer = chance.choice(sorted(set(wrong)))
            yield Judged(answer, piece.text, NOT_SUPPORTED, "made wrong answer", question)


def _joined(first: Told, second: Told) -> Told:
    """Return two ways of the same values as one text."""
    start = len(first.text) + 1
    spans = {label: [*places] for label, places in first.spans.items()}
    for label, places in second.spans.items():
        spans.setdefault(label, []).extend((start + a, start + b) for a, b in places)
    way = Way(first.way.text, {**second.way.ask, **first.way.ask}, alone=False)
    return Told(first.frame, way, first.values, f"{first.text} {second.text}", spans)


def _typed(question: str, chance: random.Random) -> str:
    """Return the question as people type: now and then in lower case, or without its mark."""
    drawn = chance.random()
    if drawn < 0.08:
        return question.lower().rstrip("?")
    return question.rstrip("?") if drawn < 0.16 else question


def cross_questions() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return questions in other languages about English frames: by frame, language and label."""
    found: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(
        (FOLDER / "cross.yaml").read_text(encoding="utf-8")
    )
    return found
