"""The bot's texts: a YAML file for each language, whose keys are the fields of `Texts`.

A text holds `{names}` of what is put into it with `str.format`. What depends on a number has a text
for each of the language's kinds of number, as CLDR names them: `one`, `few`, `other`. Dates,
numbers, units and plurals are CLDR's, from Babel. A line under `reasons` words a `Wording` of that
name; English needs none where the wording's own line does for a chat.

A new language is a file like `fr.yaml` and its code in `LANGUAGES`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from bot.console import printable
from rag.languages import told
from rag.reasons import Reason, Remark, Value
from rag.text.detection import other_than
from rag.types import Outcome, Topic

LANGUAGES = ("en", "fr", "es", "pt", "ar", "ru")
"""The languages' codes, in the order in which they are offered."""

Counted = str | Mapping[str, str]
"""A text with the number `{n}`, or one for each of the language's kinds of number."""

READER = (
    *("start", "help", "ask", "all", "sources", "watch", "digest", "new", "stop", "language"),
    "about",
)
GROUP = ("ask", "all", "new", "stop", "sources", "help")
EDITOR = ("articles", "remove", "follow", "unfollow", "reindex", "stats", "invite")
"""The commands for one person, for a group, and for an editor besides."""

OPEN, CLOSE = "\u2068", "\u2069"
"""Unicode's first strong isolate and its end: what stands between is laid out by itself."""

LTR, RTL = "\u200e", "\u200f"
"""Marks that a line begins with to be laid out in their direction."""

_YEAR, _MONTH = re.compile(r"(?: '[^']*')? y$"), re.compile(r"(?: '[^']*')? MMMM$")
"""The last part of a date's pattern, with the word before it."""

MINUTE, HOUR = 60, 3600
PATIENCE = 120
"""Seconds, and then minutes, from which on a time to wait is given in the next greater unit."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Texts:
    """The texts of one language.

    `code` is the language's own two letters, `name` what it calls itself. `day_pattern` is CLDR's
    pattern of a date, `first_day_pattern` that of a month's first day where it differs. `commands`
    are the descriptions of all commands. `reasons` word the remarks of the library and the
    editors, by the names of their kinds; each uses any of the values that the remark has.
    """

    code: str
    name: str
    day_pattern: str
    first_day_pattern: str = ""

    # How it begins
    promise: str
    invitation_to_ask: str
    invitation_to_try: str
    example: str
    help: str
    help_editor: str
    about: str
    ids: str
    commands: Mapping[str, str]
    choose_language: str
    language_chosen: str
    no_articles_editor: str

    # While it works
    searching: str
    reading: Counted
    writing: str
    queued: str
    too_many: str
    minute_limit: Counted
    day_limit: Counted
    press_limit: str
    seconds: Counted
    minutes: Counted
    hours: Counted
    stopped: str
    nothing_to_stop: str
    new_conversation: str

    # What cannot be answered
    ask_what: str
    too_long: str
    not_text: str
    not_a_question: str
    link_alone: str
    trouble: str

    # Who may ask
    stranger: str
    invited: str
    invitation_used: str
    invitation_unknown: str
    editors_only: str

    # In groups, whether or not their messages are all seen
    mentions_seen: str
    mentions_hidden: str

    # An answer
    topics: Mapping[Topic, str]

    # Below an answer
    all_dates: str
    why: str
    back: str
    more: str
    open: str
    glimpse: str
    changed: str
    gone: str
    not_kept: str
    rated_good: str
    rated_bad: str
    not_yours: str
    uncertain: str
    send_again: str
    sent_again: str

    # How an answer came about
    why_head: str
    why_asked: str
    why_searched: str
    why_outcome: str
    outcomes: Mapping[Outcome, str]
    why_model: str
    why_reader: str
    why_took: str
    why_left_out: str
    why_read: str
    why_changed: str
    why_gone: str

    # Lists
    and_more: Counted

    # For editors
    article_added: str
    article_changed: str
    article_unchanged: str
    article_skipped: str
    article_noted: str
    article_removed: str
    remove_what: str
    confirm_removal: str
    remove: str
    cannot_remove: str
    removed_already: str
    followed: str
    followed_already: str
    not_followed: str
    not_watching: str
    unfollowed: str
    no_such_source: str
    follow_how: str
    stop_following: str
    corpus_folder: str
    source_articles: Counted
    source_newest: str
    source_unread: str
    source_read: str
    source_next: str
    source_gone: str
    reindexing: str
    reindexed: str
    not_reindexed: str
    stats: str
    link_unread: str
    file_unread: str
    file_kinds: str
    file_too_large: str
    megabytes: Counted
    invite: str

    # Standing questions and digests
    watching: str
    watch_limit: str
    watch_how: str
    watch_none: str
    watch_list: str
    watch_elsewhere: str
    end_watch: str
    end_listed: str
    watch_ended: str
    digest_on: str
    digest_off: str
    digest_how: str
    digest_unknown: str
    digest_head: Counted
    digest_more: Counted
    end_digest: str

    # Inline
    inline_ask: str
    inline_limit: str

    # Remarks and reasons
    reasons: Mapping[str, Counted]

    @cached_property
    def _locale(self) -> Locale:
        return Locale(self.code)

    @property
    def is_rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self._locale.text_direction == "rtl"

    def counted(self, forms: Counted, number: int, **more: str) -> str:
        """Return the form that goes with a number, the number in it as `{n}`."""
        if not isinstance(forms, str):
            forms = forms.get(self._locale.plural_form(abs(number))) or forms["other"]
        return forms.format(n=self.number(number), **more)

    def number(self, number: float, decimals: int = 0) -> str:
        """Return a number as the language writes it, with so many decimals."""
        pattern = "#,##0" + ("." + decimals * "0" if decimals else "")
        return format_decimal(number, pattern, locale=self._locale)

    def day(self, day: date | None) -> str:
        """Return a date as the language writes it, or that there is none."""
        if day is None:
            return self.worded(Reason.UNDATED())
        return format_date(day, self._pattern(day), locale=self._locale)

    def first_day(self, first: date, last: date) -> str:
        """Return the first day of a period, without the year and the month that the last repeats.

        So "1" before "30 June 2024", and "4 March" before "2 May 2024".
        """
        pattern = self._pattern(first)
        if first.year == last.year:
            pattern = _YEAR.sub("", pattern)
        if (first.year, first.month) == (last.year, last.month):
            pattern = _MONTH.sub("", pattern)
        return format_date(first, pattern, locale=self._locale)

    def _pattern(self, day: date) -> str:
        return (day.day == 1 and self.first_day_pattern) or self.day_pattern

    def duration(self, seconds: float) -> str:
        """Return a time to wait, never shorter than it is."""
        whole = max(1, -int(-seconds // 1))
        if whole < PATIENCE:
            return self.counted(self.seconds, whole)
        if whole < PATIENCE * MINUTE:
            return self.counted(self.minutes, -(-whole // MINUTE))
        return self.counted(self.hours, -(-whole // HOUR))

    def isolated(self, text: str) -> str:
        """Return a text of somebody else's, isolated if it has letters of the other direction."""
        text = printable(text)
        others = {"L"} if self.is_rtl else {"R", "AL"}
        runs_on = others.isdisjoint(map(bidirectional, text))
        return text if runs_on else f"{OPEN}{text}{CLOSE}"

    def directed(self, line: str) -> str:
        """Return the mark that a line of this language begins with, if a part of it is isolated."""
        return "" if OPEN not in line else RTL if self.is_rtl else LTR

    def worded(self, remark: Remark) -> str:
        """Return a remark in the language."""
        if remark.kind is Reason.DAY:
            return self.day(_day(remark))
        values = {name: self._value(value) for name, value in remark.values.items()}
        match remark.values:
            case {"first": Remark() as first, "last": Remark() as last}:
                values["first"] = self.first_day(_day(first), _day(last))
        forms = self.reasons.get(remark.kind.name.lower(), remark.kind.value)
        if isinstance(forms, tuple):
            forms = dict(zip(("one", "other"), forms, strict=True))
        if isinstance(forms, str):
            return forms.format_map(values)
        number = remark.values["n"]
        assert isinstance(number, int)
        del values["n"]
        return self.counted(forms, number, **values)

    def sentence(self, remark: Remark) -> str:
        """Return a remark that is said by itself, as a sentence."""
        said = self.worded(remark)
        return f"{said[:1].upper()}{said[1:]}."

    def _value(self, value: Value) -> str:
        if isinstance(value, Remark):
            return self.worded(value)
        if isinstance(value, Topic):
            return self.topics[value]
        return self.number(value) if isinstance(value, int) else self.isolated(value)

    def start(self, known: Remark, *, examples: bool) -> str:
        """Return what the bot knows and does, in three lines.

        `examples` is whether there are questions to try.
        """
        invitation = self.invitation_to_try if examples else self.invitation_to_ask
        return "\n".join((self.worded(known), self.promise, invitation))

    def how_to(self, *, edit: bool) -> str:
        """Return how to ask, or how to edit, and the commands for it."""
        said, names = (self.help_editor, EDITOR) if edit else (self.help, READER[2:])
        return "\n".join((said, "", *(f"/{name} – {self.commands[name]}" for name in names)))


def _day(remark: Remark) -> date:
    return date.fromisoformat(str(remark.values["day"]))


def texts(code: str | None) -> Texts:
    """Return the texts for a language's code, such as `fr` or `fr-CA`; English for any other."""
    own = (code or "").lower().replace("_", "-").partition("-")[0]
    return _read(own if own in LANGUAGES else LANGUAGES[0])


def for_question(question: str, code: str | None) -> Texts:
    """Return the texts for a question's language where that is sure, else for a person's code."""
    words = texts(code)
    known = told(question)
    asked = known.code if known else other_than([words.code], question)
    return texts(asked) if asked in LANGUAGES else words


@cache
def _read(code: str) -> Texts:
    """Read a language's file."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    file = Path(__file__).with_name(f"{code}.yaml")
    read: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - both are safe
    for name, kinds in (("topics", Topic), ("outcomes", Outcome)):
        read[name] = {kinds[key.upper()]: text for key, text in read[name].items()}
    return Texts(code=code, **read)
