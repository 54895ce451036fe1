import io

import pytest

from bot.progress import Speed, duration, indexing
from desk import Desk, story
from fake_embedder import FakeEmbedder


def test_a_pace_is_told_once_it_can_be() -> None:
    """A pace looks back half a minute; nothing is told of the first seconds, or of a standstill."""
    speed = Speed()
    seen = [(0, 0), (1, 10), (2, 30), (30, 300), (60, 330), (91, 330), (92, 390)]
    assert [speed.text(now, done, 3000) for now, done in seen] == [
        "",
        "",
        "15 a second, 4 min left",
        "10 a second, 5 min left",
        "1.0 a second, 45 min left",
        "",
        "1.9 a second, 24 min left",
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7141, "120 min"),
        (7201, "2 h 1 min"),
    ],
)
def test_a_duration(seconds: float, expected: str) -> None:
    """A time is told in seconds, minutes or hours, rounded up."""
    assert duration(seconds) == expected


class Interrupted(FakeEmbedder):
    """Ctrl-C is pressed while the second batch is embedded."""

    batches = 0

    def passages(self, passages):
        self.batches += 1
        if self.batches == 2:
            raise KeyboardInterrupt
        return super().passages(passages)


def test_ctrl_c_says_what_is_kept(tmp_path) -> None:
    """Interrupted, indexing says how much is kept and that the next run goes on."""
    desk = Desk(tmp_path, Interrupted())
    for number in range(100):
        desk.put(f"{number}.txt", story(f"Town{number}"))
    with (
        desk.open() as library,
        pytest.raises(KeyboardInterrupt) as interrupt,
        indexing(io.StringIO()) as bar,
    ):
        library.refresh(progress=bar)
    kept = "stopped; what is done is kept, about 65 of 100 articles, and the next run goes on"
    assert interrupt.value.args == (f"{kept} from there",)


def test_ctrl_c_before_anything_is_done_says_nothing() -> None:
    """Where nothing had to be done, there is nothing to tell."""
    with pytest.raises(KeyboardInterrupt) as interrupt, indexing(io.StringIO()):
        raise KeyboardInterrupt
    assert interrupt.value.args == ()
