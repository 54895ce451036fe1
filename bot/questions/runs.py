"""Runs as JSON, for other readers and to be read again."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.questions.measures import Measures, measured
from bot.questions.results import VERSION, Run, read_result, result_dict
from rag.command import griot
from rag.errors import GriotError, IndexMismatch


class RunError(GriotError):
    """A run that was kept cannot be read or written, or does not fit what is asked for."""


MISFITS = (AttributeError, LookupError, TypeError, ValueError)
"""What reading anything else than what was written raises."""


def run_dict(run: Run) -> dict[str, Any]:
    """Give a run for JSON, with what it comes to, for other readers."""
    return {
        "version": VERSION,
        **head_dict(run),
        "measures": measures_dict(measured(run)),
        "results": [result_dict(one) for one in run.results],
    }


def measures_dict(measures: Measures) -> dict[str, Any]:
    """Give what a run comes to for JSON, with the rates."""
    return {
        **asdict(measures),
        "false_refusals": measures.false_refusals,
        "false_answers": measures.false_answers,
    }


def head_dict(run: Run) -> dict[str, Any]:
    """Give all of a run but its results for JSON."""
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


def read_head(said: Mapping[str, Any]) -> Run:
    """Give the run that `head_dict` wrote, without results.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: it is none.
    """
    return Run(
        set_path=said["set"],
        digest=said["digest"],
        griot=said["griot"],
        when=datetime.fromisoformat(said["when"]),
        model=said["model"],
        replayed=said["replayed"],
        whole=said["whole"],
        seconds=said["seconds"],
        articles=said["articles"],
        corpus=said.get("corpus", ""),
        repeat=said.get("repeat"),
        gate_times=said.get("gate_times", False),
    )


def read_run(path: Path) -> Run:
    """Read a run that was written as JSON: a report, a baseline, or the last run.

    Raises:
        RunError: it is none, or a newer Griot wrote it.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["version"] > VERSION:
            raise RunError(f"{path} was written by a newer Griot; upgrade Griot to read it")
        results = tuple(read_result(one) for one in said["results"])
        return replace(read_head(said), results=results)
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
    """Give UTF-8; of what it cannot hold, as in names of files, the escape that JSON reads."""
    return text.encode("utf-8", "backslashreplace")


def to_json(run: Run) -> str:
    """Give a run as JSON, with the results one a line."""
    said = run_dict(run)
    results = ",\n".join(_json(one) for one in said.pop("results"))
    return f'{_json(said)[:-1]}, "results": [\n{results}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
