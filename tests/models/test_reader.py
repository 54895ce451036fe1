from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ReaderError
from rag.models.judge import Statement
from rag.models.reader import (
    EmbeddedReader,
    Found,
    Reading,
    Window,
    borne_out,
    likeliest,
    statement,
    together,
    trimmed,
    unaccented,
)
from rag.text.passages import sentences
from rag.types import Span

MARKET = (
    "The market of Gao was opened in 1972. Aminata Sow, a trader from Kidal, built it with "
    "forty masons. Salt, cloth and millet are sold there every Monday."
)
RIVER = "The river rises in August. Boats carry rice to Mopti while it is high."


@pytest.fixture(scope="module")
def reader():
    return EmbeddedReader()


def passage(text):
    return text, list(sentences(text))


def answer(reader, question, text, **options):
    """The words of the likeliest range."""
    (reading,) = reader.read(question, [passage(text)], **options)
    best = max((hit for hit in reading.found if hit), key=lambda one: one.score)
    return text[slice(*best.span)]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When was the market opened?", "1972"),
        ("Who built the market?", "Aminata Sow"),
        ("how many masons built the market", "forty"),
        ("What is sold at the market?", "Salt, cloth and millet"),
    ],
)
def test_the_words_that_answer_are_found(reader, question, words):
    """The likeliest range of a passage is the answer, a list whole."""
    assert answer(reader, question, MARKET) == words


@pytest.mark.parametrize(
    ("several", "words"),
    [(False, "Oumar Ba"), (True, "Oumar Ba, and by the governor of Gao, Sira Traore")],
)
def test_a_list_is_read_further_where_a_question_may_have_several_answers(reader, several, words):
    """The caller knows the question's kind; a less likely rest of the list is then taken too."""
    text = "He was received by Oumar Ba, and by the governor of Gao, Sira Traore."
    assert answer(reader, "Who received him?", text, several=several) == words


def test_a_passage_that_does_not_answer_is_told_from_one_that_does(reader):
    """A passage about another thing scores lower than one about the thing asked for."""
    about, beside = reader.read("Who built the market of Gao?", [passage(MARKET), passage(RIVER)])
    assert about.answered > beside.answered
    assert max(hit.score for hit in about.found) > max(hit.score for hit in beside.found)


def test_further_answers_share_no_word_with_likelier_ones(reader):
    """A further answer in a sentence is elsewhere in it, and never likelier."""
    (reading,) = reader.read("Who built the market?", [passage(MARKET)])
    for first in reading.found:
        chain = [first, first.next, first.next.next]
        assert chain[-1].next is None
        assert [answer.score for answer in chain] == sorted(
            (answer.score for answer in chain), reverse=True
        )
        ends = sorted(answer.span for answer in chain)
        assert all(span.end <= other.start for span, other in pairwise(ends))


def test_a_range_stands_in_its_sentence(reader):
    """There is an entry for each sentence, and its range lies within it, however long the text."""
    text = " ".join([MARKET, RIVER] * 12)
    ranges = list(sentences(text))
    (reading,) = reader.read("Who built the market?", [(text, ranges)])
    assert len(reading.found) == len(ranges)
    for sentence, found in zip(ranges, reading.found, strict=True):
        assert sentence.start <= found.span.start < found.span.end <= sentence.end
        assert 0 < found.share <= 1


def test_a_passage_is_read_alike_in_any_company(reader):
    """Other passages and the number of threads do not change a passage's reading."""
    question, passages = "When does the river rise?", [passage(RIVER), passage(MARKET)]
    alone = [reader.read(question, [passage])[0] for passage in passages]
    assert reader.read(question, passages) == alone
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: reader.read(question, passages), range(8))) == [alone] * 8


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [(0.0, 3.0, "Aminata Sow"), (6.0, 0.0, "masons"), (0.0, 0.0, "Aminata Sow")],
    ids=["the other is sure", "ours is sure", "both are a little"],
)
def test_two_readers_scores_are_joined_letter_by_letter(ours, theirs, words):
    """Whatever pieces each of them cuts the words into."""
    text = "Aminata Sow paid masons"
    sentence = Span(0, len(text))

    def window(offsets, liked):
        ends = np.full((len(offsets), 2), -4.0, dtype=np.float32)
        for (start, end), score in liked.items():
            ends[[place for place, (at, _) in enumerate(offsets) if at == start], 0] = score
            ends[[place for place, (_, at) in enumerate(offsets) if at == end], 1] = score
        return Window(text=text, offsets=offsets, ends=ends, answered=0.0)

    name, builders = (0, 11), (17, 23)
    cut = window([(0, 3), (3, 7), (8, 11), (12, 16), (17, 23)], {name: 1, builders: 1 + ours})
    whole = window([(0, 7), (8, 11), (12, 16), (17, 20), (20, 23)], {name: 2 + theirs})
    found = together(cut, whole).found(sentence, 0.5)
    assert text[slice(*found.span)] == words


@pytest.mark.parametrize("question", ["", "?", "谁来了？", "🎉", "\ud800", "why " * 4000])
@pytest.mark.parametrize("text", ["", " ", "谁来了。", "🎉", "\ud800", "a" * 5000])
def test_whatever_is_asked_of_whatever(reader, question, text):
    """No question and no text is an error; where there is no word, nothing is found."""
    (reading,) = reader.read(question, [(text, [Span(0, len(text))])])
    assert len(reading.found) == 1
    assert reading.found[0] is None or reading.found[0].span.end <= len(text)


def test_nothing_to_read(reader):
    """Without passages there is nothing to say, and without sentences nothing is found."""
    assert reader.read("Who?", []) == []
    assert reader.read("Who?", [("Gao.", [])])[0].found == ()


@pytest.mark.parametrize(
    ("text", "words", "kept"),
    [
        ("He paid 1,200 francs, then left.", "1,200 francs,", "1,200 francs"),
        ("The Malian army came.", "Mali", "Malian"),
        ("It came (in 2022) late.", "in 2022)", "in 2022"),
        ("It came (in 2022) late.", "(in 2022)", "(in 2022)"),
        ("He said “no deal” to them.", "“no deal", "no deal"),
        ("They live in the U.S.", "the U.S.", "the U.S."),
        ("They live in Gao.", "in Gao.", "in Gao"),
        ("The traders’ market.", "The traders’", "The traders"),
        ("Wait.", ".", "."),
    ],
)
def test_a_range_is_cut_to_whole_words(text, words, kept):
    """Words at the edges are completed, punctuation and unpaired marks there are left out."""
    start = text.index(words)
    span = trimmed(text, Span(start, start + len(words)), Span(0, len(text)))
    assert text[slice(*span)] == kept


@given(st.text(min_size=1), st.data())
def test_a_cut_range_is_never_empty(text, data):
    """Whatever the words, something of the sentence is left."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = trimmed(text, Span(start, end), Span(0, len(text)))
    assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("part", ["model", "tokenizer"])
def test_a_missing_file(tmp_path, part):
    """A missing file is named, with what to do."""
    with pytest.raises(ReaderError, match=r"absent is missing\. Install griot again"):
        EmbeddedReader(**{part: tmp_path / "absent"}).load()


@pytest.mark.parametrize("part", ["model", "tokenizer"])
def test_a_damaged_file(tmp_path, part):
    """A damaged file is told from a missing one, with what to do."""
    (tmp_path / "damaged").write_bytes(b"\x00not a model")
    with pytest.raises(ReaderError, match=r"is damaged\. Install griot again"):
        EmbeddedReader(**{part: tmp_path / "damaged"}).load()


def test_accents_are_taken_off_in_place():
    assert unaccented("Goïta, Šeško – “Łódź”") == "Goita, Sesko – “Łodz”"


def test_only_english_is_judged_without_accents():
    """An English question about a French passage leaves the passage as it is."""

    def judged(question, text, words):
        at = text.index(words)
        found = Found(Span(at, at + len(words)), score=1.0, share=1.0)
        return statement(question, text, list(sentences(text)), found, 0)

    english = "The mayor met Goïta on Monday."
    french = "Le général Goïta a été reçu à Moscou."
    question = "Who was received with Goïta?"
    assert judged(question, english, "Goïta") == Statement(
        "Goita", "The mayor met Goita on Monday.", "Who was received with Goita?"
    )
    assert judged(question, french, "Goïta") == Statement("Goïta", french, question)


def answers(*scores, start=0):
    """Return answers of one sentence, a word of four letters each, the likeliest first."""
    score, *less = scores
    after = answers(*less, start=start + 5) if less else None
    return Found(Span(start, start + 4), score=score, share=0.6, next=after)


def test_the_likeliest_answers_are_judged():
    """Of all sentences, at most three, and none that is far behind the first."""
    first, second = answers(4.0, 3.5), answers(3.0, 2.0, start=50)
    assert likeliest([first, None, second]) == [(0, first), (0, first.next), (2, second)]
    far = answers(4.0, 0.5)
    assert likeliest([None, far]) == [(1, far)]
    assert likeliest([None]) == []


def test_an_answer_falls_behind_one_that_is_borne_out():
    """They change places within their sentence; what the passage has is judged by the better."""
    first = answers(3.9, 3.6)
    reading = borne_out(Reading(2.0, (first,)), {first: -2.0, first.next: 3.0})
    [found] = reading.found
    assert (found.span, found.share) == (first.next.span, first.share)
    assert found.next.span == first.span
    assert found.next.score < found.score == first.next.score
    assert reading.answered > borne_out(Reading(2.0, (first,)), {first: -2.0}).answered


def test_an_answer_that_is_borne_out_stays_first():
    first, other = answers(3.9, 3.6), answers(2.0, start=50)
    reading = borne_out(Reading(2.0, (first, None, other)), {first: 3.0, other: 2.9})
    assert reading.found[0] == first
    assert reading.found[1] is None
    assert reading.found[2].score < other.score
