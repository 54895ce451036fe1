"""Texts as Telegram takes them: its HTML, entities in UTF-16 units, links, and its refusals.

After the rules of the Bot API's section on formatting, and the parser of TDLib, whose errors
these are. Stricter in two ways: a block quotation inside another is refused, and so are more than
100 entities. What Telegram finds in a bot's text by itself (addresses, mentions) is not added.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fake_bot_api.errors import Json, Refuse, bad

MOST_UNITS = 4096
"""Of a message, in UTF-16 units."""

MOST_ENTITIES = 100
"""Of a message."""

TAGS = {
    "a": "text_link",
    "b": "bold",
    "blockquote": "blockquote",
    "code": "code",
    "del": "strikethrough",
    "em": "italic",
    "i": "italic",
    "ins": "underline",
    "pre": "pre",
    "s": "strikethrough",
    "span": "spoiler",
    "strike": "strikethrough",
    "strong": "bold",
    "tg-spoiler": "spoiler",
    "u": "underline",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_BEYOND = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)

_MARK = re.compile("[<&]")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,8})|(lt|gt|amp|quot)(?![A-Za-z]));?")
_WORD = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"""[^\s=>/"']*""")
_SPACES = re.compile(r"\s*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*(?=[\s>])")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
_URL = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<host>[^/?#]*)")
_HOST = re.compile(r"[^\s\"<>\\^`{|}:@]+\.[^\s\"<>\\^`{|}:@]+(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text without its tags, and its entities, in order of their offsets."""

    text: str
    entities: list[Json]


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, *, mode: str | None = None) -> Formatted:
    """The text as it will be shown.

    Args:
        text: As the bot sent it.
        mode: "HTML", in any case; without one nothing is parsed.

    Raises:
        Refuse: Telegram would not parse it.
    """
    source = _CONTROL.sub(" ", text.replace("\r", ""))
    if mode is None:
        parsed = Formatted(source, [])
    elif mode.lower() == "html":
        parsed = _Html(source).parse()
    else:
        raise bad("unsupported parse_mode")
    parsed = _trimmed(parsed)
    if len(parsed.entities) > MOST_ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    return parsed


def whole(
    text: str | None,
    *,
    mode: str | None = None,
    too_long: str = "message is too long",
) -> Formatted:
    """The text of a message: not empty, and not too long.

    Raises:
        Refuse: It is empty, or too long, which `too_long` words, or Telegram would not parse it.
    """
    parsed = formatted(text or "", mode=mode)
    if _INVISIBLE.fullmatch(parsed.text):
        raise bad("message text is empty")
    if units(parsed.text) > MOST_UNITS:
        raise bad(too_long)
    return parsed


def checked_url(url: str) -> str:
    """The address, with a scheme.

    Raises:
        ValueError: Says what Telegram finds wrong with it.
    """
    if url.lower().startswith("tg:"):
        return url
    parts = _match(_URL, url)
    if parts["scheme"] and parts["scheme"].lower() not in ("http", "https"):
        raise ValueError("Unsupported URL protocol")
    if not _HOST.fullmatch(parts["host"]):
        raise ValueError("Wrong HTTP URL")
    return url if parts["scheme"] else f"http://{url}"


def _link(url: str) -> str | None:
    """The address of a link in a text, or None where Telegram would leave the link out."""
    try:
        return checked_url(url)
    except ValueError:
        return None


def _match(pattern: re.Pattern[str], text: str, at: int = 0) -> re.Match[str]:
    """What a pattern that may match nothing finds there."""
    found = pattern.match(text, at)
    assert found, "the pattern matches nothing too"
    return found


class _Opened(NamedTuple):
    """A tag that waits for its end: where it began, in UTF-16 units and in characters."""

    tag: str
    attributes: dict[str, str]
    offset: int
    start: int


class _Html:
    """Reads one text from its beginning to its end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text = ""
        self.length = 0
        self.opened: list[_Opened] = []
        self.entities: list[Json] = []

    def parse(self) -> Formatted:
        while found := _MARK.search(self.source, self.at):
            self._add(self.source[self.at : found.start()])
            self.at = found.start()
            if found[0] == "&":
                self._add(self._reference())
            elif self.source.startswith("/", self.at + 1):
                self._end()
            else:
                self._start()
        self._add(self.source[self.at :])
        if self.opened:
            raise _error(f'Can\'t find end tag corresponding to start tag "{self.opened[-1].tag}"')
        return Formatted(self.text, self.entities)

    def _add(self, text: str) -> None:
        self.text += text
        self.length += units(text)

    def _reference(self) -> str:
        """The character that is meant, or the ampersand itself."""
        found = _REFERENCE.match(self.source, self.at)
        code = _code(found) if found else 0
        if not found or not (found[3] or 0 < code < _BEYOND):
            self.at += 1
            return "&"
        self.at = found.end()
        if code in _SURROGATES:
            raise bad("strings must be encoded in UTF-8")
        return NAMED.get(found[3]) or chr(code)

    def _place(self, at: int) -> str:
        return f"at byte offset {len(self.source[:at].encode())}"

    def _skip(self) -> None:
        self.at = _match(_SPACES, self.source, self.at).end()

    def _start(self) -> None:
        begin = self.at
        word = _match(_WORD, self.source, begin + 1)
        self.at = word.end()
        if self.at == len(self.source):
            raise _error(f"Unclosed start tag {self._place(begin)}")
        tag = word[0].lower()
        if tag not in TAGS:
            raise _error(f'Unsupported start tag "{tag}" {self._place(begin)}')
        attributes = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _error(f'Tag "span" must have class "tg-spoiler" {self._place(begin)}')
        if tag == "blockquote" and any(one.tag == "blockquote" for one in self.opened):
            raise _error(f"Block quotations can't be nested {self._place(begin)}")
        self.opened.append(_Opened(tag, attributes, self.length, len(self.text)))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        """What stands in a start tag after its name, up to and with its end."""
        attributes: dict[str, str] = {}
        while True:
            self._skip()
            if self.at == len(self.source):
                raise _error(f"Unclosed start tag {self._place(begin)}")
            if self.source[self.at] == ">":
                self.at += 1
                return attributes
            name, value = self._attribute(tag, begin)
            attributes[name] = value

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = _match(_ATTRIBUTE, self.source, self.at)
        where = f'the tag "{tag}" {self._place(begin)}'
        if not name[0]:
            raise _error(f"Empty attribute name in {where}")
        self.at = name.end()
        self._skip()
        if not self.source.startswith("=", self.at):
            if (tag, name[0]) != ("blockquote", "expandable"):
                raise _error(f"Expected equal sign in declaration of an attribute of {where}")
            return name[0], "1"
        self.at += 1
        self._skip()
        return name[0], self._value(begin)

    def _value(self, begin: int) -> str:
        quote = self.source[self.at : self.at + 1]
        if quote not in ("'", '"'):
            token = _TOKEN.match(self.source, self.at)
            if not token:
                raise _error(f"Unexpected end of name token {self._place(self.at)}")
            self.at = token.end()
            return token[0].lower()
        end = self.source.find(quote, self.at + 1)
        if end < 0:
            raise _error(f"Unclosed start tag {self._place(begin)}")
        inner = _Html(self.source[self.at + 1 : end])
        self.at = end + 1
        return inner.literal()

    def literal(self) -> str:
        """The whole source as the value of an attribute: references are read, and no tags."""
        value = ""
        while self.at < len(self.source):
            if self.source[self.at] == "&":
                value += self._reference()
            else:
                value += self.source[self.at]
                self.at += 1
        return value

    def _end(self) -> None:
        begin = self.at
        if not self.opened:
            raise _error(f"Unexpected end tag {self._place(begin)}")
        word = _match(_WORD, self.source, begin + 2)
        self.at = word.end()
        self._skip()
        if not self.source.startswith(">", self.at):
            raise _error(f"Unclosed end tag {self._place(begin)}")
        self.at += 1
        tag, attributes, offset, start = self.opened.pop()
        if (name := word[0].lower()) not in ("", tag):
            what = f'expected "</{tag}>", found "</{name}>"'
            raise _error(f"Unmatched end tag {self._place(begin)}, {what}")
        if self.length > offset and (more := self._entity(tag, attributes, start)):
            self.entities.append({**more, "offset": offset, "length": self.length - offset})

    def _entity(self, tag: str, attributes: dict[str, str], start: int) -> Json | None:
        """The entity of a tag without its place, or None where there is none."""
        if tag == "a":
            url = _link(attributes.get("href") or self.text[start:])
            return {"type": "text_link", "url": url} if url else None
        if tag == "blockquote" and "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        if tag == "code" and attributes.get("class", "").startswith("language-"):
            return {"type": "code", "language": attributes["class"].removeprefix("language-")}
        return {"type": TAGS[tag]}


def _code(reference: re.Match[str]) -> int:
    """The number of the character that is meant; 0 where it is named."""
    return int(reference[1], 16) if reference[1] else int(reference[2] or 0)


def _error(what: str) -> Refuse:
    return bad(f"can't parse entities: {what}")


def _trimmed(parsed: Formatted) -> Formatted:
    """Without the space around the text, and with only the entities that show."""
    text = parsed.text.strip()
    cut = units(parsed.text) - units(parsed.text.lstrip())
    entities = [_clipped(one, cut, units(text)) for one in parsed.entities]
    entities = [one for one in entities if _shows(one, text)]
    entities.sort(key=lambda one: (one["offset"], -one["length"]))
    plain = [one for one in entities if one["type"] in ("code", "pre")]
    return Formatted(text, [_merged(one, plain) for one in entities if not _lost(one, plain)])


def _clipped(entity: Json, cut: int, length: int) -> Json:
    start = max(entity["offset"] - cut, 0)
    end = min(entity["offset"] + entity["length"] - cut, length)
    return entity | {"offset": start, "length": end - start}


def _shows(entity: Json, text: str) -> bool:
    if entity["length"] <= 0:
        return False
    if entity["type"] == "text_link" and not _link(entity["url"]):
        return False
    coded = text.encode("utf-16-le")
    start = 2 * entity["offset"]
    return bool(coded[start : start + 2 * entity["length"]].decode("utf-16-le").strip())


def _lost(entity: Json, plain: Sequence[Json]) -> bool:
    """Whether it lies within code, where nothing else is formatted."""
    place = range(entity["offset"], entity["offset"] + entity["length"])
    return any(
        one is not entity
        and one["offset"] <= place.start
        and place.stop <= one["offset"] + one["length"]
        and (one["type"] == "pre" or entity["type"] != "pre")
        for one in plain
    )


def _merged(entity: Json, plain: Sequence[Json]) -> Json:
    """A block of code with the language that the tag within it names; code has none."""
    if entity["type"] == "pre":
        place = (entity["offset"], entity["length"])
        inner = [one for one in plain if (one["offset"], one["length"]) == place]
        named = [one["language"] for one in inner if one["type"] == "code" and "language" in one]
        return entity | ({"language": named[0]} if named else {})
    if entity["type"] == "code":
        return {name: value for name, value in entity.items() if name != "language"}
    return entity
