"""The data files of understanding, each a mapping by its sections."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def section_of(name: str) -> Mapping[str, Any]:
    """Return the sections of a file of this folder."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.load(text, loader)  # noqa: S506 - both are safe
    return read
