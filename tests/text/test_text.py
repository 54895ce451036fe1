import pytest

from rag.text import asks_nothing


@pytest.mark.parametrize("text", ["", " ?!", "🎉", "xxxx", "Aaa", "ффф ффф?"])
def test_a_text_without_letters_or_with_one_again_and_again_asks_nothing(text):
    assert asks_nothing(text)


@pytest.mark.parametrize("text", ["水", "5", "777", "EU", "www?w2"])
def test_a_short_text_may_ask_something(text):
    assert not asks_nothing(text)
