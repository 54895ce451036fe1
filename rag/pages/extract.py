"""A raw page becomes an article: title, outlet, date, clean text. Pure."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rag.errors import SourceError
from rag.pages import dates, furniture, records
from rag.pages.characters import normalise, one_line
from rag.reasons import Reason
from rag.types import Article, RawPage

HASH_VERSION = "3"

# No headline ends in these, quotation marks and brackets set aside; some end in ? or !.
_TRAILS = re.compile("[.,;:\u2026]['\"\u2019\u201d\u00bb)>\\]]*$")

_TITLE_WORDS = 12
_HEADLINE_WORDS = 24
_TITLE_CHARS = 300

_ROUNDS = 8
"""A page is settled after two or three rounds."""


_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"utm_\w*|mtm_\w*|pk_\w*|hsa_\w*|_hs\w+|(?:fb|g|dc|ms|tw|y|ttc|li_fat_)clid|gclsrc|igshid"
    r"|gbraid|wbraid|mc_[ce]id|mkt_tok|cmpid|icid|ocid|yclid|ref_src|ref_url|smid|s_cid|_ga"
    r"|at_(?:medium|campaign|link\w*|format|ptr_name|bbc_team)|spm|share",
    re.IGNORECASE,
)


def canonical_url(url: str) -> str | None:
    """Return the canonical form of an http(s) URL, by which an article is known, or None."""
    line = one_line(url)
    try:
        parts = urlsplit(line)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host or " " in line:
        return None
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[scheme]:
        where = f"{where}:{port}"
    return urlunsplit((scheme, where, parts.path.rstrip("/") or "/", _query(parts.query), ""))


def first_url(values: Sequence[str]) -> str | None:
    """Return the first URL of a page; that of a site's root is a wrong link."""
    urls = (canonical_url(value) for value in values)
    return next(
        (url for url in urls if url and urlsplit(url).path + urlsplit(url).query != "/"), None
    )


def _query(query: str) -> str:
    pairs = [pair for pair in query.split("&") if pair]
    return "&".join(pair for pair in pairs if not _TRACKING.fullmatch(pair.partition("=")[0]))


def edge_lines(page: RawPage) -> frozenset[str]:
    """Return the short lines near both ends of a page: furniture if other articles have them too.

    Copies of one article share them as well: count a line over articles that differ.
    """
    return frozenset(furniture.edge(page.text.split("\n")))


def extract(page: RawPage, *, repeated: Collection[str] = ()) -> Article:
    """Return the article of a page.

    `repeated` are edge lines that other articles have too.

    Raises:
        SourceError: there is no article text.
    """
    lines = furniture.strip(page.text.split("\n"), repeated)
    title, text = _headed(lines, page.fields.get("title", []))
    if not text:
        raise SourceError(Reason.NO_ARTICLE_TEXT())
    url = first_url(page.fields.get("url", []))
    outlet = _first(page.fields.get("outlet", []))
    published = dates.published(page.fields.get("published", []), url)
    pages = _page_starts(page, text)
    return Article(
        id=url or page.location,
        url=url,
        title=title,
        outlet=outlet,
        published=published,
        text=text,
        content_hash=_hash(
            url, title, outlet, published.isoformat() if published else None, text, *pages
        ),
        pages=pages,
    )


def _page_starts(page: RawPage, text: str) -> tuple[int, ...]:
    """Return the offsets at which pages begin in an article's text, whose lines are the page's.

    Where a page begins with lines that were left out, it begins with the next one.
    """
    starts: list[int] = []
    waiting = list(page.pages[::-1])
    raw = at = 0
    kept = text.split("\n")[::-1]
    for line in page.text.split("\n"):
        found = kept and line == kept[-1]
        while found and waiting and waiting[-1] < raw + max(1, len(line)):
            starts.append(at + max(0, waiting.pop() - raw))
        raw += len(line) + 1
        at += len(kept.pop()) + 1 if found else 0
    return (*starts, *(len(text) for _ in waiting))


def record_of(found: Article) -> dict[str, Any]:
    """Return a record, as a .json file may hold it, from which the same article is read again.

    Its text is the article's, but for lines that are furniture once others have gone.

    Raises:
        SourceError: all of them are, or hardly any that are have gone after several rounds.
    """
    for _ in range(_ROUNDS):
        record = _fields(found)
        untitled = {name: value for name, value in record.items() if name != "title"}
        again = _of_record(record)
        if again.text == found.text:
            return record
        if _of_record(untitled).text == found.text:
            return untitled
        found = again
    raise SourceError(Reason.NO_ARTICLE_TEXT())


def _fields(found: Article) -> dict[str, Any]:
    day = found.published.isoformat() if found.published else None
    given = {"url": found.url, "title": found.title, "outlet": found.outlet, "published": day}
    record: dict[str, Any] = {name: value for name, value in given.items() if value}
    return record | {"text": found.text} | ({"pages": list(found.pages)} if found.pages else {})


def _of_record(record: Mapping[str, Any]) -> Article:
    return extract(records.page(record, ""))


def _first(values: Sequence[str]) -> str | None:
    return next((_cut(line) for value in values if (line := one_line(value))), None)


def _cut(line: str) -> str:
    return line if len(line) <= _TITLE_CHARS else line[:_TITLE_CHARS].rstrip() + "\u2026"


def _hash(*parts: str | int | None) -> str:
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return f"{HASH_VERSION}:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _headed(lines: list[str], given: Sequence[str]) -> tuple[str, str]:
    """Return the title and the text under it, without the other titles that were given."""
    full = [line for line in lines if line]
    title = _first(given) or (full[0] if full and _reads_as_title(lines, full) else None)
    kept = lines
    for each in [title, *given] if title else []:
        kept = _without(each, kept)
    text = normalise("\n".join(kept))
    if title is None:
        return _first_words(text), text
    return title, text or (full[0] if full else "")


def _reads_as_title(lines: list[str], full: list[str]) -> bool:
    """True if the first line is a headline: short, unlike a sentence, and prose follows soon."""
    first, *rest = full
    if furniture.is_item(first) or len(first.split()) > _HEADLINE_WORDS or not rest:
        return False
    if furniture.fold(first) in {furniture.fold(line) for line in rest[:2]}:
        return True
    if _TRAILS.search(first) or dates.parse_date(first) or rest[0][0].islower():
        return False
    apart = lines.index(rest[0]) - lines.index(first) > 1 or furniture.is_prose(rest[0])
    return apart and any(furniture.is_prose(line) for line in rest[:3])


def _without(title: str, lines: list[str]) -> list[str]:
    """Drop the lines that repeat the title, above the first prose and at the very end."""
    folded = furniture.fold(title)
    kept = list(lines)
    for order in (1, -1):
        for line in [line for line in kept[::order] if line][:6]:
            if furniture.fold(line) == folded:
                kept = kept[::order]
                kept.remove(line)
                kept = kept[::order]
            elif furniture.is_prose(line):
                break
    return kept


def _first_words(text: str) -> str:
    words = text.partition("\n")[0].split()
    if len(words) <= _TITLE_WORDS:
        return _cut(" ".join(words))
    return _cut(" ".join(words[:_TITLE_WORDS]).rstrip(",;:.\u2013\u2014-")) + "\u2026"
