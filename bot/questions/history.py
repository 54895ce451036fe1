"""The history of a set's runs, in a folder of its own.

```
<home>/checks/<corpus>/        of a corpus: its index, in `index/`
    <set>/history.jsonl        a summary of each run of the whole set
    <set>/failed.json          the questions that failed when they were last asked
    <set>/journal.jsonl        the results of a run of the whole set that has not ended
```
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bot.console import json_line
from bot.program import griot
from bot.questions.measures import measured
from bot.questions.results import QuestionResult, SetRun
from bot.questions.run_json import (
    RunError,
    encoded,
    head_dict,
    of_dicts,
    reading,
    result_dict,
    write,
)
from rag.errors import StorageFull

HISTORY = 100
"""The most past runs that are kept."""

DAMAGED = "is damaged; delete it"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A summary of a run of the whole set; `p50_ms` is None after a replay."""

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
    def of(cls, run: SetRun) -> Self:
        """Return the summary of a run."""
        measures = measured(run)
        values = {
            field.name: getattr(run if hasattr(run, field.name) else measures, field.name)
            for field in fields(cls)
        }
        return cls(**values)

    @classmethod
    def read(cls, written: dict[str, Any]) -> Self:
        """Read a summary's JSON; fields of other versions are passed over."""
        known = {field.name: written[field.name] for field in fields(cls)}
        return cls(**known | {"when": datetime.fromisoformat(known["when"])})


class SetHistory:
    """The earlier runs of a set.

    Of two runs at once, the one that began last has the journal. Every method raises `RunError`
    where the folder cannot be read or written, and `StorageFull` where a result finds no room.
    """

    def __init__(self, folder: Path) -> None:
        self._history = folder / "history.jsonl"
        self._failed = folder / "failed.json"
        self._journal = folder / "journal.jsonl"
        self._begun: _FileId | None = None

    def failed(self) -> frozenset[str]:
        """Return the ids of the questions that failed when they were last asked."""
        with reading(self._failed, DAMAGED):
            text = self._failed.read_text(encoding="utf-8") if self._failed.exists() else "[]"
            return frozenset(json.loads(text))

    def past(self) -> tuple[PastRun, ...]:
        """Return the summaries of the last runs of the whole set, oldest first."""
        with reading(self._history, DAMAGED):
            return tuple(map(PastRun.read, _lines(self._history)[-HISTORY:]))

    def add(self, run: SetRun) -> None:
        """Add a run, which may be of a part of the set."""
        asked = {result.question.id for result in run.results}
        short = {result.question.id for result in run.falls_short}
        write(self._failed, json_line(sorted(self.failed() - asked | short)))
        if run.whole:
            summary = asdict(PastRun.of(run)) | {"when": run.when.isoformat()}
            with reading(self._history, DAMAGED):
                earlier = _lines(self._history)[1 - HISTORY :]
            write(self._history, "".join(map(json_line, [*earlier, summary])))
            if self._has_journal:
                self._journal.unlink(missing_ok=True)

    def begin(self, run: SetRun) -> None:
        """Begin the journal of a run of the whole set, in place of one that did not end."""
        lines = [head_dict(run), *map(result_dict, run.results)]
        write(self._journal, "".join(map(json_line, lines)))
        self._begun = _file_id(self._journal)

    def note(self, result: QuestionResult) -> None:
        """Add a result to the journal, unless another run has begun its own."""
        if not self._has_journal:
            return
        try:
            with self._journal.open("ab") as journal:
                journal.write(encoded(json_line(result_dict(result))))
        except OSError as error:
            raise StorageFull(
                f"{self._journal} cannot be written: {error.strerror}; free some disk space"
            ) from error

    def begun(self) -> SetRun | None:
        """Return the run of the whole set that did not end, with its results so far."""
        with reading(self._journal, DAMAGED):
            lines = _lines(self._journal)
            return of_dicts(lines[0], lines[1:]) if lines else None

    def resumed(self, run: SetRun) -> SetRun:
        """Return the run that did not end, to continue it.

        Raises:
            RunError: there is none, or it is of another set, model, version or options.
        """
        begun = self.begun()
        remedy = f"run {griot('check')} without --resume"
        if begun is None:
            raise RunError(f"there is no run to continue; {remedy}")
        for name, what in _SAME.items():
            if getattr(begun, name) != getattr(run, name):
                raise RunError(f"the run that did not end had another {what}; {remedy}")
        self.begin(begun)
        return begun

    @property
    def _has_journal(self) -> bool:
        return self._begun is not None and self._begun == _file_id(self._journal)


_SAME = {
    "digest": "version of the set",
    "griot": "version of Griot",
    "model": "model",
    "replayed": "source of answers",
    "corpus": "version of the articles",
    "repeat": "--repeat",
    "gate_times": "choice of --gate-times",
}


_FileId = tuple[int, int]
"""Tells a file from another one that takes its place."""


def _file_id(path: Path) -> _FileId | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, if there is one; a last line that was cut off is left out."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]
