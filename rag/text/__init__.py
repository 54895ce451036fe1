"""Text: its language, sentences, passages and comparable words."""

import unicodedata

UNSEEN = frozenset({"Cc", "Cs"})
"""Control characters and lone surrogates, as unicodedata names them."""

REPEATED = 3
"""How often one letter is written, at least, where nothing else is, so that it asks nothing."""

_BIDI = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def readable(text: str) -> str:
    """Replace each lone surrogate, which UTF-8 cannot hold, by a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def escaped(text: str) -> str:
    """Escape each lone surrogate, as in a file name that is not UTF-8; what differs still does."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def neutral(text: str) -> str:
    """Remove what would act on a screen or on a parser: control and bidirectional characters."""
    return "".join(
        character
        for character in text
        if character in "\n\t"
        or (character not in _BIDI and unicodedata.category(character) not in UNSEEN)
    )


def asks_nothing(text: str) -> bool:
    """Return whether a text has neither letter nor digit, or one letter again and again: "xxxx"."""
    written = [character for character in text.casefold() if character.isalnum()]
    repeated = len(written) >= REPEATED and len({*written}) == 1
    return not written or (repeated and written[0].isalpha())
