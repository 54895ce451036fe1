"""Detect questions and instructions in English; they are not evidence. Pure.

A sentence of an article that is meant for whoever reads it out, a chat model above all, is no
evidence, and a sentence that does the same is no claim.
"""

import re

from rag.languages.general import asks

_ORDERS = re.compile(
    r"\byour\s+(?:answer|response|reply|message|output|summary)s?\b"
    r"|\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?|rules?)\b"
    r"|^\W*(?:system|assistant|user|instructions?)\s*:"
    r"|^\W*you\s+(?:must|should|have to|are now)\b"
    r"|^\W*(?:please\s+)?(?:explain|describe|write|draft|compose|develop|provide|translate|rewrite|"
    r"summari[sz]e|list|tell|show|print|repeat|output|reveal|replace|substitute|break down|add|"
    r"include|insert|click|download|install|visit|subscribe)\s",
    re.IGNORECASE,
)


def instructs(sentence: str) -> bool:
    """Return whether a sentence asks something, orders a text, or speaks of the answer to come."""
    return asks(sentence) or _ORDERS.search(sentence) is not None
