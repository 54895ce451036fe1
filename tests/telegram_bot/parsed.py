from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Parsed(HTMLParser):
    """A message as Telegram reads it: its text, and its entities as (tag, address, text)."""

    html: str
    text: str = ""
    entities: list[tuple[str, str, str]] = field(default_factory=list)
    open_tags: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.feed(self.html)
        self.close()
        assert self.open_tags == []

    def handle_starttag(self, tag, attrs):
        assert self.open_tags == [], "no tag stands in another"
        self.open_tags.append((tag, dict(attrs).get("href", ""), len(self.text)))

    def handle_endtag(self, tag):
        name, address, start = self.open_tags.pop()
        assert name == tag
        self.entities.append((tag, address, self.text[start:]))

    def handle_data(self, data):
        self.text += data

    @property
    def units(self):
        return len(self.text.encode("utf-16-le")) // 2
