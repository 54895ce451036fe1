"""A chat model's answers, recorded in a folder or replayed from it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from bot.settings import Settings
from rag.errors import CassetteError, GriotError
from rag.models.cassettes import SESSION, Recorder, Replayer, Session

if TYPE_CHECKING:
    import httpx

NOWHERE = "http://replayed.invalid"
"""The server of a replay, which no request reaches."""


class Tape(Protocol):
    """A recorder or player between a chat model and its server."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that it tells itself, by their names in `Settings`."""
        ...

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Return the transport that carries requests, or answers them."""
        ...

    def today(self) -> date:
        """Return the day that questions' relative dates count from."""
        ...


class Recording:
    """Records what the chat model of the settings answers, `further` to what the folder holds.

    What is recorded further counts from the day of what is there: one replay has one day.

    Raises:
        GriotError: there is no chat model, the folder cannot be written, or what is there was
            recorded otherwise.
    """

    def __init__(
        self, folder: Path, settings: Settings, *, today: date, further: bool = False
    ) -> None:
        if settings.llm:
            raise GriotError(
                "the answers of GRIOT_LLM cannot be recorded; set GRIOT_LLM_URL and "
                "GRIOT_LLM_MODEL instead"
            )
        if settings.llm_url is None or settings.llm_model is None:
            raise GriotError(
                "there is no chat model to record; set GRIOT_LLM_URL and GRIOT_LLM_MODEL"
            )
        self.settings: dict[str, Any] = {}
        session = Session(
            model=settings.llm_model,
            path=urlsplit(settings.llm_url).path,
            context=settings.llm_context,
            today=today,
        )
        self._folder = folder
        self._today = _day(folder, session) if further else today
        replace(session, today=self._today).write(folder)

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Return the transport that records."""
        import httpx

        return Recorder(self._folder, httpx.AsyncHTTPTransport())

    def today(self) -> date:
        """Return the day of the recording."""
        return self._today


def _day(folder: Path, session: Session) -> date:
    """Return the day of a folder's recording, or the session's own if the folder has none."""
    if not (folder / SESSION).exists():
        return session.today
    before = Session.read(folder)
    if replace(before, today=session.today) != session:
        raise CassetteError(
            f"{folder} holds answers of another model, address or GRIOT_LLM_CONTEXT; record the "
            "whole set anew, or into another folder"
        )
    return before.today


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
            "llm": None,
            "llm_file": None,
            "llm_context": self._session.context,
        }

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Return the transport that replays."""
        return Replayer(self._folder)

    def today(self) -> date:
        """Return the day of the recording."""
        return self._session.today
