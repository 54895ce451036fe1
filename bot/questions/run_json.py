"""Runs as JSON: reports, baselines and the journal, to be read again and by other programs."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.program import griot
from bot.questions.format import CannedQuestion
from bot.questions.measures import measured
from bot.questions.results import Attempt, CheckResult, QuestionResult, SetRun
from rag.errors import GriotError, IndexMismatch
from rag.index import answers

VERSION = 1
"""Of the JSON; raised when a field changes its meaning, not when one is added."""


class RunError(GriotError):
    """A run cannot be read or written, or does not fit what is asked for."""


# Files


def read_run(path: Path) -> SetRun:
    """Read a run from a report or a baseline.

    Raises:
        RunError: it is none, or a newer Griot wrote it.
    """
    write_one = griot("check", "--report", "FILE.json")
    with reading(path, f"is no result of griot check; write one with: {write_one}"):
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["version"] > VERSION:
            raise RunError(f"{path} was written by a newer Griot; upgrade Griot to read it")
        return of_dicts(written, written["results"])


@contextmanager
def reading(path: Path, misfit: str) -> Iterator[None]:
    """Translate what goes wrong while a file is read; `misfit` tells what it is not.

    Raises:
        RunError: something did.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except IndexMismatch as error:
        raise RunError(f"{path}: {error}") from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise RunError(f"{path} {misfit}") from error


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(encoded(content))
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise RunError(
            f"{path} cannot be written: {error.strerror}; check its folder and the disk"
        ) from error


def encoded(text: str) -> bytes:
    """Return UTF-8; what it cannot hold, as in file names, is escaped as JSON reads it."""
    return text.encode("utf-8", "backslashreplace")


# Runs


def to_json(run: SetRun) -> str:
    """Return a run as JSON, one result a line, with its measures for other programs."""
    measures = measured(run)
    shares = {name: getattr(measures, name) for name in ("false_refusals", "false_answers")}
    head = {"version": VERSION, **head_dict(run), "measures": asdict(measures) | shares}
    results = ",\n".join(_json(result_dict(result)) for result in run.results)
    return f'{_json(head)[:-1]}, "results": [\n{results}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_HEAD = {each.name: each.name for each in fields(SetRun) if each.name != "results"} | {
    "set_path": "set"
}
"""The names of a run's fields in JSON."""


def head_dict(run: SetRun) -> dict[str, Any]:
    """Return a run without its results for JSON."""
    head = {written: getattr(run, name) for name, written in _HEAD.items()}
    return head | {"when": run.when.isoformat()}


def of_dicts(head: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> SetRun:
    """Read what `head_dict` and `result_dict` wrote; later fields are passed over.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it is something else.
        IndexMismatch: a newer Griot wrote an answer in it.
    """
    known = {name: head[written] for name, written in _HEAD.items() if written in head}
    when = datetime.fromisoformat(known["when"])
    return SetRun(**known | {"when": when, "results": tuple(map(_read_result, results))})


def result_dict(result: QuestionResult) -> dict[str, Any]:
    """Return a result for JSON; verdict, held and gates are there for other programs."""
    return {
        "id": result.question.id,
        "verdict": result.verdict.value,
        "held": result.held,
        "gates": result.gates,
        "line": result.question.line,
        "question": result.question.model_dump(mode="json", exclude_defaults=True),
        "attempts": [
            {
                "answer": json.loads(answers.to_json(attempt.given)) if attempt.given else None,
                "error": attempt.error,
                "checks": [asdict(check) for check in attempt.checks],
            }
            for attempt in result.attempts
        ],
    }


def _read_result(written: Mapping[str, Any]) -> QuestionResult:
    question = CannedQuestion.model_validate(written["question"]).at(written.get("line", 0))
    attempts = tuple(
        Attempt(
            given=None if each["answer"] is None else answers.from_json(json.dumps(each["answer"])),
            error=each["error"],
            checks=tuple(CheckResult(**check) for check in each["checks"]),
        )
        for each in written["attempts"]
    )
    if not attempts:
        raise ValueError("there is no attempt")
    return QuestionResult(question=question, attempts=attempts)
