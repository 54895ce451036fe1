"""Foreign words, such as a server's error, made fit to be shown: one line, and no key in it."""

import re
import unicodedata

QUOTED, SHOWN = 2_000, 160  # characters that are cleaned, and that are shown

_KEY_LIKE = (
    re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"),
    re.compile(r"(?i)(?<=[?&])[\w-]*(?:key|token)=[^\s&\"']+"),
    re.compile(r"\b(?:(?:sk|gsk|pk|hf|xai|nvapi)[-_]|AIza)[\w*.-]{8,}"),
    re.compile(r"[\w-]*\*{3,}[\w*-]*"),
)
_LONG = 12  # characters that a key must have for a part of it to be recognised


def one_line(text: str, *keys: str | None) -> str:
    """Return a text as one short line, without keys and what looks like one."""
    printable = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[:QUOTED])
    line = " ".join(without_keys(printable, *keys).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()} …"


def without_keys(text: str, *keys: str | None) -> str:
    """Return the text without these keys, parts of them, and what looks like a key."""
    for pattern in (*(own for key in keys if key for own in _patterns(key)), *_KEY_LIKE):
        text = pattern.sub("[key]", text)
    return text


def _patterns(key: str) -> list[re.Pattern[str]]:
    own = [re.compile(re.escape(key))]
    if len(key) >= _LONG:
        start, end = re.escape(key[:6]), re.escape(key[-4:])
        own.append(re.compile(rf"{start}[\w.*…-]*|[\w.*…-]+{end}\b"))
    return own
