import pytest
from hypothesis import given
from hypothesis import strategies as st

from plain_article import plain_article
from rag.types import Citation, Claim, Draft, DraftClaim, Span
from rag.verify import cite, facts, folded, verify

TEXT = "General Goïta paid 1,200 francs in Gao. Nobody else paid."
QUOTED = Span(0, 39)


def article(text=TEXT):
    return plain_article("gao.txt", text, title="In Gao")


def draft(*texts, spans=(QUOTED,)):
    claims = tuple(
        DraftClaim(text=one, cited=tuple((article(), span) for span in spans), support=0.5)
        for one in texts
    )
    return Draft(claims=claims, confidence=0.9)


def kept(*texts):
    return [claim.text for claim in verify(draft(*texts))]


def test_a_claim_comes_with_what_it_cites():
    """A claim that its quote bears out is kept, with one citation a span."""
    claims = verify(draft("Goïta paid.", spans=(QUOTED, Span(40, 57))))
    citations = (
        Citation(article(), 0, 39, "General Goïta paid 1,200 francs in Gao."),
        Citation(article(), 40, 57, "Nobody else paid."),
    )
    assert claims == (Claim(text="Goïta paid.", citations=citations, support=0.5),)


@given(st.data(), st.text(min_size=1, max_size=60))
def test_a_quote_is_the_range_that_it_names(data, text):
    """Whatever the text and the range, the quote is what stands there."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cited = cite(article(text), Span(start, end))
    assert cited == Citation(article(text), start, end, text[start:end])


@given(st.integers(-70, 70), st.integers(-70, 70))
def test_no_other_range_can_be_cited(start, end):
    """A range that is empty, reversed or beyond the text is an error, not a shorter quote."""
    if 0 <= start < end <= len(TEXT):
        assert cite(article(), Span(start, end)).quote == TEXT[start:end]
    else:
        with pytest.raises(ValueError, match="has no range"):
            cite(article(), Span(start, end))


def test_a_fact_that_the_quote_lacks_drops_the_claim():
    """A number or a name that does not stand in the quote is not told."""
    claims = [
        "In Gao Goïta paid 1,200.",
        "In Gao Goïta paid 1,300.",
        "In Gao Goïta paid 200.",
        "In Gao he paid Camara.",
        "Camara paid.",
        "He paid. Camara did.",
        "The man paid.",
    ]
    assert kept(*claims) == ["In Gao Goïta paid 1,200.", "The man paid."]


def test_case_accents_and_the_writing_of_numbers_are_folded():
    """A name is one name in any case and with any accents, a number with or without its comma."""
    claims = ["In GAO GOITA paid.", "To gao went Goita.", "It cost 1200.", "It cost 1 200."]
    assert kept(*claims) == claims[:3]


def test_a_name_is_no_part_of_another():
    """A name or a number within a longer one does not bear a claim out."""
    assert kept("The town of Ga paid.", "They paid 1,20.", "It was Goïtas.") == []


def test_a_claim_without_a_span_is_dropped():
    """Nothing is told that cites nothing."""
    assert verify(draft("The man paid.", spans=())) == ()


def test_what_the_quote_says_itself_is_kept():
    """A sentence that is its own quote is always borne out."""
    quote = TEXT[QUOTED.start : QUOTED.end]
    assert kept(quote) == [quote]


def test_facts_are_numbers_and_names():
    """Numbers and capitalised words are facts, but for the little words that open a sentence."""
    assert facts("Camara gave 3.5 to Gao. The end, said Goïta’s men.") == (
        "Camara",
        "3.5",
        "Gao",
        "Goïta",
    )


def test_folding_takes_off_case_and_accents():
    """Two spellings of one name fold to one."""
    assert {folded(one) for one in ("Goïta", "GOÏTA", "Goita", "Goi\u0308ta")} == {"goita"}
