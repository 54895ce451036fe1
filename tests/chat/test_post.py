import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.post import (
    Limits,
    Markup,
    Parcel,
    Run,
    beginning,
    cleaned,
    ending,
    text_of,
    units,
)

LIMITS = Limits(length=4096, marked=90)
FAMILY = "👩\u200d👩\u200d👧"
CHARACTERS = st.one_of(
    st.characters(),
    st.sampled_from(
        ["<b>", "&amp;", "\ud83d", "\x00", "\r\n", "e\u0301", FAMILY, "👍🏽", "\n", " "]
    ),
)
TEXTS = st.one_of(
    st.text(CHARACTERS.filter(lambda one: len(one) == 1), max_size=40),
    st.builds(
        lambda words, times: "".join(words) * times,
        st.lists(CHARACTERS, max_size=4),
        st.integers(0, 1200),
    ),
)
RUNS = st.builds(Run, TEXTS, st.sampled_from(Markup), st.just("https://news.example/?a=1&b=2"))
SHORT = st.builds(Run, st.sampled_from(["a", "[1]", " ", "👍 "]), st.sampled_from(Markup))
BLOCKS = st.lists(
    st.one_of(
        st.lists(RUNS, max_size=3).map(tuple),
        st.builds(lambda run, times: (run,) * times, SHORT, st.integers(0, 200)),
    ),
    max_size=4,
)


def seen(runs):
    """Each character that can be seen, and how it is set."""
    return [
        (character, run.markup) for run in runs for character in run.text if not character.isspace()
    ]


def test_length_is_counted_in_utf_16():
    assert [units(text) for text in ("", "añ", "👍", FAMILY)] == [0, 2, 2, 8]


def test_blocks_share_a_message_as_long_as_it_takes_them():
    first, second, third = (Run("a" * 2000),), (Run("b" * 2000),), (Run("c"), Run("d", Markup.BOLD))

    assert LIMITS.pack([first, (), second, (Run(" \n"),), third]) == (
        Parcel((*first, Run("\n"), *second, Run("\n"), *third), (0, 2, 4)),
    )
    assert LIMITS.pack([first, second, (Run("e" * 95),)]) == (
        Parcel((*first, Run("\n"), *second), (0, 1)),
        Parcel((Run("e" * 95),), (2,)),
    )


def test_a_block_of_many_entities_is_parted_before_the_one_too_many():
    links = tuple(Run(f"[{mark}]", Markup.LINK, "https://news.example") for mark in range(100))

    assert [len(parcel.runs) for parcel in LIMITS.pack([links])] == [
        LIMITS.marked,
        100 - LIMITS.marked,
    ]


def test_a_quote_that_is_parted_goes_on_as_a_quote_between_words():
    quote = " ".join(["word"] * 1000)
    first, second = LIMITS.pack([(Run("[1] "), Run(quote, folded=True))])

    assert [run.folded for run in (*first.runs, *second.runs)] == [False, True, True]
    assert first.blocks == second.blocks == (0,)
    assert f"{text_of(first.runs)} {text_of(second.runs)}" == f"[1] {quote}"


@pytest.mark.parametrize("cluster", ["👍", "e\u0301", "👍🏽", FAMILY, "❤\ufe0f"])
def test_a_word_too_long_for_a_message_is_parted_between_whole_characters(cluster):
    parcels = LIMITS.pack([(Run("a" + cluster * 3000),)])

    assert len(parcels) > 1
    for parcel in parcels:
        assert text_of(parcel.runs).removeprefix("a").replace(cluster, "") == ""
    assert "".join(text_of(parcel.runs) for parcel in parcels) == "a" + cluster * 3000


def test_accents_without_end_are_parted_all_the_same():
    parcels = LIMITS.pack([(Run("e" + "\u0301" * 5000),)])

    assert [units(text_of(parcel.runs)) for parcel in parcels] == [
        LIMITS.length,
        5001 - LIMITS.length,
    ]


@given(BLOCKS)
def test_whatever_is_packed_fits_and_nothing_of_it_is_lost(blocks):
    """Each message is within both limits, begins and ends with text, and all of it is there."""
    parcels = LIMITS.pack(blocks)

    for parcel in parcels:
        text = text_of(parcel.runs)
        assert 0 < units(text) <= LIMITS.length
        assert sum(run.is_marked for run in parcel.runs) <= LIMITS.marked
        assert text == text.strip()
    assert [character for parcel in parcels for character in seen(parcel.runs)] == [
        character for block in blocks for character in seen(cleaned(block))
    ]
    assert sorted({number for parcel in parcels for number in parcel.blocks}) == [
        number for number, block in enumerate(blocks) if seen(cleaned(block))
    ]


@given(st.lists(st.text("ab👍é", min_size=1, max_size=9), max_size=40), st.integers(1, 300))
def test_words_that_a_message_takes_are_never_parted(words, times):
    parcels = LIMITS.pack([(Run(" ".join(words * times)),)])

    assert [word for parcel in parcels for word in text_of(parcel.runs).split()] == words * times


def test_a_beginning_and_an_ending_are_cut_between_words():
    assert beginning("one two three", 13) == "one two three"
    assert beginning("one two three", 12) == "one two…"
    assert ending("one two three", 12) == "…two three"
    assert beginning("👍👍👍", 5) == "👍👍…"
    assert ending("👍👍👍", 5) == "…👍👍"
    assert [beginning("one", 1), beginning("one", 0), ending("one", 1), ending("one", 0)] == [
        "…",
        "",
        "…",
        "",
    ]


@given(TEXTS, st.integers(0, 100))
def test_a_beginning_and_an_ending_are_never_too_long(text, most):
    assert units(beginning(text, most)) <= most
    assert units(ending(text, most)) <= most
    assert text.startswith(beginning(text, most).removesuffix("…"))
    assert text.endswith(ending(text, most).removeprefix("…"))


def test_an_ending_begins_with_no_accent():
    kept = ending("e\u0301" * 9, 10).removeprefix("…")

    assert not unicodedata.combining(kept[0])
