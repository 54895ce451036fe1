"""Foreign words, such as a server's error, made fit to be shown: one line, and no key in it."""

import re
import unicodedata

QUOTED, SHOWN = 2_000, 160  # characters that are cleaned, and that are shown


def one_line(text: str, key: str | None) -> str:
    """Give foreign words in one short line, without the key and what looks like one."""
    printable = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[:QUOTED])
    line = " ".join(without_keys(printable, key).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()} …"


def without_keys(text: str, key: str | None = None) -> str:
    """Give the text without the key, parts of it, and what looks like one."""
    for secret in _secrets(key):
        text = secret.sub("[key]", text)
    return text


_KEY_LIKE = (
    re.compile(r"(?i)\bbearer\s+[^\s\"',;]+"),
    re.compile(r"(?i)(?<=[?&])[\w-]*(?:key|token)=[^\s&\"']+"),
    re.compile(r"\b(?:(?:sk|gsk|pk|hf|xai|nvapi)[-_]|AIza)[\w*.-]{8,}"),
    re.compile(r"[\w-]*\*{3,}[\w*-]*"),
)
_TELLING = 12  # characters that a key must have for a part of it to be telling


def _secrets(key: str | None) -> tuple[re.Pattern[str], ...]:
    """Give what matches a key, a part of it, and what looks like one."""
    if not key:
        return _KEY_LIKE
    own = [re.compile(re.escape(key))]
    if len(key) >= _TELLING:
        start, end = re.escape(key[:6]), re.escape(key[-4:])
        own.append(re.compile(rf"{start}[\w.*…-]*|[\w.*…-]+{end}\b"))
    return (*own, *_KEY_LIKE)
