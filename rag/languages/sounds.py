"""Names as they sound, whatever the alphabet and the spelling: "Қурбонзода", "Kurbonzoda"; pure."""

import re

_SOUNDS = tuple(
    (re.compile(written), sound)
    for written, sound in (
        ("ph", "f"),
        ("c(?=[eiy])", "s"),
        ("ck|q|c(?!h)", "k"),
        ("w", "v"),
        ("ou", "u"),
        ("[yj]", "i"),
        (r"(.)\1+", r"\1"),
    )
)


def latin(word: str) -> str:
    """Return a word in Latin letters without accents."""
    from anyascii import anyascii

    return word if word.isascii() else anyascii(word)


def sound(word: str) -> str:
    """Return what is written for words in small Latin letters that sound alike, or nearly so."""
    for written, heard in _SOUNDS:
        word = written.sub(heard, word)
    return word
