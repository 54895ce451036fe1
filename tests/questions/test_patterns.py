import threading

import pytest

from bot.questions.patterns import Endless, matches

NESTED = r"^(\w+\s?)*$"
LONG = "who accompanied him to the capital of Russia, nobody says"


def test_a_pattern_is_found_or_not():
    assert matches(r"Ca\w+a", "Sadio Camara")
    assert not matches(r"^Camara", "Sadio Camara")


def test_a_search_without_end_is_stopped():
    with pytest.raises(Endless) as stopped:
        matches(NESTED, LONG, seconds=0.05)
    assert str(stopped.value) == (
        r"`matches: ^(\w+\s?)*$` took too long; write it without a repetition in a repetition, "
        "such as (a+)+"
    )


def test_a_search_after_a_stopped_one_has_its_own_time():
    with pytest.raises(Endless):
        matches(NESTED, LONG, seconds=0.05)
    assert matches(NESTED, "who accompanied him")


def test_beside_the_main_thread_a_search_is_as_any():
    found = []
    thread = threading.Thread(target=lambda: found.append(matches(NESTED, "who")))
    thread.start()
    thread.join()
    assert found == [True]
