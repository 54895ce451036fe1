from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.languages import language_of
from rag.languages.english.facts import facts, missing
from rag.languages.english.quantities import Day, days, quantities, told_on
from rag.languages.general import Kind

TEXT = (
    "At least 12 people were killed and 30 wounded in Gao on June 23, General Assimi Goïta told "
    "the United Nations. Camara met Belousov in Moscow. Belousov stayed until 24 July. It cost $5m."
)


def lacking(*claims, text=TEXT, known=""):
    return {claim: missing(claim, text, known=known) for claim in claims}


def borne_out(*claims):
    return dict.fromkeys(claims, ())


class TestQuantities:
    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("1,200 or 1 200 or twelve hundred", [1200, 1200, 1200]),
            ("2.5 million, 2,500,000", [2_500_000, 2_500_000]),
            ("two hundred and fifty-one of three dozen", [251, 36]),
            ("the 3rd, the third, the 1990s", [3, 3, 1990]),
            ("12-15 men of the G20", [12, 15]),
            ("two or three", [2, 3]),
        ],
    )
    def test_values(self, text, values):
        """A number has one value, however it is written."""
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
    def test_units(self, text, unit):
        """A unit, a currency or a share beside a number belongs to it."""
        assert [quantity.unit for quantity in quantities(text)] == [unit]

    def test_dates_hold_no_quantity(self):
        """The numbers of a date are not counted."""
        assert [quantity.value for quantity in quantities("On 23 June 2025 they were 7.")] == [7]


class TestDays:
    @pytest.mark.parametrize(
        "text", ["June 23, 2025", "23 June 2025", "2025-06-23", "the 23rd of June 2025"]
    )
    def test_one_date(self, text):
        """A date is the same, however it is written."""
        assert [(day.year, day.month, day.day) for day in days(text)] == [(2025, 6, 23)]

    def test_parts(self):
        """A month alone is a date; May and March are months only where they can be."""
        found = days("In May he may march. May I? Sept. 5, June 2025.")
        assert [(hit.year, hit.month, hit.day) for hit in found] == [
            (None, 5, None),
            (None, 9, 5),
            (2025, 6, None),
        ]

    def test_relative(self):
        """Weekdays and the like are told from the day of publication."""
        assert told_on("yesterday and on Monday, last month", date(2025, 6, 24)) == (
            Day(2025, 6, 23),
            Day(2025, 6, 23),
            Day(2025, 6, 30),
            Day(2025, 5, 1),
        )


def test_facts_in_order():
    """Dates, quantities, names and quoted phrases are facts, in the order in which they stand."""
    found = facts("On 23 June Goïta paid 1,200 francs “for peace”. Negotiations were held.")
    assert [(fact.kind, fact.text) for fact in found] == [
        (Kind.DATE, "23 June"),
        (Kind.NAME, "Goïta"),
        (Kind.QUANTITY, "1,200"),
        (Kind.QUOTE, "for peace"),
    ]


def test_writing_is_folded():
    """Accents, case, numbers, dates, titles, possessives and acronyms may be written otherwise."""
    claims = (
        "twelve people were killed in GAO",
        "On 23 June Gen. Goita spoke",
        "Goita’s speech to the UN",
        "It cost five million dollars",
    )
    assert lacking(*claims) == borne_out(*claims)


def test_what_is_not_told_is_missing():
    """A fact that stands nowhere is missing, as it is written in the claim."""
    assert lacking(
        "In Niger he spoke",
        "On June 24 he spoke",
        "It cost 5 million euros",
        "It cost 5 percent",
        "He said “told the nations”",
        "Goita told the EU",
    ) == {
        "In Niger he spoke": ("Niger",),
        "On June 24 he spoke": ("June 24",),
        "It cost 5 million euros": ("5 million",),
        "It cost 5 percent": ("5 percent",),
        "He said “told the nations”": ("told the nations",),
        "Goita told the EU": ("EU",),
    }


def test_the_first_word_of_a_sentence():
    """A word that opens a sentence is a name only where it can be no other word."""
    assert lacking(
        "Negotiations were held.",
        "Heavy rain fell. However, Gao was dry.",
        "Paris agreed.",
        "Zelensky met Belousov.",
    ) == {
        "Negotiations were held.": (),
        "Heavy rain fell. However, Gao was dry.": (),
        "Paris agreed.": ("Paris",),
        "Zelensky met Belousov.": ("Zelensky",),
    }


def test_another_number_of_the_text():
    """A number that counts something else in the text is missing."""
    assert lacking("30 people were killed", "30 were wounded", "12 were killed") == {
        "30 people were killed": ("30",),
        "30 were wounded": (),
        "12 were killed": (),
    }


def test_another_name_of_the_text():
    """A name is missing where the text has another one in its place."""
    text = "Camara met Putin in Moscow on Monday. Belousov stayed in Gao."
    assert lacking(
        "Belousov met Putin in Moscow",
        "Camara met Putin in Gao on Monday",
        "Camara met Putin in Moscow",
        "Belousov stayed in Gao",
        text=text,
    ) == {
        "Belousov met Putin in Moscow": ("Belousov",),
        "Camara met Putin in Gao on Monday": ("Gao",),
        "Camara met Putin in Moscow": (),
        "Belousov stayed in Gao": (),
    }


def test_another_date_of_the_text():
    """A date is missing where the text has another one in its place."""
    text = "The talks began on the evening of April 7 in Gao. The town fell on April 4."
    assert lacking("The talks began on the evening of April 4 in Gao", text=text) == {
        "The talks began on the evening of April 4 in Gao": ("April 4",)
    }


def test_a_pronoun_is_no_other_name():
    """A name may be taken from the sentence before the one that tells the rest."""
    text = "Camara arrived in Moscow on Sunday. He met the minister on Monday."
    assert missing("Camara, who arrived in Moscow, met the minister on Monday", text) == ()
    text = "Wagner announced that it withdraws. It will be succeeded by the Africa Corps."
    assert missing("Wagner withdraws, and is replaced by the Africa Corps", text) == ()


def test_what_is_known():
    """The question, titles and dates of articles are known, and make relative dates absolute."""
    text = "He spoke on Monday, as he did last year."
    claim = "Goïta spoke on 23 June 2025, as he did in 2024."
    assert missing(claim, text) == ("Goïta", "23 June 2025", "2024")
    assert missing(claim, text, known="Who is Goïta? 2025-06-24") == ()


def test_the_weekday_of_a_date():
    """A date's own weekday need not be told, another one does."""
    assert lacking(
        "On Monday, 23 June, he spoke",
        "On Friday, 23 June, he spoke",
        text="He spoke on June 23.",
        known="2025-06-24",
    ) == {
        "On Monday, 23 June, he spoke": (),
        "On Friday, 23 June, he spoke": ("Friday",),
    }


def test_a_reference_is_no_number():
    """A mark in brackets, or the number of a list's line, is no fact."""
    assert lacking("He told the United Nations [4].", "3. Camara met Belousov") == borne_out(
        "He told the United Nations [4].", "3. Camara met Belousov"
    )


def test_a_text_is_borne_out_by_itself():
    """A claim that is the cited text lacks nothing."""
    assert missing(TEXT, TEXT) == ()


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


def test_a_year_that_no_calendar_has_is_a_date_all_the_same():
    """It is no day of any week, and stands in a text like any other."""
    assert missing("It ended on 5 May 99999.", "It ended on 5 May 99999, they said.") == ()


def test_in_any_language_a_name_begins_with_a_capital_letter():
    """Of whatever alphabet."""
    texts = ("Ее встретила мэр Амина Диалло.", "Hier soir, l’été d’Émile Zola débuta.")
    names = [
        [fact.text for fact in language_of(text).facts(text) if fact.kind is Kind.NAME]
        for text in texts
    ]
    assert names == [["Амина", "Диалло"], ["Émile", "Zola"]]
