"""Stubs of questions as YAML, to be edited and put into a set; pure.

The comments above a stub show what was answered, so that an editor can judge it. No text of a
question, an answer or an article gets out of its comment or its quotation marks.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot import render
from bot.questions.folding import fold, stands_in
from bot.questions.reported import Report, closest
from rag.records import Edition, Quoted, Record, Retrieved, Version
from rag.types import Outcome

WIDTH = 100
"""Of a line, in characters; a text that is longer stands on a line of its own all the same."""

BEGINNING = 5
"""Words of a quote by which it is found, unless another quote has them, too."""

UNKNOWN = "expect: []  # write what the answer must say, or take this out and write refuse: true"
"""No set with it is read: what a bad answer should have said is for its editor to tell."""

HEAD = """\
# Answers that somebody found bad, the last one first. Write what each should have said, and put it
# into the set beside its articles.
"""

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
_NO_CHARACTERS = "\ufffe\uffff"

# Letters, digits, and what means nothing to YAML between and after them, except commas in a list.
_PLAIN = re.compile(r"[^\W_](?:[\w (),.;?!%/’'–-]*[\w)?.!%])?")
# Read as a text here; elsewhere, YAML may take them for something else.
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))


def draft(record: Record) -> str:
    """Give a question with what was answered as checks, which hold for this very answer."""
    return _stub(_answer(record), [f"ask: {_text(record.question)}", *_checks(record)])


def reported(report: Report, *, own_id: str = "") -> str:
    """Give a question whose answer was found bad, with the evidence of it; with an id if needed.

    A refusal should have been an answer. Of an answer nothing is known, so that the stub is refused
    until somebody says what should be expected.
    """
    refused = report.record.outcome is Outcome.NOT_IN_CORPUS
    fields = [
        *([f"id: {_text(own_id)}"] if own_id else []),
        f"ask: {_text(report.asked)}",
        "tags: [reported]",
        "answerable: true" if refused else UNKNOWN,
    ]
    return _stub(_evidence(report), fields)


def as_set(reports: Sequence[Report]) -> str:
    """Give a whole set of stubs. A question that is there already has an id of its own."""
    names: set[str] = set()
    stubs = []
    for one in reports:
        stubs.append(reported(one, own_id=f"reported-{one.record.id}" * (one.name in names)))
        names.add(one.name)
    return f"{HEAD}\nquestions:\n" + "\n".join(stubs)


def _stub(comments: Iterable[str], fields: Sequence[str]) -> str:
    told = [row for comment in comments for row in _comment(comment)]
    first, *others = fields
    return "".join(f"{row}\n" for row in [*told, f"  - {first}", *(f"    {one}" for one in others)])


# What is expected


def _checks(record: Record) -> Iterator[str]:
    told = [one.text for one in record.claims if fold(one.text)]
    if record.outcome is Outcome.NOT_IN_CORPUS:
        yield "refuse: true"
        return
    if not told:
        yield UNKNOWN
        return
    yield _listed("expect", told)
    if record.citations:
        quotes = [one.quote for one in record.citations if fold(one.quote)]
        yield _listed("cites", [one.edition.id for one in record.citations])
        if quotes:
            yield _listed("quote", [_beginning(one, quotes) for one in quotes])
    if record.disagreements:
        yield "disagree: true"


def _beginning(quote: str, quotes: Sequence[str]) -> str:
    """Give the first words of a quote, so many that no other one of the quotes has them."""
    others = [fold(other) for other in quotes if other != quote]
    words = quote.split()
    for count in range(BEGINNING, len(words)):
        begun = " ".join(words[:count]).rstrip(".,;:")
        if fold(begun) and not any(stands_in(begun, other) for other in others):
            return begun
    return quote


# What the editor is shown


def _evidence(report: Report) -> Iterator[str]:
    record = report.record
    yield f"{report.bad:,} bad, {report.good:,} good; last found bad on {_moment(report.at)}"
    writer = record.model or "the embedded reader"
    yield (
        f"Answer {record.id} of {_moment(record.when)}, by {writer}, "
        f"confidence {record.confidence:.2f}"
    )
    if report.same:
        yield f"Said before, too: {', '.join(report.same)}"
    if record.question.strip() != report.asked:
        yield f"Asked as: {record.question}"
    yield from _answer(record, report.versions, report.passages)
    yield from (f"Remark: {one}" for one in record.remarks)


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _answer(
    record: Record,
    versions: Mapping[Edition, Version] = MappingProxyType({}),
    passages: Mapping[Retrieved, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Give what a reader saw of an answer, the ranges of its quotes, and what came closest."""
    yield from _OUTCOMES[record.outcome]
    for one in record.claims:
        yield f"{one.text} {render.marked(one.marks) or render.UNSUPPORTED}"
    yield from map(render.unanswered, record.unanswered)
    for each in record.disagreements:
        yield f"The articles differ on {each.topic}: {render.marked(each.marks)}"
    for mark, quoted in enumerate(record.citations, 1):
        yield f"[{mark}] {_range(quoted, versions)}: “{quoted.quote}”"
    for rank, passage in enumerate(closest(record), 1):
        text = f": “{passages[passage]}”" if passage in passages else ""
        yield f"Closest {rank}: {_range(passage, versions)}, score {passage.score:.3f}{text}"


_OUTCOMES = {
    Outcome.ANSWERED: (),
    Outcome.PARTLY_ANSWERED: (render.PARTLY,),
    Outcome.NOT_IN_CORPUS: (render.REFUSAL,),
    Outcome.FAILED: (render.FAILURE,),
}


def _range(one: Quoted | Retrieved, versions: Mapping[Edition, Version]) -> str:
    became = _BECAME[versions.get(one.edition, Version.CURRENT)]
    return f"{one.edition.id}, characters {one.start} to {one.end}{became}"


_BECAME = {
    Version.CURRENT: "",
    Version.CHANGED: " of a version that has changed since",
    Version.GONE: " of an article that is gone",
}


# YAML


def _comment(text: str) -> list[str]:
    """Give a text as a comment; the lines after its first one stand further in."""
    return textwrap.wrap(
        _seen(text),
        WIDTH,
        initial_indent="  # ",
        subsequent_indent="  #   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _seen(text: str) -> str:
    """Give a text on one line, without what cannot be seen in it."""
    seen = "".join(one for one in render.printable(text) if not _hidden(one))
    return " ".join(seen.split())


def _hidden(character: str) -> bool:
    """Say whether a character cannot be seen, or would turn the direction of what is around it."""
    if character in _JOINERS:
        return False
    return character in _NO_CHARACTERS or unicodedata.category(character) in _INVISIBLE


def _listed(name: str, texts: Iterable[str]) -> str:
    """Give a list, on one line where it is short, each text once."""
    told = [_quoted(one) if "," in one else _text(one) for one in dict.fromkeys(texts)]
    flow = f"{name}: [{', '.join(told)}]"
    if len(flow) + 4 <= WIDTH:
        return flow
    return "\n".join([f"{name}:", *(f"      - {one}" for one in told)])


def _text(text: str) -> str:
    """Give a text as YAML, in quotation marks where it could be taken for something else."""
    text = text.strip()
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    return f"\\U{ord(character):08x}" if _hidden(character) else character
