"""Writes questions as YAML, to be edited and put into a set; pure.

The comments above a question show its answer, so that an editor can judge it. No text of a
question, an answer or an article gets out of its comment or its quotation marks.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.console import printable
from bot.questions.folding import fold, stands_in
from bot.questions.reported import BadAnswer, closest
from rag.index.answers import Version, Versions
from rag.reasons import Reason
from rag.types import Answer, Edition, Outcome, Span
from rag.view import marked, view

WIDTH = 100
"""Characters of a line; a longer text still stands on one line."""

BEGINNING = 5
"""Words of a quote that identify it, unless another quote has them, too."""

UNKNOWN = "expect: []  # write what the answer must say, or write refuse: true instead"
"""Makes the set wrong until an editor says what the answer should have been."""

HEAD = """\
# Answers that somebody found bad, the latest first. Write what each should have said, and put it
# into the set beside its articles.
"""

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
_NO_CHARACTERS = "\ufffe\uffff"

# Letters, digits, and what means nothing to YAML between and after them, except commas in a list.
_PLAIN = re.compile(r"[^\W_](?:[\w (),.;?!%/’'–-]*[\w)?.!%])?")
# Read as a text here; elsewhere, YAML may take them for something else.
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))


def draft(answer: Answer) -> str:
    """Return a question with checks that its answer passes."""
    return _stub(_answer(answer), [f"ask: {_text(answer.question)}", *_checks(answer)])


def reported(report: BadAnswer, *, own_id: str = "") -> str:
    """Return a question whose answer was found bad, with its evidence; with an id if needed.

    A refusal should have been an answer. What an answer should have been is unknown, so that the
    set is refused until an editor writes it.
    """
    refused = report.answer.outcome is Outcome.NOT_IN_CORPUS
    fields = [
        *([f"id: {_text(own_id)}"] if own_id else []),
        f"ask: {_text(report.asked)}",
        "tags: [reported]",
        "answerable: true" if refused else UNKNOWN,
    ]
    return _stub(_evidence(report), fields)


def as_set(reports: Sequence[BadAnswer]) -> str:
    """Return a whole set. A question that is there already gets an id of its own."""
    names: set[str] = set()
    stubs = []
    for report in reports:
        own_id = f"reported-{report.answer.id}" if report.name in names else ""
        stubs.append(reported(report, own_id=own_id))
        names.add(report.name)
    return f"{HEAD}\nquestions:\n" + "\n".join(stubs)


def _stub(comments: Iterable[str], fields: Sequence[str]) -> str:
    rows = [row for comment in comments for row in _comment(comment)]
    first, *others = fields
    rows += [f"  - {first}", *(f"    {field}" for field in others)]
    return "".join(f"{row}\n" for row in rows)


# Checks


def _checks(answer: Answer) -> Iterator[str]:
    claims = [claim.text for claim in answer.claims if fold(claim.text)]
    if answer.outcome is Outcome.NOT_IN_CORPUS:
        yield "refuse: true"
        return
    if not claims:
        yield UNKNOWN
        return
    yield _listed("expect", claims)
    if answer.citations:
        quotes = [each.quote for each in answer.citations if fold(each.quote)]
        yield _listed("cites", [each.article.id for each in answer.citations])
        if quotes:
            yield _listed("quote", [_beginning(quote, quotes) for quote in quotes])
    if answer.disagreements:
        yield "disagree: true"


def _beginning(quote: str, quotes: Sequence[str]) -> str:
    """Return the first words of a quote, as many as tell it from the other quotes."""
    others = [fold(other) for other in quotes if other != quote]
    words = quote.split()
    for count in range(BEGINNING, len(words)):
        begun = " ".join(words[:count]).rstrip(".,;:")
        if fold(begun) and not any(stands_in(begun, other) for other in others):
            return begun
    return quote


# Comments


def _evidence(report: BadAnswer) -> Iterator[str]:
    answer = report.answer
    yield f"{report.bad:,} bad, {report.good:,} good; last found bad on {_moment(report.at)}"
    writer = answer.model or "the embedded reader"
    yield (
        f"Answer {answer.id} of {_moment(answer.when)}, by {writer}, "
        f"confidence {answer.confidence:.2f}"
    )
    if report.same:
        yield f"Said before, too: {', '.join(report.same)}"
    if answer.question.strip() != report.asked:
        yield f"Asked as: {answer.question}"
    yield from _answer(answer, report.versions, report.passages)
    yield from (f"Remark: {remark}" for remark in answer.remarks)


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _answer(
    answer: Answer,
    versions: Versions = MappingProxyType({}),
    passages: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield an answer as a reader saw it, the ranges of its quotes, and the closest passages."""
    shown = view(answer)
    if shown.lead:
        yield str(shown.lead)
    for statement in shown.statements:
        yield f"{statement.text} {marked(statement.sources) or Reason.NO_SUPPORT()}"
    for note in shown.notes:
        yield f"{note.remark}: {marked(note.sources)}" if note.sources else str(note.remark)
    for source in shown.sources:
        span = Span(source.citation.start, source.citation.end)
        yield f"[{source.mark}] {_range(source.article, span, versions)}: “{source.quote}”"
    for rank, evidence in enumerate(closest(answer), 1):
        span = Span(evidence.passage.start, evidence.passage.end)
        text = f": “{passages[rank]}”" if rank in passages else ""
        where = _range(evidence.article, span, versions)
        yield f"Closest {rank}: {where}, score {evidence.score:.3f}{text}"


def _range(article: Edition, span: Span, versions: Versions) -> str:
    now = _NOW[versions.get(article, Version.CURRENT)]
    return f"{article.id}, characters {span.start} to {span.end}{now}"


_NOW = {
    Version.CURRENT: "",
    Version.CHANGED: " of a version that has changed since",
    Version.GONE: " of an article that is gone",
}


# YAML


def _comment(text: str) -> list[str]:
    """Return a text as a comment with a hanging indent."""
    return textwrap.wrap(
        _visible(text),
        WIDTH,
        initial_indent="  # ",
        subsequent_indent="  #   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _visible(text: str) -> str:
    """Return a text on one line, without invisible characters."""
    visible = "".join(sign for sign in printable(text) if not _hidden(sign))
    return " ".join(visible.split())


def _hidden(character: str) -> bool:
    """True if a character is invisible, or changes the direction of text."""
    if character in _JOINERS:
        return False
    return character in _NO_CHARACTERS or unicodedata.category(character) in _INVISIBLE


def _listed(name: str, texts: Iterable[str]) -> str:
    """Return a list, on one line where it is short, each text once."""
    written = [_quoted(text) if "," in text else _text(text) for text in dict.fromkeys(texts)]
    flow = f"{name}: [{', '.join(written)}]"
    if len(flow) + 4 <= WIDTH:
        return flow
    return "\n".join([f"{name}:", *(f"      - {text}" for text in written)])


def _text(text: str) -> str:
    """Return a text as YAML, in quotation marks where it could be taken for something else."""
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
