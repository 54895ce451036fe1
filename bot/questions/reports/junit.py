"""A run as JUnit XML, as servers that build and test read it; pure."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bot.questions import figures, words
from bot.questions.measures import measured
from bot.questions.results import Result, Run, Verdict

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids even where it is escaped."""


def junit(run: Run) -> bytes:
    """Give a run as one suite with a case a question; a known failure is skipped.

    What falls short tells its answer and the citations. A replay has no times.
    """
    root = Element("testsuites")
    suite = SubElement(root, "testsuite", name=_clean(run.set_path))
    suite.set("timestamp", f"{run.when:%Y-%m-%dT%H:%M:%S}")
    _properties(suite, _told(run))
    for result in run.results:
        _case(suite, run, result)
    for name, count in _counts(suite).items():
        suite.set(name, str(count))
    if not run.replayed:
        suite.set("time", f"{run.seconds:.3f}")
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _counts(suite: Element) -> Mapping[str, int]:
    return {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }


def _told(run: Run) -> Iterable[tuple[str, str]]:
    yield "run", words.circumstances(run)
    for row in figures.rows(measured(run)):
        if row.value is not None:
            yield row.name, figures.number(row.value, row.unit)


def _properties(parent: Element, told: Iterable[tuple[str, str]]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in told:
        SubElement(properties, "property", name=_clean(name), value=_clean(value))


# Cases


def _case(suite: Element, run: Run, result: Result) -> None:
    case = SubElement(suite, "testcase", classname=_class(run), name=_clean(result.question.id))
    took = [one.ms for one in result.attempts if one.ms is not None]
    if took and not run.replayed:
        case.set("time", f"{sum(took) / 1000:.3f}")
    if result.question.line:
        case.set("file", _clean(run.set_path))
        case.set("line", str(result.question.line))
    _properties(case, _traits(result))
    if kind := _kind(result):
        told = SubElement(case, kind, message=_clean(_message(result)))
        if kind != "skipped":
            told.set("type", words.verdict(result).partition(" ")[0])
        told.text = _clean(_report(result))
    elif words.worth_telling(result):
        SubElement(case, "system-out").text = _clean(_report(result))


def _class(run: Run) -> str:
    """Give the path of the set as a dotted name, as readers group cases."""
    path = PurePath(run.set_path)
    parts = path.with_suffix("").parts
    return _clean(".".join(part for part in parts if part not in (path.anchor, "..")))


def _kind(result: Result) -> str | None:
    """Give the element that tells how a question fared; one that holds has none."""
    if result.known:
        return "skipped"
    if not result.gates:
        return None
    return "error" if result.verdict is Verdict.ERROR else "failure"


def _traits(result: Result) -> Iterable[tuple[str, str]]:
    yield "verdict", words.verdict(result)
    for tag in result.question.tags:
        yield "tag", tag


def _message(result: Result) -> str:
    if result.known:
        return f"{words.KNOWN}: {result.question.known_failure}"
    return "; ".join(map(str, words.shortfalls(result)))


def _report(result: Result) -> str:
    """Give what was asked, what did not hold, the answer, and its citations, a line each."""
    record = words.telling(result).record
    return "\n".join(
        (
            f"asked: {words.asked(result.question)}",
            f"verdict: {words.verdict(result)}",
            *map(str, words.shortfalls(result)),
            *([f"answer: {words.answer(record)}"] if record else []),
            *(f"{mark}: “{quote}”" for mark, quote in (words.citations(record) if record else ())),
        )
    )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
