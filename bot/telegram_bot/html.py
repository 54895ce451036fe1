"""Runs of text as Telegram's HTML, and what Telegram takes in one message; pure."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from bot.chat.post import Limits, Markup, Run, cleaned

LIMITS = Limits(length=4096, marked=90, alert=200, file=20_000_000)
"""Of 100 entities, Telegram finds some by itself, such as addresses and hashtags."""

_TAGS = {
    Markup.BOLD: ("<b>", "</b>"),
    Markup.ITALIC: ("<i>", "</i>"),
    Markup.CODE: ("<code>", "</code>"),
}


def html(runs: Iterable[Run]) -> str:
    """Return the runs as Telegram's HTML, their text escaped and without control characters."""
    blocks = groupby(cleaned(runs), key=lambda run: run.folded)
    return "".join(_block("".join(map(_tagged, block)), folded=folded) for folded, block in blocks)


def _block(text: str, *, folded: bool) -> str:
    return f"<blockquote expandable>{text}</blockquote>" if folded and text.strip() else text


def _tagged(run: Run) -> str:
    text = escape(run.text, quote=False)
    if not run.is_marked:
        return text
    if run.markup is Markup.LINK:
        return f'<a href="{escape(run.href)}">{text}</a>'
    before, after = _TAGS[run.markup]
    return f"{before}{text}{after}"
