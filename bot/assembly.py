"""The only place that constructs: settings in, a library out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot import settings
from bot.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.tape import Tape
    from rag.grounding.support import Verifier
    from rag.library import Library
    from rag.models.chat import ChatModel
    from rag.models.embedder import Embedder
    from rag.models.judge import Judge
    from rag.models.reader import Reader
    from rag.pages.web import Get
    from rag.writing.answer import Chat


@dataclass(frozen=True, slots=True)
class Assembly:
    """The parts that a command may ask for. No model is loaded, and nothing is connected, yet.

    With `tape`, the chat model's answers are recorded, or replayed.
    """

    settings: Settings
    tape: "Tape | None" = None

    def embedder(self) -> "Embedder":
        """Return an endpoint where one is set, and the embedded model otherwise."""
        from rag.models.embedder import EmbeddedModel, EndpointEmbedder

        url, model = self.settings.embed_url, self.settings.embed_model
        if url is None or model is None:
            return EmbeddedModel()
        return EndpointEmbedder(url, model, _secret(self.settings.embed_key))

    def reader(self) -> "Reader":
        """Return the embedded reader."""
        from rag.models.reader import EmbeddedReader

        return EmbeddedReader()

    def chat_model(self) -> "ChatModel | None":
        """Return an OpenAI-compatible server's model, one of LlamaIndex's, or one in a file."""
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
        """Return the judge of a chat model's sentences: an endpoint's where one is set."""
        from rag.models.embedder import EmbeddedModel

        return self._verifier(EmbeddedModel())

    def judge(self) -> "Judge":
        """Return the embedded judge of whether an answer has changed."""
        from rag.models.judge import EmbeddedJudge

        return EmbeddedJudge()

    @property
    def get(self) -> "Get":
        """Return the function that reads pages, from the public internet alone."""
        from rag.pages import web

        return web.get

    def library(self) -> "Library":
        """Open the library at the settings' home, over their corpus; each model is loaded once.

        Raises a `GriotError` if the index cannot be used as it is.
        """
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
            engines=self.settings.engines,
        )

    def served(self, database: str, chroma: str) -> "Assembly":
        """Return the same for an index on these servers. Raises `SettingsError`."""
        return Assembly(settings.served(self.settings, database, chroma), self.tape)

    def over(self, corpus: Path, *, home: Path, tape: "Tape | None" = None) -> "Assembly":
        """Return the same for another folder of articles, with an index of its own in `home`.

        The settings are the tape's where it has them.
        """
        told = {"corpus": corpus, "home": home, "database_url": None, "chroma_url": None}
        told |= tape.settings if tape else {}
        return Assembly(self.settings.model_copy(update=told), tape)

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
    """Return the assembly that the environment describes.

    Raises:
        SettingsError: a variable is unknown, or its value cannot be used.
    """
    return Assembly(settings.load())
