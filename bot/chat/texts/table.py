"""The bot's texts in one language: the keys that every language has, and how they are filled in.

A text holds `{names}` of what is put into it with `str.format`. What depends on a number is a
`Plural`. Dates, numbers and plurals are CLDR's, from Babel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from rag.reasons import Reason, Remark, Value, Wording
from rag.types import Outcome, Topic

Plural = Mapping[str, str]
"""A text for each of the language's kinds of number, as CLDR names them: `one`, `few`, `other` …"""

READER = ("start", "help", "ask", "sources", "new", "stop", "language", "about")
GROUP = ("ask", "new", "stop", "sources", "help")
EDITOR = ("articles", "remove", "reindex", "stats", "invite")
"""The commands for one person, for a group, and for an editor besides."""

MINUTE, HOUR = 60, 3600
PATIENCE = 120
"""Seconds, and then minutes, from which on a time to wait is given in the next greater unit."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The texts of one language.

    `code` is the language's own two letters, `name` what it calls itself. `day_pattern` is CLDR's
    pattern of a date, `first_day_pattern` that of a month's first day where it differs. `commands`
    are the descriptions of all commands. `reasons` word the remarks of the library and the
    editors; each uses any of the values that the remark has.
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
    no_articles: str
    no_articles_editor: str

    # While it works
    searching: str
    reading: Plural
    writing: str
    queued: str
    too_many: str
    minute_limit: Plural
    day_limit: Plural
    press_limit: str
    seconds: str
    minutes: str
    hours: str
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

    # An answer
    topics: Mapping[Topic, str]
    undated: str
    untitled: str

    # Below an answer
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
    why_read: str
    why_changed: str
    why_gone: str

    # Lists
    and_more: Plural

    # For editors
    article_added: str
    article_changed: str
    article_unchanged: str
    article_skipped: str
    article_removed: str
    remove_what: str
    confirm_removal: str
    remove: str
    cannot_remove: str
    removed_already: str
    reindexing: str
    reindexed: str
    not_reindexed: str
    stats: str
    link_unread: str
    file_unread: str
    file_kinds: str
    file_too_large: str
    megabytes: str
    invite: str

    # Inline
    inline_none: str
    inline_ask: str
    inline_limit: str

    # Remarks and reasons
    reasons: Mapping[Wording, str | Plural]

    @cached_property
    def _locale(self) -> Locale:
        return Locale(self.code)

    def counted(self, forms: Plural, number: int, **more: str) -> str:
        """Return the form that goes with a number, the number in it as `{n}`."""
        form = forms.get(self._locale.plural_form(abs(number))) or forms["other"]
        return form.format(n=self.number(number), **more)

    def number(self, number: float, decimals: int = 0) -> str:
        """Return a number as the language writes it, with so many decimals."""
        pattern = "#,##0" + ("." + decimals * "0" if decimals else "")
        return format_decimal(number, pattern, locale=self._locale)

    def day(self, day: date | None) -> str:
        """Return a date as the language writes it, or that there is none."""
        if day is None:
            return self.undated
        pattern = (day.day == 1 and self.first_day_pattern) or self.day_pattern
        return format_date(day, pattern, locale=self._locale)

    def duration(self, seconds: float) -> str:
        """Return a time to wait, never shorter than it is."""
        whole = max(1, -int(-seconds // 1))
        if whole < PATIENCE:
            return self.seconds.format(n=whole)
        if whole < PATIENCE * MINUTE:
            return self.minutes.format(n=-(-whole // MINUTE))
        return self.hours.format(n=-(-whole // HOUR))

    def worded(self, remark: Remark) -> str:
        """Return a remark in the language."""
        if remark.kind is Reason.DAY:
            return self.day(date.fromisoformat(str(remark.values["day"])))
        values = {name: self._value(value) for name, value in remark.values.items()}
        template = self.reasons[remark.kind]
        if isinstance(template, str):
            return template.format_map(values)
        number = remark.values["n"]
        assert isinstance(number, int)
        del values["n"]
        return self.counted(template, number, **values)

    def sentence(self, remark: Remark) -> str:
        """Return a remark that is said by itself, as a sentence."""
        said = self.worded(remark)
        return f"{said[:1].upper()}{said[1:]}."

    def _value(self, value: Value) -> str:
        if isinstance(value, Remark):
            return self.worded(value)
        if isinstance(value, Topic):
            return self.topics[value]
        return self.number(value) if isinstance(value, int) else value

    def start(self, known: Remark, *, examples: bool) -> str:
        """Return what the bot knows and does, in three lines.

        `examples` is whether there are questions to try.
        """
        invitation = self.invitation_to_try if examples else self.invitation_to_ask
        return "\n".join((self.worded(known), self.promise, invitation))
