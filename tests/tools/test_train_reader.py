import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rag.models.reader import ENGLISH_TOKENIZER_FILE
from tools.train_reader.examples import (
    MOST_TOKENS,
    Examples,
    batches,
    exchanged,
    load,
)

BRIDGE = "The bridge of Gao was opened in 1972. Aminata Sow built it with forty masons."
MARKET = "The market of Kidal was opened in 1980. Camara paid 1200 francs for the largest stall."


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(ENGLISH_TOKENIZER_FILE))


def asked(question, context, *answers):
    return {
        "question": question,
        "answers": [{"text": answer, "answer_start": context.index(answer)} for answer in answers],
        "is_impossible": not answers,
    }


@pytest.fixture
def file(tmp_path):
    """A file in SQuAD's format: two titles of a paragraph each."""
    paragraphs = {
        "Gao": (
            BRIDGE,
            [
                asked("Who built the bridge?", BRIDGE, "Aminata Sow", "Sow", "Aminata Sow"),
                asked("Who paid for it?", BRIDGE),
            ],
        ),
        "Kidal": (MARKET, [asked("When was the market opened?", MARKET, "1980")]),
    }
    data = [
        {"title": title, "paragraphs": [{"context": context, "qas": questions}]}
        for title, (context, questions) in paragraphs.items()
    ]
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"data": data}))
    return path


def words(tokenizer, example):
    """The answers of an example, in words, with their shares."""
    return {
        tokenizer.decode(example.ids[first : last + 1]): share
        for (first, last), share in example.answers
    }


def test_several_answers_share_a_target(file, tokenizer):
    """Each answer counts as often as it was given; an unanswerable question has none."""
    examples = Examples(load([file], tokenizer), tokenizer, 1).plain()
    assert [words(tokenizer, example) for example in examples] == [
        {"aminata sow": 2 / 3, "sow": 1 / 3},
        {},
        {"1980": 1.0},
    ]


@pytest.mark.parametrize(("only", "without", "count"), [((), ("Gao",), 1), (("Gao",), (), 2)])
def test_titles_can_be_left_out(file, tokenizer, only, without, count):
    """A title that is held out is in no example."""
    assert len(load([file], tokenizer, only=only, without=without).questions) == count


def test_an_epoch_is_the_same_for_the_same_seed(file, tokenizer):
    """Epochs differ from each other, not from themselves."""
    first, again = (Examples(load([file], tokenizer), tokenizer, 1) for _ in range(2))
    assert [first.epoch(number) for number in range(9)] == [again.epoch(n) for n in range(9)]
    assert len({tuple(first.epoch(number)) for number in range(9)}) > 1


def test_made_examples_have_no_answer(file, tokenizer):
    """Examples that an epoch adds to the questions are unanswerable."""
    examples = Examples(load([file], tokenizer), tokenizer, 1)
    for number in range(40):
        answered = [example for example in examples.epoch(number) if example.answers]
        assert len(answered) == 2


@pytest.mark.parametrize("length", [10, 300, 900])
def test_a_long_context_is_cut_about_its_answer(tmp_path, tokenizer, length):
    """However long the paragraph, an example fits, and holds the answer at its place."""
    filler = "It rained. " * (length // 3)
    context = f"{filler}Sow came. {filler}"
    question = asked("Who came?", context, "Sow")
    data = [{"title": "Gao", "paragraphs": [{"context": context, "qas": [question]}]}]
    (tmp_path / "long.json").write_text(json.dumps({"data": data}))
    examples = Examples(load([tmp_path / "long.json"], tokenizer), tokenizer, 1)
    for number in range(20):
        one = examples.epoch(number)[0]
        assert len(one.ids) <= MOST_TOKENS
        assert words(tokenizer, one) in ({"sow": 1.0}, {})


def all_exchanged(question, context):
    chance = random.Random(1)
    return {exchanged(question, context, chance) for _ in range(300)}


def test_names_numbers_and_opposites_are_exchanged():
    """A question gets a name or a number of its paragraph, an opposite, or a not."""
    assert all_exchanged("What is the largest town near Gao?", "Kidal is larger than Mopti.") == {
        "What is the smallest town near Gao?",
        "What is the largest town near Mopti?",
        "What is not the largest town near Gao?",
    }
    assert "Who came in 1980?" in all_exchanged("Who came in 1972?", "It was in 1980, not 7.")


def test_nothing_to_exchange():
    """A question without a name, a number or a word that has an opposite stays unused."""
    assert all_exchanged("Why rain?", MARKET) == {None}


@given(st.lists(st.integers(1, 60), max_size=40))
def test_batches_hold_every_example_once(lengths):
    """Batches of at most so many tokens, padding counted, hold all examples."""

    class Sized:
        def __init__(self, length):
            self.ids = (0,) * length

    examples = [Sized(length) for length in lengths]
    made = list(batches(examples, 100, random.Random(1)))
    assert sorted(map(id, examples)) == sorted(id(example) for batch in made for example in batch)
    assert all(len(batch) * max(len(example.ids) for example in batch) <= 100 for batch in made)
