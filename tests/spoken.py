"""The bot's texts in each language."""

from bot.corpus.editors import Rejection
from bot.texts import LANGUAGES as CODES
from bot.texts import texts
from rag.reasons import Reason

LANGUAGES = {code: texts(code) for code in CODES}
ENGLISH, FRENCH, SPANISH, PORTUGUESE, ARABIC, RUSSIAN = LANGUAGES.values()
REASONS = {kind.name.lower(): kind for kind in (*Reason, *Rejection)}


def reasons(spoken):
    """How a language words each kind of remark, English by the kind's own line where it may."""
    own = {name: kind.value for name, kind in REASONS.items()} if spoken is ENGLISH else {}
    forms = {
        name: value if isinstance(value, str) else dict(zip(("one", "other"), value, strict=True))
        for name, value in own.items()
    }
    return forms | spoken.reasons
