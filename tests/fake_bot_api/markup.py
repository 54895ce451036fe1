"""Texts as Telegram takes them: the bot's HTML, entities in UTF-16 units, links.

After the Bot API's section on formatting, with TDLib's words for errors. It is stricter: tags that
the bot does not write, a tag in another one than a blockquote, an ampersand that is not escaped and
more than 100 entities are refused. What Telegram finds in a bot's text by itself (addresses,
mentions) is not added.
"""

import re
from dataclasses import dataclass
from html import unescape

from fake_bot_api.errors import Json, bad

MOST_UNITS = 4096
"""Of a message, in UTF-16 units."""

MOST_ENTITIES = 100
"""Of a message."""

KINDS = {
    "a": "text_link",
    "b": "bold",
    "i": "italic",
    "code": "code",
    "blockquote expandable": "expandable_blockquote",
}
BLOCK = "blockquote expandable"

_MARKUP = re.compile(
    r'<a href="(?P<href>[^"]*)">|<(?P<start>b|i|code|blockquote expandable)>|'
    r"</(?P<end>a|b|i|code|blockquote)>|&(?:lt|gt|amp|quot);|[<&]"
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
_URL = re.compile(r"https?://(?P<host>[^/?#]*)", re.IGNORECASE)
_HOST = re.compile(r"[^\s\"<>\\^`{|}:@]+\.[^\s\"<>\\^`{|}:@]+(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text without its tags, and its entities, in order of their offsets."""

    text: str
    entities: list[Json]

    @property
    def marked(self) -> list[tuple[str, str]]:
        """The type and the text of each entity."""
        coded = self.text.encode("utf-16-le")
        places = [(each["type"], 2 * each["offset"], 2 * each["length"]) for each in self.entities]
        return [(kind, coded[at : at + size].decode("utf-16-le")) for kind, at, size in places]


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def formatted(text: str, *, mode: str | None = None) -> Formatted:
    """The text as it will be shown; without a mode, nothing in it is parsed.

    Raises:
        Refuse: Telegram would not parse it.
    """
    source = _CONTROL.sub(" ", text.replace("\r", ""))
    if mode not in (None, "HTML"):
        raise bad("unsupported parse_mode")
    parsed = _trimmed(_parsed(source) if mode else Formatted(source, []))
    if len(parsed.entities) > MOST_ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    return parsed


def whole(
    text: str | None, *, mode: str | None = None, too_long: str = "message is too long"
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


def is_link(url: str) -> bool:
    """Whether Telegram makes a link of an address; otherwise it leaves the text alone."""
    found = _URL.match(url)
    return found is not None and _HOST.fullmatch(found["host"]) is not None


def _parsed(source: str) -> Formatted:
    text, at, entities = "", 0, []
    opened: list[tuple[str, str, int]] = []
    for found in _MARKUP.finditer(source):
        text += source[at : found.start()]
        at = found.end()
        place = f"at byte offset {len(source[: found.start()].encode())}"
        if found[0] in ("<", "&"):
            raise _error(f'Unsupported start tag "" or ampersand {place}')
        if found[0].startswith("&"):
            text += unescape(found[0])
        elif found["end"]:
            if not opened or opened[-1][0].split()[0] != found["end"]:
                raise _error(f"Unexpected end tag {place}")
            tag, href, offset = opened.pop()
            link = {"url": unescape(href)} if tag == "a" else {}
            if not link or is_link(link["url"]):
                length = units(text) - offset
                entities.append({"type": KINDS[tag], **link, "offset": offset, "length": length})
        else:
            tag = found["start"] or "a"
            if opened and (len(opened) > 1 or opened[0][0] != BLOCK or tag == BLOCK):
                raise _error(f"A tag in another {place}")
            opened.append((tag, found["href"] or "", units(text)))
    if opened:
        raise _error(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Formatted(text + source[at:], entities)


def _error(what: str) -> Exception:
    return bad(f"can't parse entities: {what}")


def _trimmed(parsed: Formatted) -> Formatted:
    """Without the space around the text, and with only the entities that show."""
    text = parsed.text.strip()
    cut = units(parsed.text) - units(parsed.text.lstrip())
    entities = [_clipped(each, cut, units(text)) for each in parsed.entities]
    clipped = Formatted(text, [each for each in entities if each["length"] > 0])
    shown = zip(clipped.entities, clipped.marked, strict=True)
    return Formatted(text, [entity for entity, (_, said) in shown if said.strip()])


def _clipped(entity: Json, cut: int, length: int) -> Json:
    start = max(entity["offset"] - cut, 0)
    end = min(entity["offset"] + entity["length"] - cut, length)
    return entity | {"offset": start, "length": end - start}
