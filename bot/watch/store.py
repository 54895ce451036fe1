"""Watched sources and the entries that they listed, in the catalog's file."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from rag.index.sqlite import Database
from rag.pages.entries import Entry, Listing
from rag.pages.extract import canonical_url

MIGRATIONS = (
    """
CREATE TABLE watch_sources (
    name TEXT PRIMARY KEY, succeeded REAL, due REAL, failures INTEGER NOT NULL, error TEXT NOT NULL,
    articles INTEGER NOT NULL, newest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE watch_validators (
    source TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, PRIMARY KEY (source, url)
) WITHOUT ROWID;
CREATE TABLE watch_entries (
    address TEXT PRIMARY KEY, source TEXT NOT NULL, stamp TEXT NOT NULL, entry TEXT, tries INTEGER
    NOT NULL, due REAL NOT NULL, kept INTEGER NOT NULL, published TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX watch_entries_source ON watch_entries (source, due) WHERE entry IS NOT NULL;
""",
)


_INSERT = "INSERT INTO watch_entries VALUES (?1, ?2, ?3, ?4, 0, 0, 0, '') ON CONFLICT (address) "
_PUT_BROKEN = f"{_INSERT} DO NOTHING"
_PUT = f"""{_INSERT} DO UPDATE SET
    entry = CASE stamp WHEN '' THEN entry ELSE ?4 END,
    tries = CASE stamp WHEN '' THEN tries ELSE 0 END,
    due = CASE stamp WHEN '' THEN due ELSE 0 END,
    stamp = ?3
WHERE source = ?2 AND stamp <> ?3"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A watched source. Times are seconds since 1970.

    `due` is when it is looked at next, None if never again; `failures` counts those in a row, and
    `error` is the last one's line. `newest` is the last date of its articles, "" if unknown.
    """

    name: str
    succeeded: float | None = None
    due: float | None = 0.0
    failures: int = 0
    error: str = ""
    articles: int = 0
    newest: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry whose page is still to be had, after so many tries."""

    address: str
    entry: Entry
    tries: int


class WatchStore(Protocol):
    """Remembers sources and entries, by the canonical address of the page. See `Database`."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all of what happens inside, or nothing."""

    def states(self) -> dict[str, SourceState]:
        """Return what is known of each source, by name."""

    def put_state(self, state: SourceState) -> None:
        """Keep what is known of a source."""

    def forget(self, name: str) -> None:
        """Forget a source; what it listed and is settled stays known."""

    def validators(self, source: str) -> dict[str, dict[str, str]]:
        """Return the headers, by address, that ask whether a listing has changed."""

    def put_listed(
        self, source: str, listing: Listing, validators: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Keep as pending what a source lists anew, or changed; and its validators.

        Of a broken listing only what is new is kept: what differs may have been cut off.
        """

    def pending(self, source: str, now: float, limit: int) -> tuple[Pending, ...]:
        """Return the first entries of a source that are due."""

    def next_due(self, source: str) -> float | None:
        """Return when the first pending entry of a source is due, None without one."""

    def postpone(self, address: str, *, tries: int, due: float) -> None:
        """Keep an entry pending until later."""

    def settle(self, address: str, *, kept: bool, published: str) -> None:
        """Record that an entry's article is kept, or that there is none."""

    def articles(self, source: str) -> tuple[int, str]:
        """Return the number of a source's articles, and the last of their dates, "" without any."""


class WatchTables(Database):
    """The tables of a `WatchStore`, in a file of the index folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, MIGRATIONS, name="watch")

    def states(self) -> dict[str, SourceState]:
        """See `WatchStore`."""
        names = ("name", "succeeded", "due", "failures", "error", "articles", "newest")
        rows = self._all(f"SELECT {', '.join(names)} FROM watch_sources")  # noqa: S608 - constants
        return {row[0]: SourceState(**dict(zip(names, row, strict=True))) for row in rows}

    def put_state(self, state: SourceState) -> None:
        """See `WatchStore`."""
        row = tuple(asdict(state).values())
        self._run("INSERT OR REPLACE INTO watch_sources VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def forget(self, name: str) -> None:
        """See `WatchStore`."""
        with self.transaction():
            self._run("DELETE FROM watch_sources WHERE name = ?", (name,))
            self._run("DELETE FROM watch_validators WHERE source = ?", (name,))
            self._run("DELETE FROM watch_entries WHERE source = ? AND entry IS NOT NULL", (name,))

    def validators(self, source: str) -> dict[str, dict[str, str]]:
        """See `WatchStore`."""
        rows = self._all("SELECT url, headers FROM watch_validators WHERE source = ?", (source,))
        return {url: json.loads(headers) for url, headers in rows}

    def put_listed(
        self, source: str, listing: Listing, validators: Mapping[str, Mapping[str, str]]
    ) -> None:
        """See `WatchStore`. Of an address that several sources list, the first one counts.

        The stamp of what a broken listing had is unknown, "", until it is listed whole.
        """
        rows = [
            (address, source, "" if listing.broken else _stamp(entry), json.dumps(asdict(entry)))
            for entry in listing.entries
            if (address := canonical_url(entry.link))
        ]
        kept = {} if listing.broken else validators
        with self.transaction():
            self._many(_PUT_BROKEN if listing.broken else _PUT, rows)
            self._many(
                "INSERT OR REPLACE INTO watch_validators VALUES (?, ?, ?)",
                [(source, url, json.dumps(dict(headers))) for url, headers in kept.items()],
            )

    def pending(self, source: str, now: float, limit: int) -> tuple[Pending, ...]:
        """See `WatchStore`."""
        query = (
            "SELECT address, entry, tries FROM watch_entries "
            "WHERE source = ? AND entry IS NOT NULL AND due <= ? ORDER BY due, address LIMIT ?"
        )
        rows = self._all(query, (source, now, limit))
        return tuple(Pending(address, _entry(entry), tries) for address, entry, tries in rows)

    def next_due(self, source: str) -> float | None:
        """See `WatchStore`."""
        query = "SELECT min(due) FROM watch_entries WHERE source = ? AND entry IS NOT NULL"
        row = self._one(query, (source,))
        return row[0] if row else None

    def postpone(self, address: str, *, tries: int, due: float) -> None:
        """See `WatchStore`."""
        query = "UPDATE watch_entries SET tries = ?, due = ? WHERE address = ?"
        self._run(query, (tries, due, address))

    def settle(self, address: str, *, kept: bool, published: str) -> None:
        """See `WatchStore`. An article stays kept where a change of it cannot be had."""
        query = (
            "UPDATE watch_entries SET entry = NULL, kept = max(kept, ?), "
            "published = CASE WHEN ? THEN ? ELSE published END WHERE address = ?"
        )
        self._run(query, (kept, kept, published, address))

    def articles(self, source: str) -> tuple[int, str]:
        """See `WatchStore`."""
        query = "SELECT count(*), max(published) FROM watch_entries WHERE source = ? AND kept"
        count, newest = self._all(query, (source,))[0]
        return count, newest or ""


def _stamp(entry: Entry) -> str:
    """Return what changes with an entry: its own stamp where it has one, and its title."""
    return f"{entry.stamp}\n{entry.title}"


def _entry(written: str) -> Entry:
    held = json.loads(written)
    return Entry(**{**held, "published": tuple(held["published"])})
