from pathlib import Path

import pytest

from desk import PLACES, Desk, story


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A corpus of three articles, not indexed yet."""
    made = Desk(tmp_path / "desk")
    for place in PLACES[:3]:
        made.put(f"{place.lower()}.txt", story(place))
    return made
