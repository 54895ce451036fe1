from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.writing.prose import Cited, Prose

IDS = frozenset({"k7f2", "m3q9"})


def taken(text, *cuts):
    """What a text gives when it comes in pieces: what is shown, and the sentences."""
    prose = Prose(IDS)
    ends = [0, *cuts, len(text)]
    parts = [part for start, end in pairwise(ends) for part in prose.feed(text[start:end])]
    parts += prose.end()
    shown = "".join(part for part in parts if isinstance(part, str))
    return shown, [part for part in parts if isinstance(part, Cited)], prose.refused


@pytest.mark.parametrize(
    "text",
    [
        "He met Putin [k7f2]. They spoke. [m3q9][k7f2]",
        "He met Putin. [k7f2] They spoke [m3q9, k7f2].",
        "He met Putin.[k7f2]\nThey spoke.【m3q9; k7f2】",
        "He met Putin. (k7f2) They spoke. [ids: M3Q9 and K7F2]",
        "He met Putin. k7f2 They spoke. [passage m3q9] [k7f2]",
        "- He met Putin. [k7f2]\n- They spoke. [m3q9] [k7f2]",
        "**He met Putin.** [k7f2] They `spoke`. [m3q9] [k7f2] [k7f2]",
        "He met Putin <k7f2>. They spoke [^m3q9][^k7f2].",
        "He met Putin [id=k7f2]. They spoke [id: m3q9, id: k7f2].",
        "He met Putin [[k7f2]]. They spoke (source m3q9, source k7f2).",
    ],
)
def test_ids_are_taken_out_and_go_with_their_sentence(text):
    """Wherever and however a model writes its ids, they name what their sentence rests on."""
    _, sentences, _ = taken(text)
    assert sentences == [
        Cited("He met Putin.", ("k7f2",)),
        Cited("They spoke.", ("m3q9", "k7f2")),
    ]


def test_text_is_shown_without_ids():
    """What a reader sees is the text alone, with its line breaks."""
    shown, _, _ = taken("He met Putin [k7f2]. They spoke. [m3q9]\n\nThen he left [for Kazan].")
    assert shown == "He met Putin. They spoke.\nThen he left [for Kazan]."


def test_unknown_ids_are_hidden_and_name_nothing():
    """An id that no passage has is still a mark."""
    shown, sentences, _ = taken("He met Putin. [b2c4]")
    assert (shown, sentences) == ("He met Putin.", [Cited("He met Putin.", ())])


def test_numbers_that_the_model_makes_up_are_hidden():
    """[1] of a model has not been verified; a number in round brackets is text."""
    shown, _, _ = taken("He met Putin [1]. They spoke [2, 3] (in 2024) [source 4].[k7f2]")
    assert shown == "He met Putin. They spoke (in 2024)."


def test_a_sentence_may_have_no_id():
    """A model that forgets its ids has still written a sentence."""
    assert taken("He met Mr. Putin of Russia")[1] == [Cited("He met Mr. Putin of Russia", ())]


def test_a_refusal_is_told_and_never_shown():
    """The token says that the passages do not answer; what stands before it stays."""
    assert taken("NOT_ANSWERED") == ("", [], True)
    assert taken(" **NOT\\_ANSWERED**.\nI am sorry.") == ("", [], True)
    assert taken("He met Putin. [k7f2] NOT_ANSWERED") == (
        "He met Putin.",
        [Cited("He met Putin.", ("k7f2",))],
        True,
    )


def test_control_characters_are_taken_out():
    """Nothing that a model writes acts on a terminal."""
    assert taken("He \x1b[31mmet\u202e Putin.\x07")[0] == "He [31mmet Putin."


TEXT = "He met Mr. Putin [k7f2]. They spoke (in Moscow) of 1.5 tonnes. [m3q9, k7f2] He left. NOT"


@given(st.lists(st.integers(0, len(TEXT)), max_size=30))
def test_it_does_not_matter_where_pieces_are_cut(cuts):
    """Tokens may end anywhere, within a mark too."""
    assert taken(TEXT, *sorted(cuts)) == taken(TEXT)


def test_no_part_of_a_mark_ever_shows():
    """Character by character, what is shown only grows, and holds no bracket of a mark."""
    prose = Prose(IDS)
    shown = ""
    for character in TEXT:
        shown += "".join(part for part in prose.feed(character) if isinstance(part, str))
        assert "[" not in shown
        assert "k7" not in shown
    shown += "".join(part for part in prose.end() if isinstance(part, str))
    assert shown == "He met Mr. Putin. They spoke (in Moscow) of 1.5 tonnes. He left. NOT"


def test_a_sentence_that_never_ends_is_parted():
    """So that a model that raves costs little; no word of it is lost."""
    words = "on and " * 400
    shown, sentences, _ = taken(words, *range(0, len(words), 7))
    assert shown.split() == words.split()
    assert max(len(sentence.text) for sentence in sentences) <= 1_000


def test_text_shows_word_by_word():
    """A word shows as soon as it is whole, also in a language that writes no spaces."""
    prose = Prose(IDS)
    assert [*prose.feed("He met Pu")] == ["He met"]
    assert [*prose.feed("tin ")] == [" Putin"]
    prose = Prose(IDS)
    assert [*prose.feed("他会见了普京")] == ["他会见了普"]


@given(st.text(alphabet="ab .[]()k7f2m3q9\n*_NOT", max_size=60))
def test_whatever_is_written_is_taken_apart(text):
    """Any text at all gives sentences whose ids are known."""
    _, sentences, _ = taken(text, *range(0, len(text), 3))
    assert all({*sentence.ids} <= IDS and sentence.text for sentence in sentences)
