from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.writing.prose import Cited, Prose

COUNT = 2


def taken(text, *cuts):
    """The shown text and the sentences of a text that comes in pieces."""
    prose = Prose(COUNT)
    ends = [0, *cuts, len(text)]
    parts = [part for start, end in pairwise(ends) for part in prose.feed(text[start:end])]
    parts += prose.end()
    shown = "".join(part for part in parts if isinstance(part, str))
    return shown, [part for part in parts if isinstance(part, Cited)], prose.refused


@pytest.mark.parametrize(
    "text",
    [
        "He met Putin [1]. They spoke. [2][1]",
        "He met Putin. [1] They spoke [2, 1].",
        "He met Putin.[1]\nThey spoke.【2; 1】",
        "He met Putin. (passage 1) They spoke. [ids: 2 and 1]",
        'He met Putin. [id="1"] They spoke. [passage 2] [1]',
        "- He met Putin. [1]\n- They spoke. [2] [1]",
        "**He met Putin.** [1] They `spoke`. [2] [1] [1]",
        "He met Putin <id 1>. They spoke [^2][^1].",
        "He met Putin [id=1]. They spoke [id: 2, id: 1].",
        "He met Putin [[1]]. They spoke (source 2, source 1).",
    ],
)
def test_numbers_are_taken_out_and_go_with_their_sentence(text):
    """Wherever and however a model writes them, they name what their sentence rests on."""
    _, sentences, _ = taken(text)
    assert sentences == [Cited("He met Putin.", (1,)), Cited("They spoke.", (2, 1))]


def test_text_is_shown_without_numbers_of_passages():
    """A reader sees the text alone, with its line breaks."""
    shown, _, _ = taken("He met Putin [1]. They spoke. [2]\n\nThen he left [for Kazan].")
    assert shown == "He met Putin. They spoke.\nThen he left [for Kazan]."


def test_unknown_numbers_are_hidden_and_name_nothing():
    """Also one that no passage has is a mark; a number in round brackets, or a year, is text."""
    text = "He met Putin (72) [3]. They spoke [4, 5] (in 2024) [source 6] [2020]."
    shown, sentences, _ = taken(text)
    assert shown == "He met Putin (72). They spoke (in 2024) [2020]."
    assert [sentence.numbers for sentence in sentences] == [(), ()]


def test_a_sentence_may_name_no_passage():
    """A model that forgets its marks has still written a sentence."""
    assert taken("He met Mr. Putin of Russia")[1] == [Cited("He met Mr. Putin of Russia", ())]


def test_a_refusal_is_told_and_never_shown():
    """The token says that the passages do not answer; what stands before it stays."""
    assert taken("NOT_ANSWERED") == ("", [], True)
    assert taken(" **NOT\\_ANSWERED**.\nI am sorry.") == ("", [], True)
    assert taken("He met Putin. [1] NOT_ANSWERED") == (
        "He met Putin.",
        [Cited("He met Putin.", (1,))],
        True,
    )


def test_control_characters_are_taken_out():
    """Nothing that a model writes acts on a terminal."""
    assert taken("He \x1b[31mmet\u202e Putin.\x07")[0] == "He [31mmet Putin."


TEXT = "He met Mr. Putin [1]. They spoke (in Moscow) of 1.5 tonnes. [2, 1] He left. NOT"


@given(st.lists(st.integers(0, len(TEXT)), max_size=30))
def test_it_does_not_matter_where_pieces_are_cut(cuts):
    """Tokens may end anywhere, within a mark too."""
    assert taken(TEXT, *sorted(cuts)) == taken(TEXT)


def test_no_part_of_a_mark_ever_shows():
    """Character by character, what is shown only grows, and holds nothing of a mark."""
    prose = Prose(COUNT)
    shown = ""
    for character in TEXT:
        shown += "".join(part for part in prose.feed(character) if isinstance(part, str))
        assert "[" not in shown
        assert "2" not in shown
    shown += "".join(part for part in prose.end() if isinstance(part, str))
    assert shown == "He met Mr. Putin. They spoke (in Moscow) of 1.5 tonnes. He left. NOT"


def test_a_bracket_that_is_longer_than_a_mark_is_shown():
    """Though nothing closes it, the text goes on word by word."""
    prose = Prose(COUNT)
    shown = "".join(prose.feed(f"He met [{'and so on ' * 20}"))
    assert shown.startswith("He met [and so on and so")


def test_a_sentence_that_never_ends_is_parted():
    """So that a model that raves costs little; no word of it is lost."""
    words = "on and " * 400
    shown, sentences, _ = taken(words, *range(0, len(words), 7))
    assert shown.split() == words.split()
    assert max(len(sentence.text) for sentence in sentences) <= 1_000


def test_text_shows_word_by_word():
    """A word shows as soon as it is whole, also in a language that writes no spaces."""
    prose = Prose(COUNT)
    assert [*prose.feed("He met Pu")] == ["He met"]
    assert [*prose.feed("tin ")] == [" Putin"]
    prose = Prose(COUNT)
    assert [*prose.feed("他会见了普京")] == ["他会见了普"]


@given(st.text(alphabet="ab .[]()123\n*_NOT", max_size=60))
def test_whatever_is_written_is_taken_apart(text):
    """Any text at all gives sentences whose passages are known."""
    _, sentences, _ = taken(text, *range(0, len(text), 3))
    assert all({*sentence.numbers} <= {1, 2} and sentence.text for sentence in sentences)
