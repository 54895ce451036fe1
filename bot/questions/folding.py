"""How texts are compared: without regard to case, accents, typography and the width of spaces."""

import re
import unicodedata

_TYPOGRAPHY = str.maketrans("’‘‛“”„«»‐‑‒–—", '\'\'\'"""""-----')


def fold(text: str) -> str:
    """Give a text as it is compared."""
    parts = unicodedata.normalize("NFKD", text).casefold().translate(_TYPOGRAPHY)
    return " ".join("".join(part for part in parts if not unicodedata.combining(part)).split())


def stands_in(wanted: str, folded: str) -> bool:
    """Say whether a text stands in another, folded one, as whole words: "5" is not in "2025"."""
    words = fold(wanted)
    before = r"(?<!\w)" if words[:1].isalnum() else ""
    after = r"(?!\w)" if words[-1:].isalnum() else ""
    return re.search(f"{before}{re.escape(words)}{after}", folded) is not None
