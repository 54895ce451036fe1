"""`griot watch --ask`: what new articles change in an answer, printed once."""

import asyncio
import json
from contextlib import closing, suppress

import pytest

from bot.standing.checking import Checking
from bot.standing.store import StandingTables
from bot.terminal.watch import asking
from fake_judge import FakeJudge
from newsroom import indexed, opened
from rag.grounding.change import Changes
from rag.index.tables import FILE
from standing_news import MINISTER, REPLACED, REWORDED, TOLD, NameReader

CHANGED = """\
The articles now differ on the answer: Who is the defence minister of Torvia?
Before:
Karim Selde [1]
Now:
Amina Orlo [2]

Sources
[1] News of post · Post · 2025-06-02
    https://post.example/news
    “The defence minister of Torvia is Karim Selde, a retired general.”
[2] News of daily · Daily · 2025-06-06
    https://daily.example/news
    “Amina Orlo became defence minister of Torvia on Friday.”

"""


@pytest.fixture
def own(tmp_path):
    return indexed(tmp_path / ".griot", TOLD)


def printed(own, capsys, *articles):
    """What is printed until each of the articles, which come one by one, was looked at."""

    async def run(library, store):
        checking = Checking(library, store, Changes(FakeJudge()))
        watching = asyncio.create_task(asking(checking, [MINISTER], every=0.01))

        async def looked():
            while not any(  # noqa: ASYNC110 - another process could not tell
                each.told and each.seen >= library.last_found() and not each.news
                for each in store.questions()
            ):
                await asyncio.sleep(0.01)

        await looked()
        for number, article in enumerate(articles):
            path = own.parent / "corpus" / f"new-{number}.json"
            path.write_text(json.dumps(article), encoding="utf-8")
            await asyncio.to_thread(library.refresh)
            await looked()
        await asyncio.sleep(0.05)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    with (
        opened(own, reader=NameReader()) as library,
        closing(StandingTables(own / FILE, bot="")) as store,
    ):
        asyncio.run(run(library, store))
    return capsys.readouterr().out


def test_the_answer_is_printed_and_then_what_changes_in_it(own, capsys):
    out = printed(own, capsys, REWORDED, REPLACED)
    answered = "Karim Selde [1]\n\nSources\n[1] News of post · Post · 2025-06-02\n"
    assert out.startswith(f"{MINISTER}\n{answered}")
    assert out.endswith(f"\n\n{CHANGED}")


def test_a_later_run_prints_what_has_changed_since_and_nothing_twice(own, capsys):
    first = printed(own, capsys)
    (own.parent / "corpus" / "new.json").write_text(json.dumps(REPLACED), encoding="utf-8")
    with opened(own) as library:
        library.refresh()
    assert (bool(first), printed(own, capsys), printed(own, capsys)) == (True, CHANGED, "")
