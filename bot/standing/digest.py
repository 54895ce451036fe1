"""When daily digests are due, and the hours and time zones that people write; pure."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

HOURS = 24

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_MOST_OFFSET = timedelta(hours=14)


def zone_of(name: str) -> tzinfo | None:
    """Return the time zone of a name: of a place ("Africa/Bamako"), or "+2"; None for any other."""
    if name.upper() in {"UTC", "GMT"}:
        return UTC
    if found := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        sign = -1 if found[1] == "-" else 1
        return timezone(sign * offset) if offset <= _MOST_OFFSET else None
    places = {each.casefold(): each for each in available_timezones()}
    place = places.get(name.casefold())
    return ZoneInfo(place) if place else None


def name_of(zone: tzinfo) -> str:
    """Return the name of a time zone, by which `zone_of` finds it again."""
    return zone.key if isinstance(zone, ZoneInfo) else zone.tzname(None) or ""


def hour_of(text: str) -> int | None:
    """Return an hour that is written as "8", "08" or "8:00"; None for anything else."""
    found = re.fullmatch(r"(\d{1,2})(?::00)?", text)
    return int(found[1]) if found and int(found[1]) < HOURS else None


def next_due(now: float, hour: int, zone: tzinfo) -> float:
    """Return when it is that hour there next, in seconds since 1970.

    An hour that a change of the clocks leaves out comes as much later on that day.
    """
    there = datetime.fromtimestamp(now, zone)
    due = there.replace(hour=hour, minute=0, second=0, microsecond=0)
    while due.timestamp() <= now:
        due = (due + timedelta(days=1)).replace(hour=hour)
    return due.timestamp()
