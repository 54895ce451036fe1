from dataclasses import replace
from datetime import date

import pytest

from plain_article import plain_article
from rag.grounding.copies import with_copies
from rag.grounding.verify import cite
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Conflict,
    Disagreement,
    Outcome,
    Span,
    Topic,
)

KILLED = "At least 12 people were killed in the flood at Gao, the governor said."
BUILT = "The dam was built in 1974."
FIRST = plain_article("first", f"{KILLED} {BUILT}", published=date(2024, 5, 3))
CORRECTED = KILLED.replace("12", "17")


def copy(name: str, text: str, day: int | None = None) -> Article:
    return plain_article(name, text, published=date(2024, 5, day) if day else None)


def quoted(article: Article, quote: str) -> Citation:
    start = article.text.index(quote)
    return cite(article, Span(start, start + len(quote)))


def answer(*citations: Citation, differing: tuple[Disagreement, ...] = ()) -> Answer:
    claims = tuple(Claim(text=each.quote, citations=(each,), support=1.0) for each in citations)
    return Answer(
        question="How many died?",
        standalone_question="How many died?",
        outcome=Outcome.ANSWERED,
        claims=claims,
        disagreements=differing,
    )


def told(given: Answer, *copies: Article) -> Answer:
    """The answer with these and what it cites as one cluster."""
    cluster = {article.id: article for article in (*copies, *given.articles)}
    return with_copies(given, lambda name: [each for each in cluster.values() if each.id != name])


def test_a_copy_with_all_quotes_is_named_and_one_that_was_shortened_is_not() -> None:
    whole, short = copy("whole", f"{BUILT} It rained. {KILLED}"), copy("short", BUILT)
    given = answer(quoted(FIRST, KILLED), quoted(FIRST, BUILT))
    assert told(given, whole, short) == replace(given, also={"first": (whole,)})
    assert told(answer(quoted(FIRST, BUILT)), whole, short).also == {"first": (whole, short)}


def test_a_copy_that_is_cited_itself_is_not_named() -> None:
    other = copy("other", KILLED)
    given = answer(quoted(FIRST, KILLED), quoted(other, KILLED))
    assert told(given) == given


@pytest.mark.parametrize(
    ("day", "kind", "order"),
    [
        (6, Conflict.OUTDATED, ["first", "other"]),
        (1, Conflict.OUTDATED, ["other", "first"]),
        (3, Conflict.CONTRADICTORY, ["first", "other"]),
        (None, Conflict.CONTRADICTORY, ["first", "other"]),
    ],
)
def test_a_corrected_number_is_a_difference(day, kind, order) -> None:
    """A copy with another number is set beside the quote by its date, and is no copy of it."""
    found = told(answer(quoted(FIRST, KILLED)), copy("other", f"{CORRECTED} {BUILT}", day))
    (differing,) = found.disagreements
    assert (differing.topic, differing.kind) == (Topic.NUMBER, kind)
    assert [each.article.id for each in differing.citations] == order
    assert {each.quote for each in differing.citations} == {KILLED, CORRECTED}
    assert found.also == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Voting will be on June 30.", ("30", "34")),
        ("Turkey got 15 million, Peru 16 million and Jordan 10 million.", ("10", "16")),
        ("Le train part à 7h45 du quai 2.", ("7h45", "8h15")),
        ("Flug AB 1439.", ("1439", "1445")),
    ],
)
def test_any_number_in_the_same_words_is_a_difference(one: str, other: tuple[str, str]) -> None:
    """A day that there is not, a number that stands there twice, a time, a short line."""
    article = plain_article("first", f"{one} {BUILT}")
    found = told(answer(quoted(article, one)), copy("other", f"{one.replace(*other)} {BUILT}"))
    assert ([each.topic for each in found.disagreements], found.also) == ([Topic.NUMBER], {})


def test_equal_corrections_are_shown_once_and_others_beside_them() -> None:
    """Of copies with the same correction the newest is shown; each other number is shown, too."""
    third = KILLED.replace("12", "19")
    copies = [copy("c", CORRECTED, 6), copy("b", CORRECTED, 5), copy("d", third, 4)]
    (differing,) = told(answer(quoted(FIRST, KILLED)), *copies).disagreements
    assert [each.article.id for each in differing.citations] == ["first", "d", "c"]


def test_what_is_shown_already_is_not_shown_again() -> None:
    """A difference that the answer shows is not repeated for copies of its sides."""
    sides = (quoted(FIRST, KILLED), quoted(copy("other", CORRECTED, 6), CORRECTED))
    shown = Disagreement(topic=Topic.QUANTITY, citations=sides, kind=Conflict.OUTDATED)
    given = answer(*sides, differing=(shown,))
    assert told(given, copy("again", f"{KILLED} {BUILT}", 4)).disagreements == (shown,)


@pytest.mark.parametrize(
    "text",
    [
        KILLED.replace("At least 12 people were killed", "The flood killed at least 12 people"),
        KILLED.replace("said", "reported"),
        f"{BUILT} Nobody was hurt.",
    ],
)
def test_what_is_worded_otherwise_is_no_correction(text: str) -> None:
    assert told(answer(quoted(FIRST, KILLED)), copy("other", text, 6)).disagreements == ()


def test_what_the_cited_article_says_elsewhere_is_no_correction() -> None:
    """Two sentences of one form may stand in one article, and one of them in its shortened copy."""
    gold, silver = "Torvia won 14 gold medals in Gao.", "Torvia won 9 silver medals in Gao."
    both = plain_article("both", f"{gold} {silver}", published=date(2024, 5, 3))
    assert told(answer(quoted(both, gold)), copy("short", silver, 4)).disagreements == ()


@pytest.mark.parametrize(
    ("one", "other", "topic"),
    [
        ("Bei dem Hochwasser in Gao starben 12 Menschen.", ("12", "17"), Topic.NUMBER),
        ("La elección en la ciudad de Gao será el 4 de mayo.", ("mayo", "junio"), Topic.DATE),
        ("Bei dem Hochwasser in Gao starben zwölf Menschen.", ("Menschen", "Leute"), None),
    ],
)
def test_a_correction_is_seen_in_other_languages(one, other, topic) -> None:
    """Numbers and dates are seen in any language; capitals tell no names where nouns have them."""
    article = plain_article("eins", one)
    found = told(answer(quoted(article, one)), copy("zwei", one.replace(*other)))
    assert [each.topic for each in found.disagreements] == ([topic] if topic else [])


def test_a_corrected_name_is_seen_in_english() -> None:
    said = "The governor of Gao, Anna Kerst, opened the new court on Monday."
    article = plain_article("one", said)
    other = copy("other", said.replace("Anna", "Maria"))
    (differing,) = told(answer(quoted(article, said)), other).disagreements
    assert differing.topic == Topic.NAME
