import asyncio
import logging
from dataclasses import dataclass, field

from bot.chat.desk import Question, Turn
from bot.chat.health import Health
from bot.chat.patience import Patience
from bot.chat.store import Store
from bot.telegram_bot.answering import Answering
from bot.telegram_bot.reply import Drafts
from rag.errors import IndexDamaged

QUESTION = Question(chat=1, message=2, person=1, text="Who?", update=3, language="en", private=True)


class DamagedStore(Store):
    """No question can be kept."""

    def ask(self, asked):
        raise IndexDamaged("the catalog is damaged; delete it")


@dataclass
class FakeInbox:
    released: list[int] = field(default_factory=list)

    async def release(self, update):
        self.released.append(update)


def test_a_question_that_cannot_be_kept_is_left_to_the_next_start(tmp_path, caplog):
    """The reason is logged once, and the update is not settled."""
    store, inbox = DamagedStore(tmp_path / "catalog.sqlite", bot=1), FakeInbox()
    answering = Answering(
        library=None,
        store=store,
        patiently=Patience(Health()),
        ready=asyncio.Event(),
        inbox=inbox,
        delivery=None,
        metrics=None,
        drafts=Drafts(on=False),
        log_questions=False,
    )
    with caplog.at_level(logging.ERROR):
        asyncio.run(answering.work(QUESTION, Turn(waits=False, _locks=(), _counted=int)))
    store.close()
    assert caplog.messages == ["the catalog is damaged; delete it"]
    assert inbox.released == []
