"""Whether a named person holds the office that an English question asks for; pure.

"Sadio Camara, Mali's defence minister" holds another office than "Mali's foreign minister", with
the same head noun. No list of offices is needed: the head noun is the question's own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from rag.languages.english.names import is_proper
from rag.languages.english.words import countries
from rag.languages.terms import term_set, terms
from rag.types import Office, Question, Span

_BE = (
    r"(?:is|was|are|were|became|becomes|will be|has been|had been|serve[ds] as)"
    r"(?:\s(?:elected|appointed|named|made|chosen)(?:\sas)?)?"
)
_ASKS = re.compile(
    r"^(?:(?!\(|\b(?:who|whom|whose|what|which|when|where|why|how)\b).)*?"
    rf"(?:\bwho(?:[’']s|\s{_BE})|\bwhat(?:[’']s|\s{_BE}) the name of)"
    r"\s(?P<office>[^?;(]+)",
    re.IGNORECASE | re.DOTALL,
)

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+(?:[’'](?:s\b)?)?|[^\w\s]")
_DETERMINERS = frozenset("the a an its his her their our this that".split())
_BELONGING = frozenset("of for in at".split())
_STOPS = frozenset(
    "of for in at to on by from with without when who whom which that during before after under "
    "since as until and or but while where against over between among through said says is was are "
    "were has had have met told".split()
)
_LESSER = frozenset(terms("deputy vice assistant shadow honorary"))
_PAST = frozenset(terms("former ex onetime erstwhile late"))
_CONTINENTS = frozenset(terms("Africa Asia Europe"))
# What is said of somebody in an office is no kind of office: the renowned, the long-serving one.
_EPITHETS = frozenset(
    terms(
        "current currently present new newly now then still old young longtime long time incumbent "
        "acting transitional interim outgoing incoming today official only own very elected named "
        "appointed veteran legendary famous prominent popular controversial influential great top "
        "senior leading"
    )
)
_EPITHET = re.compile(r"(?:ed|ing|ous|ful|ly)$", re.IGNORECASE)
_CAPITALISED = re.compile(r"[^\W\d_a-z][\w.’'-]*(?:\s[^\W\d_a-z][\w.’'-]*)*")
_APPOSED = re.compile(rf"\s*(?:,|\(|–|—|,?\s+(?:who\s+)?{_BE}\s|\s+as\s)\s*(?P<office>[^,;:()–—]+)")
_SET_OFF = re.compile(r"[,;.)]|$")
_NEXT = re.compile(r",|\s(?:and|or|who)\s")
_POSSESSIVE = re.compile(r"[’']s?$")
_ONE_OF_MANY = re.compile(r"\s*an?\s", re.IGNORECASE)


def asked_office(question: str) -> Office | None:
    """Return the office whose holder a question asks for, None if it asks for no holder."""
    found = _ASKS.match(question)
    return office(found["office"]) if found else None


def office(phrase: str) -> Office | None:
    """Parse a noun phrase as an office; None if it has no head noun."""
    words: list[str] = _WORD.findall(phrase)
    end = next((at for at, word in enumerate(words) if _ends(word)), len(words))
    own = _modifiers(words[:end])
    if not own or _POSSESSIVE.search(own[-1]):
        return None
    belongs = words[end : end + 1] and words[end].lower() in _BELONGING
    article = any(word.lower() in _DETERMINERS for word in words[:end])
    return _office(own[-1], own[:-1], _owner(words[end + 1 :]) if belongs else [], article=article)


def _ends(word: str) -> bool:
    return word.lower() in _STOPS or not (word[0].isalnum() or word == "-")


def _modifiers(words: Sequence[str]) -> list[str]:
    """Return the words after the last article, without numbers."""
    articles = [at for at, word in enumerate(words) if word.lower() in _DETERMINERS]
    start = articles[-1] + 1 if articles else 0
    return [word for word in words[start:] if word != "-" and not word.isdigit()]


def _owner(words: Sequence[str]) -> list[str]:
    """Return what an office belongs to, from the words after its "of": "the United States".

    After an article only names count: "the bridge" may have another name elsewhere.
    """
    end = next((at for at, word in enumerate(words) if _ends(word)), len(words))
    some = bool(words) and words[0].lower() in _DETERMINERS
    return [
        word
        for word in words[:end]
        if word.lower() not in _DETERMINERS and not word.isdigit() and (_is_name(word) or not some)
    ]


def _office(
    head: str, modifiers: Sequence[str], owner: Sequence[str], *, article: bool
) -> Office | None:
    if len(noun := terms(head)) != 1:
        return None
    names = [word for word in modifiers if _is_name(word)]
    owners = [word for word in names if _POSSESSIVE.search(word)]
    owners += [word for word in owner if _is_name(word)]
    kinds = [w for w in (*modifiers, *owner) if not _is_name(w) and not _POSSESSIVE.search(w)]
    told = _terms(kinds)
    country = _terms(owners) | {
        t for word in names for t in terms(word) if t in term_set(countries())
    }
    return Office(
        head=noun[0],
        owners=_terms(word for word in owners if not _abbreviates(word)),
        countries=country - _CONTINENTS if country <= term_set(countries()) else frozenset(),
        kinds=_terms(word for word in kinds if not _EPITHET.search(word))
        - (_EPITHETS | _LESSER | _PAST),
        short_of=told & (_LESSER | _PAST),
        known=article or bool(owner or owners or country) or head[0].isupper(),
    )


def _terms(words: Iterable[str]) -> frozenset[str]:
    return frozenset(term for word in words for term in terms(word))


def _is_name(word: str) -> bool:
    return (word[0].isupper() and is_proper(word)) or {*terms(word)} <= term_set(countries())


def _abbreviates(word: str) -> bool:
    return re.sub(r"[’'.]s?", "", word).isupper()


def holds(question: Question, sentence: str, span: Span) -> bool | None:
    """Return whether a range of a sentence names the holder of the office that is asked for.

    False if it names the holder of another office with the same head noun, or is itself an office
    with that noun; None if the sentence does not tell, or the question asks for no office.
    """
    asked = question.wanted.office
    if asked is None:
        return None
    name = _name(sentence, span)
    if name is None:
        itself = office(sentence[slice(*span)])
        return False if itself and itself.head == asked.head else None
    told = [_same(question, asked, text) for text in _told(sentence, name, asked.head)]
    return None if not told else all(told)


def _same(question: Question, asked: Office, told: Office) -> bool:
    past = frozenset() if question.wanted.now else _PAST
    if asked.short_of - past != told.short_of - past:
        return False
    foreign = not asked.owners & told.owners and _contrary(asked.countries, told.countries)
    other = _contrary(asked.owners, told.owners) or _contrary(asked.kinds, told.kinds)
    return not (told.known and (foreign or other))


def _contrary(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and not one & other


def _told(sentence: str, name: Span, head: str) -> Iterator[Office]:
    """Yield the offices with a head noun that a sentence gives a named person."""
    apposed = _APPOSED.match(sentence, name.end)
    if apposed and not _ONE_OF_MANY.match(apposed["office"]):
        one = office(apposed["office"])
        if one and one.head == head:
            yield one
    if title := _title(sentence, name, head):
        yield title


def _name(sentence: str, span: Span) -> Span | None:
    """Return the range of the first name in a range, with a capitalised title before it.

    Of "the Russian minister Belousov", that is "Belousov".
    """
    ends = _NEXT.search(sentence, span.start + 1, span.end)
    end = ends.start() if ends else span.end
    found = [*_CAPITALISED.finditer(sentence, span.start, end)]
    if not found or _POSSESSIVE.search(found[-1][0]):
        return None
    whole = _CAPITALISED.match(sentence, found[-1].start())
    return Span(found[-1].start(), whole.end() if whole else found[-1].end())


def _title(sentence: str, name: Span, head: str) -> Office | None:
    """Return the office before a name: "the Russian minister Belousov", "its dean, Ama Sow,".

    None after "of" and the like: "director of sports Sow" is not parsed as a whole.
    """
    before: list[str] = _WORD.findall(sentence[: name.start])
    if before[-1:] == [","] and _SET_OFF.match(sentence, name.end):
        before.pop()
    start = next((at + 1 for at, word in reversed([*enumerate(before)]) if _breaks(word)), 0)
    breaks = before[start - 1].lower() if start else ""
    if breaks in _BELONGING:
        return None
    modifiers = before[start:]
    words = [*modifiers, *_WORD.findall(sentence[slice(*name)])]
    for place in range(max(0, len(modifiers) - 1), len(words) - 1):
        if terms(words[place]) == [head]:
            own = [word for word in words[:place] if word != "-"]
            return _office(words[place], own, [], article=breaks in _DETERMINERS)
    return None


def _breaks(word: str) -> bool:
    return _ends(word) or word.lower() in _DETERMINERS
