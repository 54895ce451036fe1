"""What is kept of a set's runs, in a folder of its own.

```
<home>/checks/<corpus>/        what is kept of a corpus: its index, in `index/`
    <set>/history.jsonl        what each run of the whole set came to
    <set>/failed.json          the questions that fell short when they were last asked
    <set>/journal.jsonl        the results of a run of the whole set that has not ended
```
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bot.questions.measures import measured
from bot.questions.results import Result, Run, read_result, result_dict
from bot.questions.runs import MISFITS, RunError, encoded, head_dict, read_head, write
from bot.render import json_line
from rag.command import griot
from rag.errors import IndexMismatch, StorageFull

HISTORY = 100
"""How many past runs are told of, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a whole run of a set came to; `p50_ms` is None where times said nothing."""

    when: datetime
    griot: str
    model: str | None
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
            questions=told.questions,
            passed=told.passed,
            short=told.short,
            errors=told.errors,
            false_answers=told.false_answers,
            false_refusals=told.false_refusals,
            p50_ms=told.p50_ms,
        )


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
        write(self._failed, json_line(sorted(self.failed() - asked | short)))
        if run.whole:
            told = asdict(Past.of(run)) | {"when": run.when.isoformat()}
            with _reading(self._history):
                earlier = _lines(self._history)[1 - HISTORY :]
            write(self._history, "".join(map(json_line, [*earlier, told])))
            if self._has_journal:
                self._journal.unlink(missing_ok=True)

    def begin(self, run: Run) -> None:
        """Begin the journal of a run of the whole set, in place of one that did not end."""
        lines = [head_dict(run), *map(result_dict, run.results)]
        write(self._journal, "".join(map(json_line, lines)))
        self._begun = _file(self._journal)

    def note(self, result: Result) -> None:
        """Add a result to the journal that was begun here, where that is still the journal."""
        if not self._has_journal:
            return
        try:
            with self._journal.open("ab") as journal:
                journal.write(encoded(json_line(result_dict(result))))
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
            return replace(read_head(lines[0]), results=tuple(map(read_result, lines[1:])))

    def resumed(self, run: Run) -> Run:
        """Give the run that did not end, to go on with.

        Raises:
            RunError: there is none, or it is of another set, model, version or options.
        """
        begun = self.begun()
        if begun is None:
            raise RunError(f"there is no run to go on with; run {griot('check')} without --resume")
        for name, what in _SAME.items():
            if getattr(begun, name) != getattr(run, name):
                raise RunError(
                    f"the run that did not end had another {what}; "
                    f"run {griot('check')} without --resume"
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
    "replayed": "source of answers",
    "corpus": "version of the articles",
    "repeat": "--repeat",
    "gate_times": "choice of --gate-times",
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
    except MISFITS as error:
        raise RunError(f"{path} is damaged; delete it") from error
