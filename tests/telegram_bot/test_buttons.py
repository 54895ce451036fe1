import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.buttons import (
    Ask,
    AskAll,
    EndDigest,
    EndWatch,
    Rate,
    Remove,
    SendAgain,
    ShowAnswer,
    ShowSource,
    ShowWhy,
    Speak,
    Unfollow,
    key_of,
)
from bot.telegram_bot.buttons import LONGEST, decode, encode
from rag.index.answers import LETTERS

IDS = st.text(LETTERS, min_size=6, max_size=12)
NUMBERS = st.integers(0, 9999)
PRESSES = st.one_of(
    st.builds(ShowAnswer, IDS, NUMBERS),
    st.builds(ShowSource, IDS, NUMBERS, st.integers(1, 9999), NUMBERS),
    st.builds(ShowWhy, IDS, NUMBERS),
    st.builds(Rate, IDS, NUMBERS, st.booleans()),
    st.builds(SendAgain, IDS),
    st.builds(AskAll, IDS),
    st.builds(Ask, NUMBERS),
    st.builds(Speak, st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=2)),
    st.builds(Remove, st.text(max_size=300).map(key_of)),
    st.builds(EndWatch, st.integers(1, 10**15 - 1), NUMBERS),
    st.just(EndDigest()),
    st.builds(Unfollow, st.text(max_size=300).map(key_of), NUMBERS),
)


def test_the_data_of_a_button_is_as_it_was_yesterday():
    """Buttons of messages that were sent long ago keep their meaning."""
    written = {
        "a:7k3fq2:0": ShowAnswer("7k3fq2", 0),
        "s:7k3fq2:1:12:0": ShowSource("7k3fq2", 1, 12),
        "w:7k3fq2:2": ShowWhy("7k3fq2", 2),
        "r:7k3fq2:2:1": Rate("7k3fq2", 2, good=True),
        "r:7k3fq2:2:0": Rate("7k3fq2", 2, good=False),
        "g:7k3fq2": SendAgain("7k3fq2"),
        "d:7k3fq2": AskAll("7k3fq2"),
        "q:2": Ask(2),
        "l:fr": Speak("fr"),
        "x:9ab2aadb3c51e72d": Remove(key_of("https://news.example/corps")),
        "e:12:0": EndWatch(12, 0),
        "n": EndDigest(),
        "u:9ab2aadb3c51e72d:0": Unfollow(key_of("https://news.example/corps"), 0),
    }

    assert {encode(press): press for press in written.values()} == written
    assert [decode(data) for data in written] == list(written.values())


@given(PRESSES)
def test_a_press_comes_back_as_it_was(press):
    data = encode(press)

    assert decode(data) == press
    assert data.isascii()
    assert len(data) <= LONGEST


@pytest.mark.parametrize(
    "data",
    [
        "",
        "a",
        "a:7k3fq2",
        "a:7k3fq2:0:0",
        "a:7k3fq:0",
        "a:7k3fq27k3fq27:0",
        "a:7K3FQ2:0",
        "a:7k3fq1:0",
        "a:7k3fq2:-1",
        "a:7k3fq2:01",
        "a:7k3fq2:٣",
        "a:7k3fq2:0\n",
        "a:7k3fq2:99999",
        "s:7k3fq2:0:0:0",
        "r:7k3fq2:0:2",
        "l:français",
        "x:https://news.example",
        "z:7k3fq2:0",
    ],
)
def test_what_no_button_holds_is_no_press(data):
    assert decode(data) is None


@given(st.text(max_size=70))
def test_anything_else_is_taken_for_no_press_or_is_one(data):
    press = decode(data)

    assert press is None or encode(press) == data
