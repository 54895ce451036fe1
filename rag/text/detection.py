"""Language detection: py3langid's naive Bayes over byte n-grams, only where it is sure.

On XQuAD's 1,190 questions in English, Spanish and Russian each, none of the Spanish and Russian
ones is taken for English, and 2 of the English ones for another language, one of them rightly.
"""

import threading
from collections.abc import Collection
from functools import cache
from typing import Any

LIKELY, UNLIKELY = 0.4, 0.001
"""A language is told where it is at least so probable, or the expected ones at most so much."""

TIMES = 10.0
"""How many times more probable a language is than those expected, where it is told."""

NEARLY = 5.0
"""How many times more probable another language may be than one of which Griot has words, where
that one is told: a few words are seldom surely Russian and not Bulgarian."""

WORDED = frozenset("ar de en es fr it pt ru".split())
"""The codes of the languages of which Griot has words."""

LANGUAGES = (
    "ar bg bn ca cs da de el en es fa fi fr he hi hu id it ja ko lt nl no pl pt ro ru sk sr sv sw"
    " th tr uk ur vi zh"
).split()
"""The codes (ISO 639-1) of the languages that are told apart."""


def language_of(text: str, among: Collection[str] = LANGUAGES) -> str:
    """Return the code of a text's likeliest language, of those that may be."""
    return max(among, key=_chances(text).__getitem__)


def other_than(expected: Collection[str], text: str) -> str | None:
    """Return the code of a text's language where it is surely none of those expected, else None.

    Names alone, of which a short question may consist, are of no language.
    """
    chances = _chances(text)
    likeliest = max(chances, key=chances.__getitem__)
    known = max((chances[code] for code in expected), default=1.0)
    sure = chances[likeliest] >= LIKELY or known <= UNLIKELY
    if not sure or chances[likeliest] < TIMES * known:
        return None
    worded = max(WORDED, key=chances.__getitem__)
    return worded if NEARLY * chances[worded] >= chances[likeliest] else likeliest


def name_of(code: str) -> str:
    """Return a language's English name."""
    from babel import Locale

    return Locale.parse(code).english_name or code


def _chances(text: str) -> dict[str, float]:
    """Return the probability of each language."""
    with _loading:
        identifier = _identifier()
    return dict(identifier.rank(text))


@cache
def _identifier() -> Any:  # noqa: ANN401 - py3langid has no types
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    maker: Any = LanguageIdentifier
    every = maker.from_model_file(MODEL_FILE)
    every.set_languages(LANGUAGES)
    # Another one of its parts, as that one keeps the chances of all languages: 28 MB.
    return maker(
        every.nb_ptc,
        every.nb_pc,
        every.nb_classes,
        every.tk_nextmove,
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )


_loading = threading.Lock()
