"""Public pairs of premise and claim, and pairs made of news sentences, to be judged.

A sentence of the premise bears itself out, also shortened, or joined with another. With a name, a
number, a date, a verb or a condition of it changed, it is borne out no more. The same sentence in
another language is borne out by the premise in English, and by none in which it was changed.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from tools.multilingual.examples import (
    CONTRADICTED,
    NEITHER,
    NOT_SUPPORTED,
    SUPPORTED,
    Judged,
    sentences,
)
from tools.multilingual.exchange import OPPOSITES
from tools.multilingual.questions import NUMBER
from tools.multilingual.texts import held, lines, reuters, rows, wikinews

LABELS = {
    "supported": SUPPORTED,
    "contradicted": CONTRADICTED,
    "neither": NEITHER,
    "not_supported": NOT_SUPPORTED,
}
CAPS: Mapping[str, int] = {
    "conjnli": 2500, "begin-wow": 3000, "begin-cmu": 200, "begin-tc": 200,
    "fever-symmetric": 1400, "wice-oracle": 1300, "indonli": 4500, "farstail": 3000, "jnli": 1200,
    "klue-nli-dev": 2500, "expertqa": 950, "negation-nli": 3500, "breaking-nli": 2000,
    "afriqa yes or no": 800, "pubmedqa yes or no": 1000,
}  # fmt: skip
"""How many pairs of a set a pass draws at most."""

YES_OR_NO = {
    "yes": (("Yes", SUPPORTED), ("No", CONTRADICTED)),
    "no": (("No", SUPPORTED), ("Yes", CONTRADICTED)),
}
"""What of the two short answers is right and wrong, by a question's label."""

LONG, MOST_SENTENCES = 700, 5
"""Of a premise of more characters only some sentences are shown."""

HELD_FILES = 3
"""The last files of Reuters, which are chosen on."""

WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)
NAME = re.compile(
    r"(?<![.!?“\"] )(?<!^)\b(?!(?:The|A|An|In|On|At|It|He|She|But|And|Reuter)\b)"
    r"[A-Z][\w’'&-]*[a-z][\w’'-]*(?: (?:of |de |van )?[A-Z][\w’'&-]+)*"
)
FULL_NAME = re.compile(r"\b[A-Z][a-zà-ž’'-]+(?: [A-Z]\.)?(?: [A-Z][\w’'-]+)+")
AUXILIARY = re.compile(
    r"(?<=[a-z\d] )(?:is|are|was|were|has|have|had|will|would|can|could|should|must|does|did)\b"
    r"(?! (?:not|never|no)\b)(?= [a-z])"
)
DENIAL = re.compile(r" (?:not|never|no longer)\b(?! only)|n[’']t\b")
SAID = re.compile(r"\b(?:said|told|added|claimed|argued|announced|warned|stated)\b")

STRONGER = [
    (r"\bmay\b(?! \d)", "will"), (r"\bmight\b", "will"), (r"\bcould\b", "will"),
    (r"\bis expected to\b", "is certain to"), (r"\bare expected to\b", "are certain to"),
    (r"\bplans to\b", "has begun to"), (r"\bplan to\b", "have begun to"),
    (r"\bis considering\b", "has decided on"), (r"\bare considering\b", "have decided on"),
    (r"\bproposed\b", "introduced"), (r"\balleged\b", "proven"), (r"\ballegedly\b", "demonstrably"),
    (r"\bsome\b", "all"), (r"\bmany\b", "all"), (r"\bmost\b", "all"), (r"\boften\b", "always"),
    (r"\bsometimes\b", "always"), (r"\bat least\b", "at most"), (r"\bmore than\b", "less than"),
    (r"\bless than\b", "more than"), (r"\bup to\b", "more than"), (r"\bpossible\b", "certain"),
    (r"\bprobably\b", "certainly"), (r"\babout to\b", "not going to"), (r"\bpartly\b", "entirely"),
    (r"\bagreed in principle to\b", "refused to"), (r"\bagreed to\b", "refused to"),
    (r"\btried to\b", "managed to"), (r"\bwanted to\b", "did"), (r"\bwill\b", "may"),
    (r"\ball\b", "no"), (r"\bonly\b", "not only"), (r"\bhopes to\b", "is sure to"),
    (r"\bseek to\b", "manage to"), (r"\bseeks to\b", "manages to"), (r"\basked for\b", "received"),
]  # fmt: skip
ANTONYMS = [
    *OPPOSITES, ("rose", "fell"), ("risen", "fallen"), ("rising", "falling"), ("up", "down"),
    ("gain", "loss"), ("gained", "lost"), ("profit", "loss"), ("profits", "losses"),
    ("approved", "rejected"), ("approve", "reject"), ("higher", "lower"), ("bigger", "smaller"),
    ("buys", "sells"), ("import", "export"), ("imports", "exports"), ("exports", "imports"),
    ("arrived", "left"), ("opened", "closed"), ("open", "close"), ("entered", "left"),
    ("remains", "ceases"), ("succeeded", "failed"), ("success", "failure"), ("alive", "dead"),
    ("guilty", "innocent"), ("legal", "illegal"), ("improved", "worsened"), ("raise", "cut"),
    ("raised", "cut"), ("expand", "shrink"), ("expanded", "shrank"), ("cheaper", "dearer"),
    ("warmer", "colder"), ("daughter", "son"), ("wife", "sister"), ("brother", "father"),
    ("confirmed", "denied"), ("praised", "criticised"), ("hired", "dismissed"),
    ("acquired", "sold"),
    ("lowered", "raised"), ("strengthened", "weakened"), ("optimistic", "pessimistic"),
    ("winner", "loser"), ("majority", "minority"), ("day", "week"), ("month", "year"),
    ("million", "billion"), ("mln", "billion"), ("weekly", "yearly"),
]  # fmt: skip
_ANTONYM = {one: other for pair in ANTONYMS for one, other in (pair, pair[::-1])}
SAME = [
    (r"\bpct\b", "percent"), (r"\bmln\b", "million"), (r"\bdlrs\b", "dollars"),
    (r"\bsaid\b", "stated"),
    (r"\babout\b(?= \d)", "around"), (r"\bbegan\b", "started"), (r"\bpurchased?\b", "bought"),
    (r"\blarge\b", "big"), (r"\boccurred\b", "happened"), (r"\bapproximately\b", "about"),
    (r"\bassist\b", "help"), (r"\bnearly\b", "almost"), (r"\bhowever\b,? ?", ""),
    (r"\bcommenced\b", "began"), (r"\bchildren\b", "kids"), (r"\bU\.S\.", "American"),
    (r"\bvs\b", "against"), (r"\bannounced\b", "said"), (r"\bshare\b", "share"),
]  # fmt: skip
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True, slots=True)
class Document:
    """Sentences in order, of a text in a language."""

    sentences: Sequence[str]
    language: str = "en"


def pairs(data: Path, *, choosing: bool) -> dict[str, list[Judged]]:
    """Return the public pairs by set, to train on or to choose on."""
    found: dict[str, list[Judged]] = {}
    for path in sorted((data / "nli").glob("*.jsonl.gz")):
        source = path.name.removesuffix(".jsonl.gz")
        found[source] = [
            Judged(
                row["hypothesis"],
                nearest(row["hypothesis"], row["premise"]),
                LABELS[row["label"]],
                f"nli {source}",
                row.get("question", ""),
            )
            for row in rows(path)
            if held(row["premise"]) == choosing
        ]
    for name in ("afriqa", "pubmedqa"):
        found[f"{name} yes or no"] = [
            Judged(said, nearest(row["question"], row["context"]), label, "yes or no", asked)
            for row in rows(data / "qa" / f"{name}.yesno.jsonl.gz")
            if row["label"] in YES_OR_NO and held(row["context"]) == choosing
            for asked in [row.get("question_translated", row["question"])]
            for said, label in YES_OR_NO[row["label"]]
        ]
    return found


def nearest(claim: str, premise: str) -> str:
    """Return a long premise's sentences that share most words with a claim, in their order."""
    places = sentences(premise)
    if len(premise) <= LONG or len(places) <= MOST_SENTENCES:
        return premise
    words = [{*re.findall(r"\w+", premise[a:b].lower())} for a, b in places]
    counts = Counter(word for bag in words for word in bag)
    wanted = {*re.findall(r"\w+", claim.lower())}
    worth = [sum(1 / counts[word] for word in bag & wanted) for bag in words]
    best = sorted(range(len(places)), key=lambda at: -worth[at])[:MOST_SENTENCES]
    return " ".join(premise[slice(*places[at])] for at in sorted(best))


def documents(data: Path, *, choosing: bool) -> list[Document]:
    """Return English documents: Reuters, wikinews and new Wikipedia."""
    found = []
    for text in reuters(data, slice(-HELD_FILES, None) if choosing else slice(-HELD_FILES)):
        body = re.sub(r"\s*(?:Reuter|REUTER)\s*\W*$", "", text)
        document = Document(prose(re.sub(r" <[\w.]+>", "", body)))
        if len(document.sentences) > 1:
            found.append(document)
    ours = (text for text in wikinews(data) if held(text) == choosing)
    found += [Document(prose(re.sub(r"==.*", "", text))) for text in ours]
    return [document for document in found if document.sentences]


def prose(text: str) -> list[str]:
    """Return the sentences that begin with a capital, end with a stop and are of some length."""
    return [
        sentence
        for a, b in sentences(text)
        for sentence in [text[a:b]]
        if 40 < len(sentence) < 320
        and sentence[0].isupper()
        and sentence[-1] in ".!?"
        and not re.search(r"\b[A-Z]\.$", sentence)
    ]


def aligned(data: Path, *, choosing: bool) -> dict[str, dict[str, list[str]]]:
    """Return NTREX's documents by their names: sentences by language, in the same order."""
    folder = data / "ntrex"
    texts = {path.name.split(".")[1]: lines(path) for path in sorted(folder.glob("ntrex.*.txt.gz"))}
    ids = lines(folder / "DOCUMENT_IDS.tsv.gz")
    found = {}
    for name, run in groupby(range(len(ids)), key=ids.__getitem__):
        if held(name) == choosing:
            places = list(run)
            found[name] = {key: [text[at] for at in places] for key, text in texts.items()}
    return found


class Statements:
    """The judgements of each pass, the same for the same seed and pass."""

    def __init__(
        self,
        found: Mapping[str, Sequence[Judged]],
        documents: Sequence[Document],
        aligned: Sequence[Mapping[str, Sequence[str]]],
    ) -> None:
        self._pairs, self._documents, self._aligned = found, documents, aligned

    def examples(
        self, chance: random.Random, *, made: int, across: int, caps: Mapping[str, int] = CAPS
    ) -> Iterator[Judged]:
        """Yield a pass: public pairs, and so many made in English and across languages."""
        for source, found in sorted(self._pairs.items()):
            for pair in chance.sample(list(found), min(caps[source], len(found))):
                question = pair.question if chance.random() < 0.5 else ""
                yield Judged(pair.claim, pair.premise, pair.label, pair.source, question)
        count = 0
        while count < made:
            for judged in of_document(chance.choice(self._documents), chance):
                count += 1
                yield judged
        count = 0
        while count < across:
            for judged in of_languages(chance.choice(self._aligned), chance):
                count += 1
                yield judged


def of_document(document: Document, chance: random.Random) -> Iterator[Judged]:
    """Yield a true or a false claim made of a sentence of a document."""
    lines = document.sentences
    size = min(len(lines), chance.choice((1, 1, 2, 2, 3, 4, 6)))
    first = chance.randint(0, len(lines) - size)
    shown = list(lines[first : first + size])
    premise = " ".join(shown)
    at = chance.randrange(size)
    drawn = chance.random()
    if drawn < 0.38:
        claim, kind = kept(shown, at, chance)
        yield Judged(claim, premise, SUPPORTED, f"news {kind}")
    elif drawn < 0.46:
        others = [line for line in lines if line not in shown]
        if others:
            yield Judged(chance.choice(others), premise, NEITHER, "news other sentence")
    else:
        others = list(CHANGES)
        chance.shuffle(others)
        for name in others:
            claim, label = CHANGES[name](shown[at], premise, chance)
            if claim and claim != shown[at]:
                if chance.random() < 0.3:
                    claim = shortened(claim, chance)
                yield Judged(claim, premise, label, f"news {name}")
                return


def kept(shown: Sequence[str], at: int, chance: random.Random) -> tuple[str, str]:
    """Return a claim that the sentence bears out, and how it was made."""
    drawn = chance.random()
    sentence = shown[at]
    if drawn < 0.3:
        return sentence, "verbatim"
    if drawn < 0.4 and len(shown) > 1:
        other = shown[at - 1] if at else shown[1]
        first, second = (other, sentence) if at else (sentence, other)
        joint = chance.choice((", and ", " and ", ", while ", "; "))
        if not second.split()[0].isupper() and second.split()[0] in {
            "The",
            "It",
            "He",
            "She",
            "A",
            "In",
        }:
            second = second[0].lower() + second[1:]
        return first.rstrip(".") + joint + second, "merged"
    if drawn < 0.65:
        return reworded(sentence, chance), "reworded"
    return reworded(shortened(sentence, chance), chance), "shortened"


def shortened(sentence: str, chance: random.Random) -> str:
    """Return the sentence without something that is not needed, as it is where nothing is."""
    ways = [
        re.sub(r" \([^)]*\)", "", sentence),
        re.sub(r", (?:the|a|an|who|which|where|whose) [^,]{5,80},", "", sentence, count=1),
        re.sub(
            r",? (?:adding that|after|while|although|because|as|since) [^,]{8,}\.$", ".", sentence
        ),
        re.sub(
            r"^(?:In|On|At|After|Meanwhile|However|But|Earlier|Yesterday)[^,]{0,50}, ", "", sentence
        ),
        re.sub(r", (?:and|but) (?:\w+ ){3,}[^,]*\.$", ".", sentence),
        re.sub(r",? (?:he|she|it|they|[A-Z]\w+) (?:said|added)\.$", ".", sentence),
        re.sub(r",? (?:which|who) [^,]{8,}\.$", ".", sentence),
    ]
    ways = [way for way in ways if way != sentence and len(way) > 25]
    if not ways:
        return sentence
    found = chance.choice(ways)
    return found[:1].upper() + found[1:]


def reworded(sentence: str, chance: random.Random) -> str:
    """Return the sentence with words of the same meaning, and now and then figures as words."""
    for pattern, other in SAME:
        if chance.random() < 0.7:
            sentence = re.sub(pattern, other, sentence)
    if chance.random() < 0.4:
        sentence = re.sub(
            r"(?<![\d.,$])\b(?:[2-9]|1[0-2])\b(?![\d.,%/-])",
            lambda found: WORDS[int(found[0])],
            sentence,
        )
    if chance.random() < 0.15:
        sentence = sentence.rstrip(".")
    return sentence


Change = tuple[str | None, tuple[int, ...]]


def other_number(sentence: str, premise: str, chance: random.Random) -> Change:
    """Exchange a number for another of the premise, or for one near it."""
    ours = [found for found in NUMBER.finditer(sentence) if any(c.isdigit() for c in found[0])]
    if not ours:
        return None, ()
    found = chance.choice(ours)
    number = found[0].rstrip(".,:")
    near = {figure.rstrip(".,:") for figure in NUMBER.findall(premise)} - {number}
    near = {figure for figure in near if figure not in sentence}
    if near and chance.random() < 0.5:
        other = chance.choice(sorted(near))
    else:
        at = chance.choice([at for at, letter in enumerate(number) if letter.isdigit()])
        digit = chance.choice([d for d in "123456789" if d != number[at]])
        other = number[:at] + digit + number[at + 1 :]
    start = found.start()
    return sentence[:start] + other + sentence[start + len(number) :], CONTRADICTED


def other_name(sentence: str, premise: str, chance: random.Random) -> Change:
    """Exchange a name for another of the premise."""
    ours = list(NAME.finditer(sentence))
    others = {
        name
        for name in NAME.findall(premise)
        if len(name) > 3 and not set(name.lower().split()) & set(sentence.lower().split())
    }
    if not ours or not others:
        return None, ()
    found = chance.choice(ours)
    if found[0] in WEEKDAYS + MONTHS:
        return None, ()
    return (
        sentence[: found.start()] + chance.choice(sorted(others)) + sentence[found.end() :],
        NOT_SUPPORTED,
    )


def exchanged_names(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Exchange two names of the sentence that have a verb between them."""
    found = list(NAME.finditer(" " + sentence)) if sentence else []
    found = [match for match in found if match[0] not in WEEKDAYS + MONTHS]
    padded = " " + sentence
    choices = []
    for one, other in pairwise(found):
        between = padded[one.end() : other.start()]
        words = re.findall(r"[a-z]+", between)
        verbs = [word for word in words if re.search(r"(?:ed|s|t|d|ing|ught|ew|ok|id|ade)$", word)]
        if verbs and not re.fullmatch(r"[\s,]*(?:and|or|of|in|at|from|with|the|,|\s)+", between):
            choices.append((one, other, between))
    if not choices:
        return None, ()
    one, other, between = chance.choice(choices)
    text = padded[: one.start()] + other[0] + between + one[0] + padded[other.end() :]
    return text.strip(), NOT_SUPPORTED


def denied(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Put a negation in, or take it out."""
    if DENIAL.search(sentence):
        return DENIAL.sub("", sentence, count=1).replace(" ca ", " can "), CONTRADICTED
    found = list(AUXILIARY.finditer(sentence))
    if not found:
        return None, ()
    one = chance.choice(found)
    word = chance.choice((" not", " not", " not", " never"))
    return sentence[: one.end()] + word + sentence[one.end() :], CONTRADICTED


def stronger(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Make a possibility a certainty, a plan a fact, a part the whole."""
    ways = [(pattern, other) for pattern, other in STRONGER if re.search(pattern, sentence)]
    if not ways:
        return None, ()
    pattern, other = chance.choice(ways)
    return re.sub(pattern, other, sentence, count=1), NOT_SUPPORTED


def opposite(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Exchange a word for its opposite."""
    ours = [found for found in re.finditer(r"\b[a-z]+\b", sentence) if found[0] in _ANTONYM]
    if not ours:
        return None, ()
    found = chance.choice(ours)
    return sentence[: found.start()] + _ANTONYM[found[0]] + sentence[found.end() :], NOT_SUPPORTED


def other_day(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Exchange a weekday or a month."""
    for names in chance.sample((WEEKDAYS, MONTHS), 2):
        ours = [day for day in names if re.search(rf"\b{day}\b", sentence)]
        if ours:
            day = chance.choice(ours)
            other = chance.choice([name for name in names if name != day])
            return re.sub(rf"\b{day}\b", other, sentence, count=1), CONTRADICTED
    return None, ()


def other_speaker(sentence: str, premise: str, chance: random.Random) -> Change:
    """Have another person of the premise say it."""
    if not SAID.search(sentence):
        return None, ()
    ours = list(FULL_NAME.finditer(sentence))
    others = {name for name in FULL_NAME.findall(premise) if name not in sentence}
    if not ours or not others:
        return None, ()
    found = ours[0]
    return (
        sentence[: found.start()] + chance.choice(sorted(others)) + sentence[found.end() :],
        NOT_SUPPORTED,
    )


def unconditioned(sentence: str, premise: str, chance: random.Random) -> Change:  # noqa: ARG001
    """Drop a condition."""
    text = re.sub(r",? (?:if|unless|provided|as long as|subject to) [^.]*\.$", ".", sentence)
    return (text, NOT_SUPPORTED) if text != sentence and len(text) > 25 else (None, ())


CHANGES = {
    "other number": other_number,
    "other name": other_name,
    "exchanged": exchanged_names,
    "denied": denied,
    "stronger": stronger,
    "opposite": opposite,
    "other day": other_day,
    "other speaker": other_speaker,
    "unconditioned": unconditioned,
}

MAIN = "fra spa rus deu por arb ita".split()


def of_languages(document: Mapping[str, Sequence[str]], chance: random.Random) -> Iterator[Judged]:
    """Yield a claim in one language about a premise in English, or in another language."""
    languages = [language for language in document if language != "eng"]
    language = chance.choice(MAIN) if chance.random() < 0.5 else chance.choice(languages)
    of = "eng" if chance.random() < 0.7 else language
    if chance.random() < 0.1:
        of, language = language, "eng"
    lines = document[of]
    size = min(len(lines), chance.choice((1, 2, 2, 3, 4)))
    first = chance.randint(0, len(lines) - size)
    at = first + chance.randrange(size)
    shown = list(lines[first : first + size])
    claim = document[language][at]
    source = "across" if of != language else "ntrex"
    drawn = chance.random()
    if drawn < 0.42:
        yield Judged(claim, " ".join(shown), SUPPORTED, f"{source} same")
    elif drawn < 0.57:
        others = [*range(first), *range(first + size, len(lines))]
        if others:
            claim = document[language][chance.choice(others)]
            yield Judged(claim, " ".join(shown), NEITHER, f"{source} other sentence")
    elif drawn < 0.72 or of != "eng":
        changed, label = other_number(claim, " ".join(shown), chance)
        if changed:
            yield Judged(changed, " ".join(shown), label, f"{source} other number")
    else:  # the English premise is changed, so that the claim, as it was, is borne out no more
        names = list(CHANGES)
        chance.shuffle(names)
        for name in names:
            changed, label = CHANGES[name](lines[at], " ".join(lines), chance)
            if changed and changed != lines[at]:
                shown[at - first] = changed
                yield Judged(claim, " ".join(shown), NOT_SUPPORTED, f"{source} {name}")
                return
