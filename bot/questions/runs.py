"""Runs as they are kept: as JSON, and in a folder for each set.

```
<home>/checks/<corpus>/        what is kept of a corpus: its index, in `index/`
    <set>/history.jsonl        what each run of the whole set came to
    <set>/failed.json          the questions that fell short when they were last asked
    <set>/journal.jsonl        the results of a run of the whole set that has not ended
```
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bot.questions.measures import Measures, measured
from bot.questions.results import VERSION, Result, Run, read_result, result_dict
from rag.errors import GriotError, IndexMismatch, StorageFull

HISTORY = 100
"""How many past runs are told of, at most."""


class RunError(GriotError):
    """A run that was kept cannot be read or written, or does not fit what is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a whole run of a set came to; `p50_ms` is None where times said nothing."""

    when: datetime
    griot: str
    model: str | None
    through: str
    questions: int
    passed: int
    short: int
    errors: int
    false_answers: float | None
    false_refusals: float | None
    p50_ms: float | None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Sum a run up."""
        told = measured(run)
        return cls(
            when=run.when,
            griot=run.griot,
            model=run.model,
            through=run.through,
            questions=told.questions,
            passed=told.passed,
            short=told.short,
            errors=told.errors,
            false_answers=told.false_answers,
            false_refusals=told.false_refusals,
            p50_ms=told.p50_ms,
        )


_MISFITS = (ValueError, LookupError, TypeError, AttributeError)
"""What reading anything else than what was written raises."""


# As JSON


def run_dict(run: Run) -> dict[str, Any]:
    """Give a run for JSON, with what it comes to, for other readers."""
    return {
        "version": VERSION,
        **_head(run),
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


def _head(run: Run) -> dict[str, Any]:
    return {
        "set": run.set_path,
        "digest": run.digest,
        "griot": run.griot,
        "when": run.when.isoformat(),
        "through": run.through,
        "model": run.model,
        "replayed": run.replayed,
        "whole": run.whole,
        "seconds": run.seconds,
        "articles": run.articles,
        "corpus": run.corpus,
    }


def _read_head(said: Mapping[str, Any]) -> Run:
    return Run(
        set_path=said["set"],
        digest=said["digest"],
        griot=said["griot"],
        when=datetime.fromisoformat(said["when"]),
        through=said["through"],
        model=said["model"],
        replayed=said["replayed"],
        whole=said["whole"],
        seconds=said["seconds"],
        articles=said["articles"],
        corpus=said.get("corpus", ""),
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
        return replace(_read_head(said), results=results)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except IndexMismatch as error:
        raise RunError(f"{path}: {error}") from error
    except _MISFITS as error:
        raise RunError(
            f"{path} is no result of griot check; write one with: griot check --report FILE.json"
        ) from error


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(_encoded(content) if isinstance(content, str) else content)
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise RunError(
            f"{path} cannot be written: {error.strerror}; check its folder and the disk"
        ) from error


def _encoded(text: str) -> bytes:
    """Give UTF-8; of what it cannot hold, as in names of files, the escape that JSON reads."""
    return text.encode("utf-8", "backslashreplace")


def to_json(run: Run) -> str:
    """Give a run as JSON, with the results one a line."""
    said = run_dict(run)
    results = ",\n".join(_json(one) for one in said.pop("results"))
    return f'{_json(said)[:-1]}, "results": [\n{results}\n]}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# The folder of a set


class Kept:
    """What is kept of a set's runs, in a folder of its own.

    Of two runs at once, the one that began last has the journal. Every method raises `RunError`
    where the folder cannot be read or written, and `StorageFull` where a result finds no room.
    """

    def __init__(self, folder: Path) -> None:
        self._history = folder / "history.jsonl"
        self._failed = folder / "failed.json"
        self._journal = folder / "journal.jsonl"
        self._begun: _File | None = None

    def failed(self) -> frozenset[str]:
        """Give the ids of the questions that fell short when they were last asked."""
        with _reading(self._failed):
            text = self._failed.read_text(encoding="utf-8") if self._failed.exists() else "[]"
            return frozenset(json.loads(text))

    def past(self) -> tuple[Past, ...]:
        """Give what the last runs of the whole set came to, oldest first."""
        with _reading(self._history):
            lines = _lines(self._history)[-HISTORY:]
            return tuple(
                Past(**one | {"when": datetime.fromisoformat(one["when"])}) for one in lines
            )

    def keep(self, run: Run) -> None:
        """Keep what came of a run, be it of a part of the set."""
        asked = {one.question.id for one in run.results}
        short = {one.question.id for one in run.falls_short}
        write(self._failed, _json(sorted(self.failed() - asked | short)) + "\n")
        if run.whole:
            told = asdict(Past.of(run)) | {"when": run.when.isoformat()}
            with _reading(self._history):
                earlier = _lines(self._history)[1 - HISTORY :]
            write(self._history, "".join(f"{_json(one)}\n" for one in [*earlier, told]))
            if self._has_journal:
                self._journal.unlink(missing_ok=True)

    def begin(self, run: Run) -> None:
        """Begin the journal of a run of the whole set, in place of one that did not end."""
        lines = [_head(run), *map(result_dict, run.results)]
        write(self._journal, "".join(f"{_json(one)}\n" for one in lines))
        self._begun = _file(self._journal)

    def note(self, result: Result) -> None:
        """Add a result to the journal that was begun here, where that is still the journal."""
        if not self._has_journal:
            return
        try:
            with self._journal.open("ab") as journal:
                journal.write(_encoded(_json(result_dict(result)) + "\n"))
        except OSError as error:
            raise StorageFull(
                f"{self._journal} cannot be written: {error.strerror}; free some disk space"
            ) from error

    def begun(self) -> Run | None:
        """Give the run of the whole set that did not end, with its results so far, if any."""
        with _reading(self._journal):
            lines = _lines(self._journal)
            if not lines:
                return None
            return replace(_read_head(lines[0]), results=tuple(map(read_result, lines[1:])))

    def resumed(self, run: Run) -> Run:
        """Give the run that did not end, to go on with.

        Raises:
            RunError: there is none, or it is of another set, model or version than this one.
        """
        begun = self.begun()
        if begun is None:
            raise RunError("there is no run to go on with; run griot check without --resume")
        for name, what in _SAME.items():
            if getattr(begun, name) != getattr(run, name):
                raise RunError(
                    f"the run that did not end had another {what}; run griot check without --resume"
                )
        self.begin(begun)
        return begun

    @property
    def _has_journal(self) -> bool:
        return self._begun is not None and self._begun == _file(self._journal)


_SAME = {
    "digest": "version of the set",
    "griot": "version of Griot",
    "model": "model",
    "through": "way through",
    "replayed": "source of answers",
    "corpus": "version of the articles",
}


_File = tuple[int, int]
"""What tells a file from another one that takes its place."""


def _file(path: Path) -> _File | None:
    with suppress(OSError):
        told = path.stat()
        return told.st_dev, told.st_ino
    return None


def _lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, if there is one; a last line that was cut off is left out."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(one) for one in text.split("\n")[:-1]]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; check its permissions") from error
    except IndexMismatch as error:
        raise RunError(f"{path}: {error}") from error
    except _MISFITS as error:
        raise RunError(f"{path} is damaged; delete it") from error
