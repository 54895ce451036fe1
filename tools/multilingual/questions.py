"""Public reading sets -> readings, and unanswerable ones made of them.

Few sets have unanswerable questions. More are made: the passage without the sentence that answers;
another paragraph that shares the title or words but lacks the answer; and the question with one of
its names, numbers or opposites exchanged, as the writers of SQuAD 2.0 did by hand
(https://arxiv.org/abs/1806.03822).
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.multilingual.examples import (
    NEITHER,
    NOT_SUPPORTED,
    SUPPORTED,
    Judged,
    Read,
    sentences,
)
from tools.multilingual.exchange import exchanged
from tools.multilingual.texts import held, rows

HELD_TITLES = frozenset({"Imperialism", "Warsaw", "French_and_Indian_War", "Force"})
"""Titles of squad2 that are reported on."""

CHOOSING_TITLES = frozenset(
    {
        *{"Scottish_Parliament", "Harvard_University"},
        *{"Colonial_history_of_the_United_States", "Australian_Senate", "Ice_hockey", "Latin"},
        *{"Second-wave_feminism", "Precipitation", "Unemployment_in_the_United_States", "Oxford"},
    }
)
"""Titles of squad2 and of new Wikipedia that are chosen on."""

CAPS: Mapping[str, int] = {
    "new_wiki": 8000, "reddit": 8000, "amazon": 6000, "squad2": 6000, "afriqa": 5000,
    "arcd": 1400, "cmrc2018": 2000, "covid-qa": 600, "drcd": 3000, "iapp-wiki-qa": 2000,
    "jsquad": 2500, "pquad": 4000, "qed-dev": 1300, "squad-pt-sample": 2300,
    "nqg-squad-train": 4000, "selqa": 1500,
}  # fmt: skip
"""How many questions of a set a pass draws at most."""

TWICE = {"squad2"}
"""Sets with questions that were written to mislead; a pass has their questions twice."""

WAYS = {"removed": 0.11, "same title": 0.07, "alike": 0.07, "exchanged": 0.14, "random": 0.015}
"""For what share of the answerable questions a pass makes each kind of unanswerable one."""

JUDGED = 0.12
"""For what share it makes a right or wrong short answer to be judged."""

UNMARKED, LOWERED = 0.12, 0.06
NUMBER = re.compile(r"\d[\d.,:/٫]*")
NAME = re.compile(
    r"\b[^\W\d_a-z][\w’'-]+(?: (?:of |de |del |la |van |von |el |al-)?[^\W\d_a-z][\w’'-]+)*"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a paragraph of a title; `within` as in `Read`."""

    source: str
    title: str
    question: str
    passage: str
    answers: tuple[tuple[int, int], ...]
    within: bool = False


def load(data: Path, *, choosing: bool) -> list[Asked]:
    """Return the questions to train on, or those to choose on."""
    found = [*_squad(data, choosing=choosing)]
    for path in sorted((data / "qa").glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        if name.endswith(".yesno"):
            continue
        source = name.removesuffix(".select")
        for row in rows(path):
            asked = _selected(source, row) if name.endswith(".select") else _asked(source, row)
            if asked and held(f"{source}/{asked.title or asked.passage}") == choosing:
                found.append(asked)
    return found


def _squad(data: Path, *, choosing: bool) -> Iterator[Asked]:
    files = {
        "squad2": data / "squad2" / "dev-v2.0.json",
        "new_wiki": data / "squadshifts" / "new_wiki_v1.0.json",
        "reddit": data / "squadshifts" / "reddit_v1.0.json",
        "amazon": data / "squadshifts" / "amazon_reviews_v1.0.json",
    }
    for source, path in files.items():
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            title = article["title"]
            if title in HELD_TITLES or (title in CHOOSING_TITLES) != choosing:
                continue
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                for row in paragraph["qas"]:
                    given = [] if row.get("is_impossible") else row["answers"]
                    places = {
                        (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
                        for answer in given
                    }
                    yield Asked(source, title, row["question"].strip(), text, tuple(sorted(places)))


def _asked(source: str, row: dict) -> Asked:
    places = {(answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"]}
    question = " ".join(row["question"].split())
    return Asked(source, row["title"], question, row["context"], tuple(sorted(places)))


def _selected(source: str, row: dict) -> Asked | None:
    """Return a question whose answer is a sentence: five sentences, the right one among them."""
    if not row["right"]:
        return None
    right = row["right"][0]
    first = max(0, min(right - 2, len(row["candidates"]) - 5))
    shown = row["candidates"][first : first + 5]
    places, text = [], ""
    for at, sentence in enumerate(shown, first):
        if at in row["right"]:
            places.append((len(text), len(text) + len(sentence)))
        text += sentence + " "
    return Asked(source, "", row["question"], text.rstrip(), tuple(places), within=True)


class Questions:
    """The readings of each pass, the same for the same seed and pass."""

    def __init__(self, asked: Sequence[Asked], caps: Mapping[str, int] = CAPS) -> None:
        self._caps = caps
        self._by_source: dict[str, list[Asked]] = defaultdict(list)
        self._titles: dict[tuple[str, str], list[str]] = defaultdict(list)
        passages: dict[str, dict[str, None]] = defaultdict(dict)
        for question in asked:
            self._by_source[question.source].append(question)
            if question.passage not in passages[question.source]:
                passages[question.source][question.passage] = None
                self._titles[question.source, question.title].append(question.passage)
        self._passages = {source: [*found] for source, found in passages.items()}
        self._alike = {source: Alike(found) for source, found in self._passages.items()}

    def examples(self, chance: random.Random) -> Iterator[Read | Judged]:
        """Yield a pass: drawn questions, and what is made of them."""
        for source, questions in sorted(self._by_source.items()):
            cap = self._caps.get(source, len(questions))
            drawn = chance.sample(questions, min(cap, len(questions)))
            for asked in drawn * (2 if source in TWICE else 1):
                yield Read(
                    typed(asked.question, chance),
                    asked.passage,
                    asked.answers,
                    source,
                    asked.within,
                )
                if asked.answers:
                    yield from self._made(asked, chance)
                if not asked.within and chance.random() < JUDGED:
                    yield from answers(asked, chance)

    def _made(self, asked: Asked, chance: random.Random) -> Iterator[Read]:
        """Yield an unanswerable reading made of an answerable one, now and then."""
        ways = ["", *WAYS]
        (way,) = chance.choices(ways, [1 - sum(WAYS.values()), *WAYS.values()])
        if way == "exchanged" and not asked.within:
            other = exchanged(asked.question, asked.passage, chance) or renumbered(asked, chance)
            if other:
                yield Read(typed(other, chance), asked.passage, (), f"{asked.source} exchanged")
        elif way and (passages := self._unanswering(asked, way, chance)):
            question = typed(asked.question, chance)
            yield Read(question, chance.choice(passages), (), f"{asked.source} {way}")

    def _unanswering(self, asked: Asked, way: str, chance: random.Random) -> list[str]:
        """Return passages that do not answer a question: its own one cut, or others."""
        if way == "removed":
            text = removed(asked)
            return [text] if text else []
        if asked.within:
            return []
        if way == "alike":
            return lacking(asked, self._alike[asked.source].passages(asked.question))[:4]
        others = self._titles[asked.source, asked.title]
        if way == "random":
            others = self._passages[chance.choice(sorted(self._passages))]
        return lacking(asked, chance.sample(others, min(8, len(others))))


def typed(question: str, chance: random.Random) -> str:
    """Return the question as people type: now and then in lower case, or without its mark."""
    drawn = chance.random()
    if drawn < LOWERED:
        return question.lower().rstrip("?")
    return question.rstrip("?") if drawn < UNMARKED else question


def texts(asked: Asked) -> set[str]:
    """Return a question's answers in lower case."""
    return {asked.passage[a:b].lower() for a, b in asked.answers}


def lacking(asked: Asked, passages: Collection[str]) -> list[str]:
    """Return other passages that hold no answer."""
    wanted = texts(asked)
    return [
        text
        for text in passages
        if text != asked.passage and not any(word in text.lower() for word in wanted)
    ]


def removed(asked: Asked) -> str | None:
    """Return the passage without what answers; None if the rest answers too, or is short."""
    kept = [
        asked.passage[a:b]
        for a, b in sentences(asked.passage)
        if not any(a < end and start < b for start, end in asked.answers)
    ]
    text = " ".join(kept)
    if len(text) < 80 or any(word in text.lower() for word in texts(asked)):
        return None
    return text


def renumbered(asked: Asked, chance: random.Random) -> str | None:
    """Return the question with one of its numbers exchanged for another of the passage."""
    ours = list(NUMBER.finditer(asked.question))
    others = {number for number in NUMBER.findall(asked.passage) if number not in asked.question}
    if not ours or not others:
        return None
    found = chance.choice(ours)
    others = {number for number in others if len(number) == len(found[0])}
    if not others:
        return None
    return (
        asked.question[: found.start()]
        + chance.choice(sorted(others))
        + asked.question[found.end() :]
    )


def answers(asked: Asked, chance: random.Random) -> Iterator[Judged]:
    """Yield short answers to a question: right, wrong, and such as nothing bears out."""
    premise = around(asked, chance)
    question = typed(asked.question, chance)
    right = {asked.passage[a:b] for a, b in asked.answers}
    if right and chance.random() < 0.55:
        answer = chance.choice(sorted(right))
        yield Judged(answer, premise, SUPPORTED, "answer right", question)
        said = statement(asked.question, answer)
        if said and chance.random() < 0.6:
            yield Judged(said, premise, SUPPORTED, "statement right")
    other = wrong(asked, premise, chance)
    if other and chance.random() < 0.6:
        yield Judged(other, premise, NOT_SUPPORTED, "answer wrong", question)
        said = statement(asked.question, other)
        if said and right and chance.random() < 0.6:
            yield Judged(said, premise, NOT_SUPPORTED, "statement wrong")
    if right and chance.random() < 0.2 and (text := removed(asked)):
        yield Judged(chance.choice(sorted(right)), text[:900], NEITHER, "answer untold", question)


def around(asked: Asked, chance: random.Random) -> str:
    """Return up to five sentences of the passage about the answer."""
    places = sentences(asked.passage)
    within = [
        at
        for at, (a, b) in enumerate(places)
        if any(a < end and start < b for start, end in asked.answers)
    ] or [chance.randrange(len(places))]
    low = max(0, within[0] - chance.randint(0, 2))
    high = min(len(places), within[0] + 1 + chance.randint(0, 2))
    return asked.passage[places[low][0] : places[high - 1][1]]


def wrong(asked: Asked, premise: str, chance: random.Random) -> str | None:
    """Return words of the premise of the answer's kind that are no answer."""
    right = texts(asked)
    sample = min(right, key=len) if right else ""
    numeric = bool(NUMBER.search(sample)) if right else chance.random() < 0.4
    pattern = NUMBER if numeric else NAME
    found = {match[0].rstrip(".,:") for match in pattern.finditer(premise)}
    others = {
        other
        for other in found
        if len(other) > 1 - numeric
        and not any(other.lower() in word or word in other.lower() for word in right)
        and other.lower() not in asked.question.lower()
    }
    return chance.choice(sorted(others)) if others else None


SUBJECT = re.compile(
    r"^(?:Who|Which \w+|What (?:company|team|country|person|group|organization|city)) "
    r"(?!(?:did|do|does|is|was|were|are|will|can|could|would|should)\b)"
    r"(?P<rest>\w+(?:ed|s|t|n|e|w|d|k) .+?)\?$"
)
COPULA = re.compile(
    r"^(?:Who|What) (?P<be>is|was|are|were) "
    r"(?P<what>(?:the|a|an) [^,]+? (?:of|in|for|to) [^,]+?)\?$"
)


def statement(question: str, answer: str) -> str | None:
    """Return an English question and its answer as a statement, where its form allows it."""
    if found := SUBJECT.match(question):
        said = f"{answer} {found['rest']}"
    elif found := COPULA.match(question):
        said = f"{found['what']} {found['be']} {answer}"
    else:
        return None
    return said[:1].upper() + said[1:].rstrip(".") + "."


class Alike:
    """Finds the passages that share the rarest words, or characters, with a question."""

    MOST = 60

    def __init__(self, passages: Sequence[str]) -> None:
        self._passages = passages
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(passages):
            for term in self._terms(text):
                self._places[term].append(place)

    def passages(self, question: str) -> list[str]:
        """Return passages, those that share most with the question first."""
        scores: dict[int, float] = defaultdict(float)
        for term in self._terms(question):
            found = self._places.get(term, ())
            if len(found) <= max(self.MOST, len(self._passages) // 50):
                for place in found:
                    scores[place] += 1 / (2 + len(found)) ** 0.5
        best = sorted(scores, key=lambda place: -scores[place])[:8]
        return [self._passages[place] for place in best]

    @staticmethod
    def _terms(text: str) -> set[str]:
        lowered = text.lower()
        words = {word for word in re.findall(r"\w+", lowered) if len(word) > 2}
        if any(ord(letter) > 0x0E00 for letter in lowered[:40]):  # Thai, Chinese, Japanese
            words |= {lowered[at : at + 2] for at in range(len(lowered) - 1)}
        return words
