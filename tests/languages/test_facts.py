from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.languages.english.facts import facts, missing
from rag.languages.english.quantities import days, quantities, told_on
from rag.languages.general import Kind

TEXT = (
    "At least 12 people were killed and 30 wounded in Gao on June 23, General Assimi Goïta told "
    "the United Nations. Camara met Belousov in Moscow. Belousov stayed until 24 July. It cost $5m."
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,200 or 1 200 or twelve hundred", [1200, 1200, 1200]),
        ("2.5 million, 2,500,000", [2_500_000, 2_500_000]),
        ("two hundred and fifty-one of three dozen", [251, 36]),
        ("the 3rd, the third, the 1990s", [3, 3, 1990]),
        ("12-15 men of the G20", [12, 15]),
        ("two or three", [2, 3]),
        ("On 23 June 2025 they were 7.", [7]),
    ],
)
def test_a_number_has_one_value(text, values):
    """However it is written; those of a date are not counted."""
    assert [quantity.value for quantity in quantities(text)] == values


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("$5m", "dollar"),
        ("5 million dollars", "dollar"),
        ("5%", "%"),
        ("5 per cent", "%"),
        ("5km", "kilometre"),
        ("5-year-old", "year"),
        ("5 men", ""),
    ],
)
def test_a_unit_belongs_to_the_number_beside_it(text, unit):
    """As a currency does, and a share."""
    assert [quantity.unit for quantity in quantities(text)] == [unit]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("June 23, 2025", [(2025, 6, 23)]),
        ("23 June 2025", [(2025, 6, 23)]),
        ("2025-06-23", [(2025, 6, 23)]),
        ("the 23rd of June 2025", [(2025, 6, 23)]),
        ("Sept. 5, June 2025", [(None, 9, 5), (2025, 6, None)]),
        ("In May he may march. May I?", [(None, 5, None)]),
    ],
)
def test_a_date_is_the_same_however_it_is_written(text, found):
    """A month alone is a date; May and March are months only where they can be."""
    assert [(day.year, day.month, day.day) for day in days(text)] == found


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("yesterday, today and tomorrow", [(2025, 6, 23), (2025, 6, 24), (2025, 6, 25)]),
        ("on Monday", [(2025, 6, 23), (2025, 6, 30)]),
        ("on Tuesday", [(2025, 6, 24)] * 2),
        ("on Friday", [(2025, 6, 20), (2025, 6, 27)]),
        ("last month", [(2025, 5, 1)]),
        ("next year", [(2026, month, 1) for month in range(1, 13)]),
    ],
)
def test_relative_dates_count_from_the_day_of_publication(text, dates):
    """A weekday is the last one and the next one, of that day's own both."""
    tuesday = date(2025, 6, 24)
    assert [(day.year, day.month, day.day) for day in told_on(text, tuesday)] == dates


def test_facts_in_order():
    """Dates, quantities, names and quoted phrases are facts, in the order in which they stand."""
    found = facts("On 23 June Goïta paid 1,200 francs “for peace”. Negotiations were held.")
    assert [(fact.kind, fact.text) for fact in found] == [
        (Kind.DATE, "23 June"),
        (Kind.NAME, "Goïta"),
        (Kind.QUANTITY, "1,200"),
        (Kind.QUOTE, "for peace"),
    ]


TALKS = "Camara met Putin in Moscow on Monday. Belousov stayed in Gao."
EVENING = "The talks began on the evening of April 7 in Gao. The town fell on April 4."
VISIT = "Camara arrived in Moscow on Sunday. He met the minister on Monday."
CORPS = "Wagner announced that it withdraws. It will be succeeded by the Africa Corps."


@pytest.mark.parametrize(
    ("claim", "text", "lacking"),
    [
        # Accents, case, numbers, dates, titles, possessives and acronyms written otherwise
        ("twelve people were killed in GAO", TEXT, ()),
        ("On 23 June Gen. Goita spoke", TEXT, ()),
        ("Goita’s speech to the UN", TEXT, ()),
        ("It cost five million dollars", TEXT, ()),
        (TEXT, TEXT, ()),
        # Told nowhere
        ("In Niger he spoke", TEXT, ("Niger",)),
        ("On June 24 he spoke", TEXT, ("June 24",)),
        ("It cost 5 million euros", TEXT, ("5 million",)),
        ("It cost 5 percent", TEXT, ("5 percent",)),
        ("He said “told the nations”", TEXT, ("told the nations",)),
        ("Goita told the EU", TEXT, ("EU",)),
        # The first word of a sentence is a name if it can be no other word
        ("Negotiations were held.", TEXT, ()),
        ("Heavy rain fell. However, Gao was dry.", TEXT, ()),
        ("Paris agreed.", TEXT, ("Paris",)),
        ("Zelensky met Belousov.", TEXT, ("Zelensky",)),
        # A number, name or date of something else in the text
        ("30 people were killed", TEXT, ("30",)),
        ("30 were wounded", TEXT, ()),
        ("12 were killed", TEXT, ()),
        ("Belousov met Putin in Moscow", TALKS, ("Belousov",)),
        ("Camara met Putin in Gao on Monday", TALKS, ("Gao",)),
        ("Camara met Putin in Moscow", TALKS, ()),
        ("Belousov stayed in Gao", TALKS, ()),
        ("The talks began on the evening of April 4 in Gao", EVENING, ("April 4",)),
        # A pronoun stands for the name of the sentence before
        ("Camara, who arrived in Moscow, met the minister on Monday", VISIT, ()),
        ("Wagner withdraws, and is replaced by the Africa Corps", CORPS, ()),
        # References and numbers of lines are none
        ("He told the United Nations [4].", TEXT, ()),
        ("3. Camara met Belousov", TEXT, ()),
        # A year that no calendar has
        ("It ended on 5 May 99999.", "It ended on 5 May 99999, they said.", ()),
    ],
)
def test_what_a_text_lacks_of_a_claim(claim, text, lacking):
    """Facts that it does not tell, or tells of something else, as the claim writes them."""
    assert missing(claim, text) == lacking


@pytest.mark.parametrize(
    ("claim", "text", "known", "lacking"),
    [
        (
            "Goïta spoke on 23 June 2025, as he did in 2024.",
            "He spoke on Monday, as he did last year.",
            "Who is Goïta? 2025-06-24",
            ("Goïta", "23 June 2025", "2024"),
        ),
        ("On Monday, 23 June, he spoke", "He spoke on June 23.", "2025-06-24", ("Monday",)),
    ],
)
def test_what_is_known_is_not_missing(claim, text, known, lacking):
    """The question, titles, and dates, from which weekdays and relative dates follow."""
    assert (missing(claim, text), missing(claim, text, known=known)) == (lacking, ())


def test_another_weekday_than_the_dates_own_is_missing():
    """June 23 was no Friday."""
    claim = "On Friday, 23 June, he spoke"
    assert missing(claim, "He spoke on June 23.", known="2025-06-24") == ("Friday",)


@pytest.mark.parametrize("claim", ["", " ", "…", "2025-02-30", "'", "12", "Ünïcode 5m £"])
def test_odd_claims(claim):
    """Whatever the claim, it lacks nothing beside itself."""
    assert missing(claim, claim, known="2025-02-30") == ()


PIECES = st.sampled_from(
    "on in of the 5 May 5th 2020 99999999999999 12/31/99999 2020-13-45 1,200 1.5 million $ % £ “ ” "
    "Monday last year Camara Mali’s U.S. 1e9 ½ -3 3-2 10:45 0 00 II".split()
)


@given(st.lists(PIECES, max_size=12), st.lists(PIECES, max_size=12))
def test_nothing_that_is_written_is_a_surprise(claim, cited):
    """Whatever stands in a claim and a text, it is judged."""
    assert isinstance(missing(" ".join(claim), " ".join(cited), known=" ".join(cited)), tuple)
