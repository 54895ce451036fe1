"""Watched sources and the entries that they listed, beside the catalog's tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from rag.index.tables import Place, Tables, values_of
from rag.pages.entries import Entry, Listing
from rag.pages.extract import canonical_url
from rag.reasons import Remark, as_json, of_json

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
    # An error was a line in English; it is found again by the next try.
    """
UPDATE watch_sources SET error = '';
""",
)


_INSERT = "INSERT INTO watch_entries VALUES (?, ?, ?, ?, 0, 0, 0, '') ON CONFLICT (address) "
_PUT_BROKEN = f"{_INSERT} DO NOTHING"
_PUT = f"""{_INSERT} DO UPDATE SET
    entry = CASE watch_entries.stamp WHEN '' THEN watch_entries.entry ELSE excluded.entry END,
    tries = CASE watch_entries.stamp WHEN '' THEN watch_entries.tries ELSE 0 END,
    due = CASE watch_entries.stamp WHEN '' THEN watch_entries.due ELSE 0 END,
    stamp = excluded.stamp
WHERE watch_entries.source = excluded.source AND watch_entries.stamp <> excluded.stamp"""
_PUT_VALIDATORS = """INSERT INTO watch_validators VALUES (?, ?, ?)
ON CONFLICT (source, url) DO UPDATE SET headers = excluded.headers"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A watched source. Times are seconds since 1970.

    `due` is when it is looked at next, None if never again; `failures` counts those in a row, and
    `error` tells of the last one. `newest` is the last date of its articles, "" if unknown.
    """

    name: str
    succeeded: float | None = None
    due: float | None = 0.0
    failures: int = 0
    error: Remark | None = None
    articles: int = 0
    newest: str = ""


_STATE = tuple(field.name for field in fields(SourceState))


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry whose page is still to be had, after so many tries."""

    address: str
    entry: Entry
    tries: int


class WatchTables(Tables):
    """The tables of sources and entries, by the canonical address of the page."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, MIGRATIONS, name="watch")

    def states(self) -> dict[str, SourceState]:
        """Return what is known of each source, by name."""
        rows = self._all(f"SELECT {', '.join(_STATE)} FROM watch_sources")  # noqa: S608
        return {row[0]: _state(dict(zip(_STATE, row, strict=True))) for row in rows}

    def put_state(self, state: SourceState) -> None:
        """Keep what is known of a source."""
        error = json.dumps(state.error, default=as_json) if state.error else ""
        known = {name: getattr(state, name) for name in _STATE} | {"error": error}
        with self.transaction():
            self._run("DELETE FROM watch_sources WHERE name = ?", (state.name,))
            self._run(
                f"INSERT INTO watch_sources ({', '.join(known)}) VALUES ({values_of(len(known))})",  # noqa: S608
                tuple(known.values()),
            )

    def forget(self, name: str) -> None:
        """Forget a source; what it listed and is settled stays known."""
        with self.transaction():
            self._run("DELETE FROM watch_sources WHERE name = ?", (name,))
            self._run("DELETE FROM watch_validators WHERE source = ?", (name,))
            self._run("DELETE FROM watch_entries WHERE source = ? AND entry IS NOT NULL", (name,))

    def validators(self, source: str) -> dict[str, dict[str, str]]:
        """Return the headers, by address, that ask whether a listing has changed."""
        rows = self._all("SELECT url, headers FROM watch_validators WHERE source = ?", (source,))
        return {url: json.loads(headers) for url, headers in rows}

    def put_listed(
        self, source: str, listing: Listing, validators: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Keep as pending what a source lists anew, or changed; and its validators.

        Of a broken listing only what is new is kept: what differs may have been cut off, and its
        stamp is unknown, "", until it is listed whole. Of an address that several sources list, the
        first one counts.
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
                _PUT_VALIDATORS,
                [(source, url, json.dumps(dict(headers))) for url, headers in kept.items()],
            )

    def pending(self, source: str, now: float, limit: int) -> tuple[Pending, ...]:
        """Return the first entries of a source that are due."""
        query = (
            "SELECT address, entry, tries FROM watch_entries "
            "WHERE source = ? AND entry IS NOT NULL AND due <= ? ORDER BY due, address LIMIT ?"
        )
        rows = self._all(query, (source, now, limit))
        return tuple(Pending(address, _entry(entry), tries) for address, entry, tries in rows)

    def next_due(self, source: str) -> float | None:
        """Return when the first pending entry of a source is due, None without one."""
        query = "SELECT min(due) FROM watch_entries WHERE source = ? AND entry IS NOT NULL"
        row = self._one(query, (source,))
        return row[0] if row else None

    def postpone(self, address: str, *, tries: int, due: float) -> None:
        """Keep an entry pending until later."""
        query = "UPDATE watch_entries SET tries = ?, due = ? WHERE address = ?"
        self._run(query, (tries, due, address))

    def settle(self, address: str, *, kept: bool, published: str) -> None:
        """Record that an entry's article is kept, or that there is none.

        An article stays kept where a change of it cannot be had.
        """
        with self.transaction():
            self._run("UPDATE watch_entries SET entry = NULL WHERE address = ?", (address,))
            if kept:
                query = "UPDATE watch_entries SET kept = 1, published = ? WHERE address = ?"
                self._run(query, (published, address))

    def articles(self, source: str) -> tuple[int, str]:
        """Return the number of a source's articles, and the last of their dates, "" without any."""
        query = "SELECT count(*), max(published) FROM watch_entries WHERE source = ? AND kept = 1"
        count, newest = self._all(query, (source,))[0]
        return count, newest or ""


def _state(known: dict[str, Any]) -> SourceState:
    error = of_json(json.loads(known["error"])) if known["error"] else None
    return SourceState(**{**known, "error": error})


def _stamp(entry: Entry) -> str:
    """Return what changes with an entry: its own stamp where it has one, and its title."""
    return f"{entry.stamp}\n{entry.title}"


def _entry(written: str) -> Entry:
    held = json.loads(written)
    return Entry(**{**held, "published": tuple(held["published"])})
