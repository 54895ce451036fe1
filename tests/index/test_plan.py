from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rag.index.ingest import IngestReport, compare
from rag.index.plan import FoundFile, Plan, located, plan
from rag.index.stores import Identity, StoredSource
from rag.pages.sources import SourceFile


def file(key: str, size: int = 1, mtime_ns: int = 1, location: str = "") -> FoundFile:
    return FoundFile(key, location or key, SourceFile(Path(key), size, mtime_ns))


def source(key: str, **known: object) -> StoredSource:
    return StoredSource(**{"path": key, "location": key, "size": 1, "mtime_ns": 1, **known})


def test_a_plan() -> None:
    """New, stale and touched files are read, missing ones removed, the rest left."""
    known = {key: source(key) for key in ("same", "size", "time", "gone")}
    known["stale"] = source("stale", stale=True)
    found = [file("new"), file("same"), file("size", size=2), file("stale"), file("time", 1, 2)]
    assert plan(known, found) == Plan(
        read=(found[0], found[2], found[3], found[4]), unchanged=("same",), removed=("gone",)
    )


def test_what_cannot_be_listed_is_not_removed() -> None:
    """The files of a folder that cannot be listed stay, and so does a namesake's neighbour."""
    known = {key: source(key) for key in ("shut/a", "shut/b/c", "shutter/a", "empty.txt/a")}
    found = [file("shut", 0, 0), file("empty.txt", 0, 5)]
    assert plan(known, found) == Plan(
        read=tuple(found), unchanged=("shut/a", "shut/b/c"), removed=("empty.txt/a", "shutter/a")
    )


KEYS = st.sampled_from(["a", "b", "d/a", "d/b", "d"])
FILES = st.dictionaries(KEYS, st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(FILES, FILES)
def test_a_plan_leaves_nothing_to_do(before: dict, after: dict) -> None:
    """The records of a plan that was followed need no further one."""
    known = {key: source(key, size=size, mtime_ns=time) for key, (size, time) in before.items()}
    found = [file(key, *state) for key, state in after.items()]
    todo = plan(known, found)
    for key in todo.removed:
        del known[key]
    for item in todo.read:
        known[item.key] = source(item.key, size=item.file.size, mtime_ns=item.file.mtime_ns)
    assert plan(known, found).empty


def test_locations_are_kept_and_told_apart() -> None:
    """A file keeps its first location; a new one whose location is taken gets its key."""
    known = {"a/x": source("a/x", location="x"), "gone": source("gone", location="y")}
    places = {"a/x": "a/x", "b/x": "x", "b/z": "z", "c/z": "z", "c/y": "y"}
    found = [file(key, location=location) for key, location in places.items()]
    placed = located(found, known, ["x", "y"])
    assert [item.location for item in placed] == ["x", "b/x", "z", "c/z", "c/y"]


def test_a_comparison() -> None:
    """Articles are new, changed, unchanged or removed by what their files held before."""
    before = {name: Identity("a", "1") for name in ("same", "changed", "gone")}
    before |= {"moved": Identity("b", "1"), "elsewhere": Identity("z", "1")}
    after = {name: Identity("a", "1") for name in ("same", "moved")}
    after |= {"changed": Identity("a", "2"), "new": Identity("b", "1")}
    after |= {"elsewhere": Identity("z", "2")}
    assert compare(before, after, frozenset({"a", "b"})) == IngestReport(
        new=("new",), changed=("changed",), unchanged=2, removed=("gone",)
    )
