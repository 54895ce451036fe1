"""Why a question has no answer, in words that can be shown."""

import traceback
from pathlib import Path

from rag.errors import GriotError
from rag.records import Record
from rag.types import Outcome


def said(error: Exception) -> str:
    """Say what went wrong. A bug's own words are left out: they may hold anything."""
    if isinstance(error, GriotError):
        return str(error)
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"a bug, {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def fault(record: Record) -> str:
    """Say why an answer is none: what was to write it failed; "" where it is one."""
    if record.model_failed:
        return " ".join(map(str, record.remarks)) or "the chat model failed"
    return "no answer could be made" if record.outcome is Outcome.FAILED else ""
