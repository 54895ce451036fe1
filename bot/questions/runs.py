"""Runs as they are kept: as JSON, in the folder of a set's past runs, and half done.

```
<home>/checks/<corpus>/            its index, in `index/`
    <set>/last.json                the last run
    <set>/history.jsonl            what each run of the whole set came to
    <set>/journal.jsonl            the results of a run that has not ended
```
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bot.questions.measures import Measures, measured
from bot.questions.results import VERSION, Result, Run, read_result, result_dict
from rag.errors import GriotError

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
    )
