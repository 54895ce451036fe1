"""A chat model's answers, recorded in a folder or replayed from it."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from bot.settings import Settings
from rag.cassettes import Recorder, Replayer, Session
from rag.errors import GriotError

if TYPE_CHECKING:
    import httpx

NOWHERE = "http://replayed.invalid"
"""The server of a replay, which no request reaches."""


class Tape(Protocol):
    """What stands between a chat model and its server.

    `settings` are those that it tells itself, by their names in `Settings`. `today` gives the day
    that questions count from.
    """

    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102 - as above

    def transport(self) -> "httpx.AsyncBaseTransport": ...  # noqa: D102

    def today(self) -> date: ...  # noqa: D102


class Recording:
    """Records what the chat model of the settings answers.

    Raises:
        GriotError: there is no chat model, or the folder cannot be written.
    """

    def __init__(self, folder: Path, settings: Settings, *, today: date) -> None:
        if settings.llm_url is None or settings.llm_model is None:
            raise GriotError(
                "there is no chat model to record; set GRIOT_LLM_URL and GRIOT_LLM_MODEL"
            )
        self.settings: dict[str, Any] = {}
        self._folder = folder
        self._today = today
        Session(
            model=settings.llm_model,
            path=urlsplit(settings.llm_url).path,
            context=settings.llm_context,
            today=today,
        ).write(folder)

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Give what carries requests to the server."""
        import httpx

        return Recorder(self._folder, httpx.AsyncHTTPTransport())

    def today(self) -> date:
        """Give the day on which it is recorded."""
        return self._today


class Replaying:
    """Answers as a chat model did when it was recorded. Nothing needs to be set for it.

    Raises:
        CassetteError: nothing was recorded in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session = Session.read(folder)
        self.settings: dict[str, Any] = {
            "llm_url": NOWHERE + self._session.path,
            "llm_model": self._session.model,
            "llm_key": None,
            "llm_context": self._session.context,
        }

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Give what answers requests without a server."""
        return Replayer(self._folder)

    def today(self) -> date:
        """Give the day on which it was recorded."""
        return self._session.today
