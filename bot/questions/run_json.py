"""Runs as JSON: reports, baselines and the journal, to be read again and by other programs."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.console import griot
from bot.questions.format import CannedQuestion
from bot.questions.measures import Measures, measured
from bot.questions.results import Attempt, CheckResult, QuestionResult, SetRun
from rag.errors import GriotError, IndexMismatch
from rag.index import answers

VERSION = 1
"""Of the JSON; raised when a field changes its meaning, not when one is added."""

MISFITS = (AttributeError, LookupError, TypeError, ValueError)
"""What reading any other JSON raises."""


class RunError(GriotError):
    """A run cannot be read or written, or does not fit what is asked for."""


# Files


def read_run(path: Path) -> SetRun:
    """Read a run from a report or a baseline.

    Raises:
        RunError: it is none, or a newer Griot wrote it.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["version"] > VERSION:
            raise RunError(f"{path} was written by a newer Griot; upgrade Griot to read it")
        results = tuple(map(read_result, written["results"]))
        return replace(read_head(written), results=results)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except IndexMismatch as error:
        raise RunError(f"{path}: {error}") from error
    except MISFITS as error:
        raise RunError(
            f"{path} is no result of griot check; write one with: "
            f"{griot('check', '--report', 'FILE.json')}"
        ) from error


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
    head = {"version": VERSION, **head_dict(run), "measures": measures_dict(measured(run))}
    results = ",\n".join(_json(result_dict(result)) for result in run.results)
    return f'{_json(head)[:-1]}, "results": [\n{results}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def measures_dict(measures: Measures) -> dict[str, Any]:
    """Return measures for JSON, with the rates."""
    return {
        **asdict(measures),
        "false_refusals": measures.false_refusals,
        "false_answers": measures.false_answers,
    }


def head_dict(run: SetRun) -> dict[str, Any]:
    """Return a run without its results for JSON."""
    return {
        "set": run.set_path,
        "digest": run.digest,
        "griot": run.griot,
        "when": run.when.isoformat(),
        "model": run.model,
        "replayed": run.replayed,
        "whole": run.whole,
        "seconds": run.seconds,
        "articles": run.articles,
        "corpus": run.corpus,
        "repeat": run.repeat,
        "gate_times": run.gate_times,
    }


def read_head(written: Mapping[str, Any]) -> SetRun:
    """Read what `head_dict` wrote.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it is something else.
    """
    return SetRun(
        set_path=written["set"],
        digest=written["digest"],
        griot=written["griot"],
        when=datetime.fromisoformat(written["when"]),
        model=written["model"],
        replayed=written["replayed"],
        whole=written["whole"],
        seconds=written["seconds"],
        articles=written["articles"],
        corpus=written.get("corpus", ""),
        repeat=written.get("repeat"),
        gate_times=written.get("gate_times", False),
    )


# Results


def result_dict(result: QuestionResult) -> dict[str, Any]:
    """Return a result for JSON; verdict, held and gates are there for other programs."""
    return {
        "id": result.question.id,
        "verdict": result.verdict.value,
        "held": result.held,
        "gates": result.gates,
        "line": result.question.line,
        "question": result.question.model_dump(mode="json", exclude_defaults=True),
        "attempts": [_attempt_dict(attempt) for attempt in result.attempts],
    }


def _attempt_dict(attempt: Attempt) -> dict[str, Any]:
    return {
        "answer": json.loads(answers.to_json(attempt.record)) if attempt.record else None,
        "error": attempt.error,
        "checks": [asdict(check) for check in attempt.checks],
    }


def read_result(written: Mapping[str, Any]) -> QuestionResult:
    """Read what `result_dict` wrote.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it is something else.
        IndexMismatch: a newer Griot wrote the answer in it.
    """
    question = CannedQuestion.model_validate(written["question"]).at(written.get("line", 0))
    attempts = tuple(map(_read_attempt, written["attempts"]))
    if not attempts:
        raise ValueError("there is no attempt")
    return QuestionResult(question=question, attempts=attempts)


def _read_attempt(written: Mapping[str, Any]) -> Attempt:
    answer = written["answer"]
    return Attempt(
        record=None if answer is None else answers.from_json(json.dumps(answer)),
        error=written["error"],
        checks=tuple(CheckResult(**check) for check in written["checks"]),
    )
