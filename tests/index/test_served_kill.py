"""Kill an indexing worker at each step of an update on servers; nothing is lost, nothing twice."""

import pytest

from desk import Desk, story
from killing import killed

pytestmark = pytest.mark.engines

STEPS = frozenset(
    {
        ("ingest.py", "_store"),
        ("ingest.py", "_settle"),
        ("search_index.py", "_keep"),
        ("search_index.py", "_write"),
        ("served.py", "_make"),
        ("served.py", "_sweep"),
        ("postgres_words.py", "apply"),
        ("postgres_words.py", "_copy"),
        ("postgres_words.py", "settle"),
        ("chroma_server.py", "create"),
        ("chroma_server.py", "apply"),
        ("chroma_server.py", "_asked"),
        ("catalog.py", "clear_outbox"),
    }
)
KEPT = {f"kept-{number}.txt": story(f"Town{number}") for number in range(6)}


def changed(desk: Desk, event: str) -> dict[str, str]:
    """Put an article in another's place, and change one; the articles as they are then."""
    texts = KEPT | {"gao.txt": story("Gao", event), f"{event}.txt": story("Kayes", event)}
    for path in desk.corpus.iterdir():
        path.unlink()
    for name, text in texts.items():
        desk.put(name, text)
    return texts


def rebuild(desk: Desk) -> None:
    with desk.open() as library:
        library.rebuild()


@pytest.mark.parametrize("job", [Desk.index, rebuild])
def test_killed_in_an_update_on_servers(served_engines, tmp_path, job) -> None:
    """What is kept is found at once after a kill, and all of it after the next run."""
    desk = Desk(tmp_path, engines=served_engines)
    desk.corpus.mkdir()
    changed(desk, "begins")
    desk.index()
    step, was_killed = 0, True
    while was_killed:
        step += 1
        event = f"event{step}"
        texts = changed(desk, event)
        if job is rebuild:
            desk.index()
        was_killed = killed(desk, step, STEPS, job)
        assert desk.found("Town3") == ["kept-3.txt"], step
        desk.index()
        assert (desk.agrees(), desk.texts()) == (True, texts), step
        assert desk.found(event) == [f"{event}.txt", "gao.txt"], step
    assert step > 5
