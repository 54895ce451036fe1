"""How a question goes on from the one before, in the languages of which it is known; pure.

Each entry has regular expressions: the words that only tie a question to the one before ("et",
"qu'en est-il de"), the words that ask, and those that point to what was named before.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from rag.languages.english.words import AUXILIARIES, PRONOUNS, QUESTION_WORDS, WEEKDAYS

_OF_TIME = "morning|afternoon|evening|day|night|week|weekend|month|year|season|time"


class Following(NamedTuple):
    """A language's words of going on, of asking, and of pointing back.

    `joins` is an "and" between two questions, before a word that asks.
    """

    ties: re.Pattern[str]
    asks: re.Pattern[str]
    points: re.Pattern[str]
    joins: re.Pattern[str]


def _following(ties: str, asks: str, points: str, *, joins: str) -> Following:
    return Following(
        re.compile(rf"^[\s¿]*(?:(?:{ties})[\s,]*)+[¿]?", re.IGNORECASE),
        re.compile(rf"\b(?:{asks})(?!\w)", re.IGNORECASE),
        re.compile(rf"\b(?:{points})(?!\w)", re.IGNORECASE),
        re.compile(rf",?\s+(?:{joins})(?=(?:{asks})(?!\w))", re.IGNORECASE),
    )


FOLLOWING: Mapping[str, Following] = {
    "en": _following(
        r"(?:and|or|but|also|so|then)\b|(?:what|how) about\b|what of\b",
        f"{QUESTION_WORDS}|{AUXILIARIES}",
        rf"{PRONOUNS}|these|those|(?:there|that|this)(?=\W*$)"
        r"|(?:that|this|the(?: \w+)?) ones?(?! (?:who|which|that|with)\b)"
        rf"|(?:{AUXILIARIES}|about|at|by|for|from|in|of|to|with)\s(?:that|this)"
        rf"(?=\s\w)(?! (?:of|{'|'.join(WEEKDAYS)}|{_OF_TIME})\b)",
        joins=r"and\s+",
    ),
    "fr": _following(
        r"(?:et|mais|ou|alors)\b|(?:qu['’]en est-il|quid) (?:de\b|du\b|des\b|d['’])",
        r"qui|que|quoi|quel(?:le)?s?|lequel|laquelle|lesquels|lesquelles|quand|où|comment|pourquoi"
        r"|combien|est-ce|qu['’]\w+|\w+-(?:t-)?(?:il|elle|on|ils|elles)",
        r"(?<!y a-t-)(?<!faut-)(?<!agit-)il(?! (?:y a|faut|s['’]agit|passé|produit))|elles?"
        r"|ils|lui|leurs?|eux|celui-ci|celle-ci|ceux-ci|là-bas|y(?! a)|cela|ça|ses"
        r"|(?<=[a-zé] )son|(?<=[a-zé] )sa",
        joins=r"et\s+",
    ),
    "es": _following(
        r"(?:y|e|pero|o)\b|qué (?:hay|pasa) (?:de\b|del\b|con\b)|qué tal\b",
        r"quién(?:es)?|qué|cuál(?:es)?|cuándo|dónde|cómo|cuánt[oa]s?|por qué",
        r"él|ell[oa]s?|sus?|allí|allá|eso|esto|aquell[oa]s?",
        joins=r"y\s+",
    ),
    "pt": _following(
        r"e quanto (?:a|à|ao|às|aos)\b|(?:e|mas|ou)\b",
        r"quem|que|qual|quais|quando|onde|como|porqu[eê]|quant[oa]s?",
        r"el[ea]s?|dele|dela|deles|delas|seus?|suas?|lá|ali|isso|aquilo",
        joins=r"e\s+",
    ),
    "de": _following(
        r"(?:und|aber|oder)\b|was ist mit\b|wie (?:ist|steht) es mit\b",
        r"wer|wen|wem|wessen|was|welche[rmns]?|wann|wo|woher|wohin|wie|warum|wieso|weshalb"
        r"|wieviele?",
        r"er|ihn|ihm|ihnen|ihre?[rmns]?|seine?[rmns]?|sie|dort|dorthin|davon|damit|darüber",
        joins=r"und\s+",
    ),
    "it": _following(
        r"(?:e|ma|o)\b|che (?:ne è|mi dici) (?:di\b|del\w*\b)",
        r"chi|che|cosa|quale|quali|quando|dove|come|perché|quant[oaie]",
        r"lui|lei|loro|gli|suo[ia]?|sua|suoi|sue|là|lì|ciò",
        joins=r"e\s+",
    ),
    "ru": _following(
        r"(?:а|и|но|или)\b|как насчёт\b|как насчет\b|что насчёт\b|что насчет\b",
        r"кто|кого|кому|кем|ком|что|чего|чему|чем|как(?:ой|ая|ое|ие|ого|ому|им|их|ую|ими)|когда"
        r"|где|куда|откуда|почему|зачем|как|сколько|ч(?:ей|ья|ьё|ьи)",
        r"он|она|оно|они|его|её|ее|их|ему|ей|им|ими|н(?:его|её|ее|ему|ей|им|их|ими)|там|туда"
        r"|оттуда|это|этого|этом",
        joins=r"(?:и|а)\s+",
    ),
    "ar": _following(
        r"(?:ماذا عن|ولكن)\b"
        r"|و(?!زي?ر|زار|كال|كيل|فد|فاة|قت|ضع|قف|ل[دا]|حد|سط|ث|اح|باء|صو|ظي|رق|جه|اق)(?=\w{2})",
        r"من(?= (?:هو|هي|هم|ي(?!ول|ون|نا)))|ما|ماذا|متى|أين|كيف|لماذا|كم|هل|أي|أية",
        r"هو|هي|هم|هناك|ذلك|تلك|له|لها|لهم|به|بها|فيه|فيها|عنه|عنها",
        joins=r"و",
    ),
}

NOUNS: Mapping[str, re.Pattern[str]] = {
    "de": re.compile(
        r"\b(?:d(?:er|ie|as|en|em|es)|(?:ein|kein|mein|dein|sein|ihr|unser|dies|welch)(?:e[nmrs]?)?"
        r"|im|am|zum|zur|beim|vom|ins|ans|(?:viel|wenig|einig|all)e[nr]?|mehr)\s+"
        r"(?:[a-zäöüß]+\s+)*[A-ZÄÖÜ][\w-]+"
    )
}
"""The common nouns, with what tells them, of a language that writes them like names."""
