"""The only place that constructs: settings in, a library out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot import settings
from bot.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.tape import Tape
    from rag.grounding.support import Verifier
    from rag.library import Library
    from rag.models.chat import ChatModel
    from rag.models.embedder import Embedder
    from rag.models.reader import Reader
    from rag.pages.web import Get
    from rag.writing.answer import Chat


class Assembly(Protocol):
    """The parts that a command may ask for; tests hand in their own."""

    @property
    def settings(self) -> Settings:
        """The settings that everything else is made from."""
        ...

    def embedder(self) -> "Embedder":
        """The embedding model that the settings name, not yet loaded."""
        ...

    def reader(self) -> "Reader":
        """The embedded reader, not yet loaded."""
        ...

    def chat_model(self) -> "ChatModel | None":
        """The chat model that the settings name, if any, not yet connected."""
        ...

    def verifier(self) -> "Verifier":
        """The judge of whether articles support a chat model's sentences, not yet loaded."""
        ...

    @property
    def get(self) -> "Get":
        """Asks servers for pages."""
        ...

    def library(self) -> "Library":
        """The library, opened. Raises a `GriotError` if the index cannot be used as it is."""
        ...

    def over(self, corpus: Path, *, home: Path, tape: "Tape | None" = None) -> "Assembly":
        """The same for another folder of articles, with an index of its own.

        With `tape`, the chat model's answers are recorded, or replayed.
        """
        ...


@dataclass(frozen=True, slots=True)
class House:
    """The assembly of the real program."""

    settings: Settings
    tape: "Tape | None" = None

    def embedder(self) -> "Embedder":
        """An endpoint where one is set, and the embedded model otherwise."""
        from rag.models.embedder import EmbeddedModel, EndpointEmbedder

        url, model = self.settings.embed_url, self.settings.embed_model
        if url is None or model is None:
            return EmbeddedModel()
        return EndpointEmbedder(url, model, _secret(self.settings.embed_key))

    def reader(self) -> "Reader":
        """The one that comes with Griot."""
        from rag.models.reader import EmbeddedReader

        return EmbeddedReader()

    def chat_model(self) -> "ChatModel | None":
        """An OpenAI-compatible server's, one of LlamaIndex's, or one in a file."""
        url, model, key = self.settings.llm_url, self.settings.llm_model, self.settings.llm_key
        if self.settings.llm:
            from rag.models.llamaindex import LlamaIndexModel

            return LlamaIndexModel(self.settings.llm, _secret(key))
        if self.settings.llm_file:
            return _local_model(self.settings.llm_file, self.settings.llm_context)
        if url is None or model is None:
            return None
        from rag.models.openai.model import OpenAIModel

        transport = self.tape.transport() if self.tape else None
        return OpenAIModel(url, model, _secret(key), transport=transport)

    def verifier(self) -> "Verifier":
        """An endpoint where one is set, and the embedded models otherwise."""
        from rag.models.embedder import EmbeddedModel

        return self._verifier(EmbeddedModel())

    @property
    def get(self) -> "Get":
        """One that reads from the public internet alone."""
        from rag.pages import web

        return web.get

    def library(self) -> "Library":
        """The library at the settings' home, over their corpus; each model is loaded once."""
        from rag.library import Library
        from rag.reading.answerer import Extractive

        embedder = self.embedder()
        return Library.open(
            self.settings.home,
            corpus=self.settings.corpus,
            embedder=embedder,
            answerer=Extractive(self.reader()),
            chat=self._chat(embedder),
            today=self._today,
        )

    def over(self, corpus: Path, *, home: Path, tape: "Tape | None" = None) -> "House":
        """Another house, with the same settings where the tape does not tell others."""
        told = {"corpus": corpus, "home": home, **(tape.settings if tape else {})}
        return House(self.settings.model_copy(update=told), tape)

    def _chat(self, embedder: "Embedder") -> "Chat | None":
        model = self.chat_model()
        if model is None:
            return None
        from rag.models.embedder import EmbeddedModel
        from rag.writing.answer import Chat, Unsupported

        embedded = embedder if isinstance(embedder, EmbeddedModel) else EmbeddedModel()
        return Chat(
            model=model,
            verifier=self._verifier(embedded),
            embedder=embedded,
            context=self.settings.llm_context,
            unsupported=Unsupported(self.settings.unsupported),
            today=self._today,
        )

    @property
    def _today(self) -> Callable[[], date]:
        return self.tape.today if self.tape else date.today

    def _verifier(self, embedder: "Embedder") -> "Verifier":
        from rag.grounding.embedded import EmbeddedVerifier
        from rag.grounding.endpoint import EndpointVerifier
        from rag.models.judge import EmbeddedJudge

        url, model = self.settings.verify_url, self.settings.verify_model
        if url is None or model is None:
            return EmbeddedVerifier(embedder, EmbeddedJudge())
        return EndpointVerifier(url, model, _secret(self.settings.verify_key))


@cache
def _local_model(file: Path, context: int) -> "ChatModel":
    """Return the one model of a file; it is loaded once, whoever uses it."""
    from rag.models.local.model import LocalModel

    return LocalModel(file, context=context)


def _secret(key: "SecretStr | None") -> str | None:
    return key.get_secret_value() if key else None


def assemble() -> Assembly:
    """The house that the environment describes.

    Raises:
        SettingsError: a variable is unknown, or its value cannot be used.
    """
    return House(settings.load())
