"""Bytes to clean text: encodings told, invisible characters dropped, white space in one form."""

import codecs
import re
import unicodedata

from rag.errors import SourceError
from rag.reasons import Reason

# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What pages label ISO-8859-1 or ASCII is windows-1252 (WHATWG Encoding Standard, 4.2).
_WINDOWS_1252 = {"iso8859-1", "ascii"}

_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_SAMPLE = 2**16
_CONTROL_SHARE = 0.05

_BREAKS = re.compile("\r\n|[\r\v\f\u0085\u2028\u2029]")
# Zero-width, bidirectional and other format characters, tags, controls. Arabic's visible
# format signs (U+0600 to U+0605 and the like) stay.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def normalise(text: str) -> str:
    """Return the text in NFC, stripped, with plain newlines and spaces and no two blank lines.

    Invisible and control characters are gone, lone surrogates are U+FFFD. Idempotent.
    """
    spaced = _SPACES.sub(" ", clean(text))
    lines = "\n".join(line.strip(" ") for line in spaced.split("\n"))
    return re.sub("\n{3,}", "\n\n", lines).strip()


def clean(text: str) -> str:
    """Return the text in NFC with plain newlines and visible characters, its spaces as they are."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return unicodedata.normalize("NFC", _REMOVED.sub("", _BREAKS.sub("\n", whole)))


def decode(content: bytes, charset: str | None = None) -> str:
    """Decode by the byte order mark, or else as declared, or else as UTF-8.

    Raises:
        SourceError: it is empty, no text, or not in that encoding.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            text = _strictly(content[len(mark) :], encoding)
            break
    else:
        if _is_binary(content):
            raise SourceError(Reason.BINARY())
        text = _strictly(content, _declared(content, charset))
    if not text.strip():
        raise SourceError(Reason.EMPTY())
    return text


def _is_binary(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return b"\0" in content or controls > _CONTROL_SHARE * len(sample)


def _declared(content: bytes, charset: str | None) -> str:
    """Return the declared encoding, unless the bytes are plainly UTF-8 or its name is unknown."""
    if not charset or _is_utf8(content):
        return "utf-8"
    try:
        name = codecs.lookup(charset).name
        b"".decode(name)
    except (LookupError, ValueError):
        return "utf-8"
    return "windows-1252" if name in _WINDOWS_1252 else name


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not content.isascii()


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        at = {"byte": f"{content[error.start]:02x}", "place": str(error.start)}
        raise SourceError(Reason.UNDECODED_AT(encoding=encoding.upper(), **at)) from error
    except UnicodeError as error:
        raise SourceError(Reason.UNDECODED(encoding=encoding.upper())) from error
