"""Bytes to clean text: encodings told, invisible characters dropped, white space in one form."""

import codecs
import re
import unicodedata
from typing import NamedTuple

from rag.errors import SourceError
from rag.reasons import Reason, Remark
from rag.text.detection import language_of

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
_STRAY_SHARE = 0.01
_ZERO_SHARE = 0.02
_NO_TEXT = {"Cc", "Cn", "Co", "Cs"}
_WHITE = "\t\n\v\f\r\x1a"
_REPLACEMENT = "\ufffd"

# The encodings of the Latin script, and the languages that were written in each; most are in the
# first one that no other has.
_LATIN = {
    "cp1252": "",
    "cp1250": "cs hu pl ro sk",
    "iso8859_2": "",
    "cp1254": "tr",
    "cp1257": "lt",
    "cp1258": "vi",
}
_ENCODINGS = [
    *_LATIN,
    *"cp1251 koi8_r koi8_u cp1253 cp1255 cp1256 cp874".split(),
    *"cp932 euc_jp cp949 gb18030 big5hkscs".split(),
]
_WITHIN = re.compile(r"[^\W\d_][^\w\s'\u2019.-][^\W\d_]")
"""A sign amid letters, as in the wrong one of two encodings."""
_CONTROLS = re.compile(rb"[\x80-\x9f]")
_ASCII = bytes(range(128))
_ACCENTED = 0.1
"""Texts in the Latin script have a smaller share of other bytes than ASCII, others a larger one."""
_MESS = 0.3
"""As much may look odd of a text in the right encoding, as charset-normalizer counts it."""

_BREAKS = re.compile("\r\n|[\r\v\f\u0085\u2028\u2029]")
# Zero-width, bidirectional and other format characters, tags, controls, and what is no character.
# Arabic's visible format signs (U+0600 to U+0605 and the like) stay.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")


def normalise(text: str) -> str:
    """Return the text in NFC, stripped, with plain newlines and spaces and no two blank lines.

    Invisible and control characters are gone, lone surrogates are U+FFFD. Idempotent.
    """
    spaced = _SPACES.sub(" ", clean(text))
    lines = "\n".join(line.strip(" ") for line in spaced.split("\n"))
    return re.sub("\n{3,}", "\n\n", lines).strip()


def one_line(text: str) -> str:
    """Return the normalised text on one line."""
    return " ".join(normalise(text).split())


def clean(text: str) -> str:
    """Return the text in NFC with plain newlines and visible characters, its spaces as they are."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return unicodedata.normalize("NFC", _REMOVED.sub("", _BREAKS.sub("\n", whole)))


def beginning(content: bytes, size: int = 4096) -> str:
    """Return the first bytes as text, without white space and a byte order mark before it.

    Bytes that are not UTF-8 are left out, unless a mark tells of another encoding.
    """
    first = content[:size]
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return first[len(mark) :].decode(encoding, "ignore").lstrip()
    return first.decode(_unmarked(first) or "utf-8", "ignore").lstrip()


class Decoded(NamedTuple):
    """A text, and what a person is told where its encoding had to be recognised."""

    text: str
    remark: Remark | None = None


def decode(content: bytes, charset: str | None = None) -> Decoded:
    """Decode by the byte order mark, or else as declared, or else as UTF-8.

    Stray bytes are U+FFFD. Where there are too many for that, the encoding is recognised.

    Raises:
        SourceError: it is empty, no text, or in no encoding that can be recognised.
    """
    decoded = _decoded(content, charset)
    if not decoded.text.strip():
        raise SourceError(Reason.EMPTY())
    return decoded


def _decoded(content: bytes, charset: str | None) -> Decoded:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(_forgiving(content[len(mark) :], encoding))
    if unmarked := _unmarked(content):
        return Decoded(_forgiving(content, unmarked), Reason.READ_AS(encoding="UTF-16"))
    if _is_binary(content):
        raise SourceError(Reason.BINARY())
    declared = _declared(content, charset)
    text = content.decode(declared or "utf-8", "replace")
    if _is_right(text, declared=bool(declared)):
        return Decoded(text)
    found = _recognised(content)
    if found is None:
        return Decoded(_forgiving(content, declared or "utf-8"))
    return Decoded(content.decode(found, "replace"), Reason.READ_AS(encoding=found.upper()))


def _unmarked(content: bytes) -> str | None:
    """Return the UTF-16 that a text without a byte order mark is in, None of anything else.

    One of the two bytes of ASCII's characters is 0, always the same; other files have zeros
    anywhere, or what is no character between them.
    """
    sample = content[: min(_SAMPLE, len(content) // 2 * 2)]
    zeros = {"utf-16-le": sample[1::2].count(0), "utf-16-be": sample[::2].count(0)}
    if sum(zeros.values()) < _ZERO_SHARE * len(sample) or min(zeros.values()) or not sample:
        return None
    encoding = max(zeros, key=lambda name: zeros[name])
    text = sample.decode(encoding, "replace")
    strange = sum(unicodedata.category(each) in _NO_TEXT for each in text if each not in _WHITE)
    return encoding if strange <= _STRAY_SHARE * len(text) else None


def _is_right(text: str, *, declared: bool) -> bool:
    """True if more bytes were letters than stray, or hardly any was in a declared encoding."""
    stray = text.count(_REPLACEMENT)
    letters = len(text) - len(text.encode("ascii", "ignore")) - stray
    return stray <= letters or (declared and stray <= _STRAY_SHARE * len(text))


def _is_binary(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return controls > _CONTROL_SHARE * len(sample)


def _declared(content: bytes, charset: str | None) -> str:
    """Return the declared encoding, "" where none is known or the bytes are plainly UTF-8."""
    if not charset or _is_utf8(content):
        return ""
    try:
        name = codecs.lookup(charset).name
        b"\xff".decode(name, "replace")
    except (LookupError, ValueError):
        return ""
    return "windows-1252" if name in _WINDOWS_1252 else name


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not content.isascii()


def _recognised(content: bytes) -> str | None:
    """Return the encoding of a text by the lines that are not ASCII; None where it is not sure.

    charset-normalizer tells scripts apart well and the encodings of the Latin script badly: of
    those, the text's language has one.
    """
    from charset_normalizer import from_bytes

    lines = b"\n".join(line for line in content.split(b"\n") if not line.isascii())[:_SAMPLE]
    accented = len(lines.translate(None, _ASCII)) < _ACCENTED * len(lines)
    among = _LATIN if accented else _ENCODINGS
    best = from_bytes(lines, cp_isolation=[*among], threshold=_MESS).best()
    if best is None:
        return None
    if best.encoding not in _LATIN:
        return str(best.encoding)
    language = language_of(lines.decode("ascii", "replace"))
    found = next((name for name, held in _LATIN.items() if language in held.split()), "cp1252")
    if found != "cp1250":
        return found
    # What are letters and quotation marks in the one are control characters in the other.
    likelier = (found, "iso8859_2") if _CONTROLS.search(lines) else ("iso8859_2", found)
    return min(likelier, key=lambda name: len(_WITHIN.findall(lines.decode(name, "replace"))))


def _forgiving(content: bytes, encoding: str) -> str:
    """Decode with U+FFFD for stray bytes.

    Raises:
        SourceError: there are too many of them.
    """
    text = content.decode(encoding, "replace")
    if text.count(_REPLACEMENT) <= _STRAY_SHARE * len(text):
        return text
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        at = {"byte": f"{content[error.start]:02x}", "place": str(error.start)}
        raise SourceError(Reason.UNDECODED_AT(encoding=encoding.upper(), **at)) from error
