"""A chat model's answers, recorded in a folder or replayed from it."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.settings import Settings
from rag.errors import CassetteError, GriotError
from rag.models.cassettes import SESSION, Recorder, Replayer, Session

if TYPE_CHECKING:
    import httpx

NOWHERE = "http://replayed.invalid"
"""The server of a replay, which no request reaches."""


@dataclass(frozen=True)
class Tape:
    """A folder of a chat model's answers, and whether they are replayed from it or recorded.

    `day` is the day that questions' relative dates count from, and `settings` are those that the
    tape gives, by their names in `Settings`.
    """

    folder: Path
    day: date
    replays: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    def transport(self) -> "httpx.AsyncBaseTransport":
        """Return the transport that records the model's answers, or replays them."""
        import httpx

        if self.replays:
            return Replayer(self.folder)
        return Recorder(self.folder, httpx.AsyncHTTPTransport())

    def today(self) -> date:
        """Return the day of the recording."""
        return self.day


def recording(folder: Path, settings: Settings, *, today: date, further: bool = False) -> Tape:
    """Return a tape that records the chat model of the settings, `further` to what is there.

    What is recorded further counts from the day of what is there: one replay has one day.

    Raises:
        GriotError: there is no chat model, the folder cannot be written, or what is there was
            recorded otherwise.
    """
    if settings.llm:
        raise GriotError(
            "the answers of GRIOT_LLM cannot be recorded; set GRIOT_LLM_URL and "
            "GRIOT_LLM_MODEL instead"
        )
    if settings.llm_url is None or settings.llm_model is None:
        raise GriotError("there is no chat model to record; set GRIOT_LLM_URL and GRIOT_LLM_MODEL")
    session = Session(
        model=settings.llm_model,
        path=urlsplit(settings.llm_url).path,
        context=settings.llm_context,
        today=today,
    )
    day = _day(folder, session) if further else today
    replace(session, today=day).write(folder)
    return Tape(folder, day)


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


def replaying(folder: Path) -> Tape:
    """Return a tape that answers as the recorded chat model did. Nothing needs to be set for it.

    Raises:
        CassetteError: nothing was recorded in the folder.
    """
    session = Session.read(folder)
    settings = {
        "llm_url": NOWHERE + session.path,
        "llm_model": session.model,
        "llm_key": None,
        "llm": None,
        "llm_file": None,
        "llm_context": session.context,
    }
    return Tape(folder, session.today, replays=True, settings=settings)
