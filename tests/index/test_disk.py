"""Refusals of the disk: no room, simulated by a small file system in memory, and no permission."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk import PLACES, Desk, story
from paths import ROOT
from rag.errors import IndexDamaged, StorageFull
from rag.index.disk import explained
from small_disk import allow, needs_root, small_disk

NO_ROOM = r"^no room left to write to .*; free some disk space$"


def test_an_error_that_the_disk_does_not_explain_is_damage(tmp_path: Path) -> None:
    """Whatever an engine words, a folder that takes what is written to it is damaged."""
    with pytest.raises(IndexDamaged, match=r"index --rebuild$"), explained(tmp_path / "none"):
        raise OSError("No space left on device, permission denied, LockBusy")


def test_an_interruption_is_no_damage(tmp_path: Path) -> None:
    """An exception that ends the program passes through."""
    with pytest.raises(KeyboardInterrupt), explained(tmp_path):
        raise KeyboardInterrupt


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose index is on a small disk."""
    made = Desk(tmp_path)
    for place in PLACES:
        made.put(f"{place}.txt", story(place))
    with small_disk(made.home):
        yield made


@needs_root
@pytest.mark.parametrize("kibibytes", [4, 100, 190, 260])
def test_no_room_for_a_first_index(small: Desk, kibibytes: int) -> None:
    """Without room a first run says so in a line, and with room the next run does its work."""
    allow(small.home, f"{kibibytes}k")
    with pytest.raises(StorageFull, match=NO_ROOM):
        small.index()
    allow(small.home, "64m")
    assert small.index().indexed == len(PLACES)
    assert (small.found("Gao"), small.agrees()) == (["Gao.txt"], True)


@needs_root
def test_no_room_for_a_change(small: Desk) -> None:
    """Without room for a change, what was indexed is still found, and later the change as well."""
    small.index()
    used = sum(path.stat().st_size for path in small.home.rglob("*")) // 1024
    small.put("Gao.txt", story("Gao", "burned"))
    allow(small.home, f"{used + 90}k")
    with pytest.raises(StorageFull, match=NO_ROOM):
        small.index()
    folders = sorted(path.name for path in small.home.iterdir() if path.is_dir())
    assert (small.found("Kidal"), len(folders)) == (["Kidal.txt"], 2)
    allow(small.home, "64m")
    assert small.index().indexed == len(PLACES)
    assert (small.found("burned"), small.agrees()) == (["Gao.txt"], True)


def as_nobody(desk: Desk, code: str) -> str:
    """Run a program over the desk's folder as a user who owns nothing, and return what it says."""
    program = (
        "import sys; from pathlib import Path\n"
        f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"
        "from desk import Desk, catalogued\nfrom rag.errors import GriotError\n"
        "from rag.index.disk import trouble\n"
        f"desk = Desk(Path({str(desk.folder)!r}))\n"
        f"try:\n    print({code})\nexcept GriotError as error:\n    print(error)\n"
    )
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = subprocess.run(
        [*user, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.strip() or done.stderr


needs_nobody = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="only the superuser can become another user",
)


@pytest.fixture
def open_desk() -> Iterator[Desk]:
    """A desk that every user may reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        made = Desk(Path(folder))
        made.put("gao.txt", story("Gao"))
        made.put("shut/kidal.txt", story("Kidal"))
        yield made


@needs_nobody
def test_what_may_not_be_read(open_desk: Desk) -> None:
    """An unreadable file is named, is not taken for removed, and is tried again by each run."""
    script = (
        "(lambda r: (r.new, r.changed, r.unchanged, r.removed, r.skipped))(catalogued(desk)[0])"
    )
    assert as_nobody(open_desk, script) == "(('gao.txt', 'shut/kidal.txt'), (), 0, (), ())"
    (open_desk.corpus / "shut").chmod(0)
    open_desk.put("mopti.txt", story("Mopti")).chmod(0)
    said = as_nobody(open_desk, script)
    assert said.startswith(
        "((), (), 2, (), (Skipped(location='mopti.txt', reason=Reason.UNREADABLE("
    )
    (open_desk.corpus / "shut").chmod(0o755)
    (open_desk.corpus / "mopti.txt").chmod(0o644)
    assert as_nobody(open_desk, script) == "(('mopti.txt',), (), 2, (), ())"


@needs_nobody
def test_a_home_that_may_not_be_written(open_desk: Desk) -> None:
    """An index folder that may not be written says so in a line, before and after it is made."""
    open_desk.folder.chmod(0o755)
    assert as_nobody(open_desk, "desk.index()").startswith("cannot write to ")
    open_desk.index()
    open_desk.put("mopti.txt", story("Mopti"))
    said = as_nobody(open_desk, "desk.index()")
    assert said.startswith(f"cannot write to {open_desk.home} (")
    assert as_nobody(open_desk, "trouble(desk.home)") == said.replace(
        "attempt to write a readonly database", "permission denied"
    )
