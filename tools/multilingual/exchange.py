"""Questions of which a name, a number or a word is exchanged, so that they ask another thing."""

import random
import re

OPPOSITES = [
    ("first", "last"), ("largest", "smallest"), ("biggest", "smallest"), ("most", "least"),
    ("more", "less"), ("more", "fewer"), ("highest", "lowest"), ("higher", "lower"),
    ("before", "after"), ("north", "south"), ("northern", "southern"), ("east", "west"),
    ("eastern", "western"), ("increase", "decrease"), ("increased", "decreased"), ("won", "lost"),
    ("win", "lose"), ("old", "new"), ("oldest", "newest"), ("early", "late"), ("begin", "end"),
    ("began", "ended"), ("start", "stop"), ("started", "stopped"), ("founded", "dissolved"),
    ("born", "buried"), ("major", "minor"), ("longest", "shortest"), ("best", "worst"),
    ("good", "bad"), ("positive", "negative"), ("support", "oppose"), ("supported", "opposed"),
    ("allowed", "forbidden"), ("inside", "outside"), ("above", "below"), ("male", "female"),
    ("men", "women"), ("include", "exclude"), ("included", "excluded"), ("maximum", "minimum"),
    ("like", "dislike"), ("accepted", "rejected"), ("public", "private"), ("buy", "sell"),
    ("bought", "sold"), ("always", "never"), ("strong", "weak"), ("rich", "poor"),
    ("internal", "external"), ("domestic", "foreign"), ("joined", "left"), ("rise", "fall"),
]  # fmt: skip
_OPPOSITE = {word: other for pair in OPPOSITES for word, other in (pair, pair[::-1])}

_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]*[^\W_](?: [A-Z][\w’'-]*[^\W_])*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_WORD = re.compile(r"\b[a-z]+\b")
_VERB = re.compile(r"\b(is|are|was|were|did|does|do|can|has|have|could|would)\b(?! not)")

NEGATED = 0.05


def exchanged(question: str, context: str, chance: random.Random) -> str | None:
    """Return the question with a name, number or word exchanged, so that it asks another thing.

    A name or number comes from the context, a word is replaced by its opposite, and now and then
    the verb is negated. None where nothing can be exchanged.
    """
    verb = _VERB.search(question)
    if verb and chance.random() < NEGATED:
        return f"{question[: verb.end()]} not{question[verb.end() :]}"
    ways = [
        (found.span(), others)
        for pattern in (_NAME, _NUMBER)
        for found in pattern.finditer(question)
        if (others := _others(found[0], pattern, question, context))
    ]
    ways += [
        (found.span(), [_OPPOSITE[found[0]]])
        for found in _WORD.finditer(question)
        if found[0] in _OPPOSITE
    ]
    if not ways:
        return None
    (start, end), others = chance.choice(ways)
    return question[:start] + chance.choice(others) + question[end:]


def _others(name: str, pattern: re.Pattern[str], question: str, context: str) -> list[str]:
    """Return the context's other names, or numbers, that share no word with the question's."""
    words = set(name.lower().split())
    return [
        other
        for other in dict.fromkeys(pattern.findall(context))
        if not words & set(other.lower().split())
        and other.lower() not in question.lower()
        and name.lower() not in other.lower()
        and (pattern is _NAME or len(name) == len(other))
    ]
