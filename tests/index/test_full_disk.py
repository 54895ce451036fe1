"""A disk without room, simulated by a small file system in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import PLACES, Desk, story
from rag.errors import StorageFull
from small_disk import allow, needs_root, small_disk

pytestmark = needs_root


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    for place in PLACES:
        made.put(f"{place}.txt", story(place))
    with small_disk(made.home):
        yield made


@pytest.mark.parametrize("kibibytes", [4, 100, 190, 260])
def test_no_room_for_a_first_index(desk: Desk, kibibytes: int) -> None:
    """Without room a first run says so in a line, and with room the next run does its work."""
    allow(desk.home, f"{kibibytes}k")
    with pytest.raises(StorageFull, match=r"^no room left to write to .*; free some disk space"):
        desk.index()
    allow(desk.home, "64m")
    assert desk.index().indexed == len(PLACES)
    assert (desk.found("Gao"), desk.agrees()) == (["Gao.txt"], True)


def test_no_room_for_a_change(desk: Desk) -> None:
    """Without room for a change, what was indexed is still found, and later the change as well."""
    desk.index()
    used = sum(path.stat().st_size for path in desk.home.rglob("*")) // 1024
    desk.put("Gao.txt", story("Gao", "burned"))
    allow(desk.home, f"{used + 90}k")
    with pytest.raises(StorageFull):
        desk.index()
    assert desk.found("Kidal") == ["Kidal.txt"]
    allow(desk.home, "64m")
    assert desk.index().indexed == len(PLACES)
    assert (desk.found("burned"), desk.agrees()) == (["Gao.txt"], True)
