"""The entries of feeds and sitemaps, each of which leads to an article's page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag.pages import html
from rag.pages.extract import canonical_url
from rag.types import RawPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as a feed or a sitemap lists it.

    `link` is its address; `published` are its dates, as written, in order of trust; `outlet` is
    where it appears, as far as that is known; `stamp` changes when the entry does; `content` is the
    article in HTML, where the feed holds all of it.
    """

    link: str
    title: str = ""
    published: tuple[str, ...] = ()
    outlet: str = ""
    stamp: str = ""
    content: str = ""

    def filled(self, page: RawPage) -> RawPage:
        """Return the entry's page, with what the entry says where the page itself does not."""
        return page.with_more(title=[self.title], outlet=[self.outlet], published=self.published)

    def held(self) -> RawPage | None:
        """Return the page that the feed itself holds, None if it does not hold the article."""
        if not self.content.strip():
            return None
        text = f"<html><body><article>{self.content}</article></body></html>"
        (page,) = html.read(text.encode("utf-8", "replace"), self.link, "utf-8")
        return replace(page, fields={"url": [self.link]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A feed or a sitemap: its entries in its order, and the sitemaps that it names in turn.

    `cut` counts the entries that were left out because there are too many; `broken` is whether it
    may lack some that could not be read.
    """

    location: str
    entries: tuple[Entry, ...] = ()
    sitemaps: tuple[str, ...] = ()
    cut: int = 0
    broken: bool = False


def distinct(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the first entry of each address."""
    seen = set()
    for entry in entries:
        address = canonical_url(entry.link)
        if address and address not in seen:
            seen.add(address)
            yield entry
