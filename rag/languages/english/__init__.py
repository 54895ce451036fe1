"""English: its tables, and the rules that know it better than the general ones."""

from collections.abc import Sequence

from rag.languages.english import (
    answers,
    disagreement,
    facts,
    followups,
    instructions,
    negation,
    questions,
    words,
)
from rag.languages.general import Language
from rag.languages.terms import terms


class English(Language):
    """English; what each rule is for is told by `Language`."""

    function_words = words.FUNCTION_WORDS
    telling_words = frozenset(words.TELLING_WORDS.split())

    wanted = staticmethod(questions.wanted)
    without_phrase = staticmethod(questions.without_phrase)
    places = staticmethod(questions.places)

    parts = staticmethod(followups.parts)
    says_little = staticmethod(followups.says_little)
    with_person = staticmethod(followups.with_person)
    counts_from_today = staticmethod(followups.counts_from_today)

    offers = staticmethod(answers.offers)
    fits = staticmethod(answers.fits)
    is_place = staticmethod(answers.is_place)

    missing = staticmethod(facts.missing)
    facts = staticmethod(facts.facts)
    denies = staticmethod(negation.denies)
    instructs = staticmethod(instructions.instructs)

    differ = staticmethod(disagreement.differ)
    quoted_differ = staticmethod(disagreement.quoted_differ)
    answers_differ = staticmethod(disagreement.answers_differ)
    replaced = staticmethod(disagreement.replaced)
    supersedes = staticmethod(disagreement.supersedes)

    def points_back(self, question: str) -> bool:
        """See `Language`."""
        return super().points_back(followups.without_empty_it(question))

    def is_common(self, word: str) -> bool:
        """See `Language`."""
        return word.casefold() in words.common_words()

    def forms_of(self, word: str) -> Sequence[str]:
        """See `Language`."""
        own = terms(word)
        start = own[0][:3] if len(own) == 1 else "?"
        kin = (known for known in words.common_words() if known.startswith(start))
        return sorted(known for known in kin if terms(known) == own)
