"""The only place that constructs: settings in, a library out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot import settings
from bot.settings import Settings

if TYPE_CHECKING:
    from rag.embed import Embedder
    from rag.library import Library
    from rag.reader import Reader


class Assembly(Protocol):
    """What a command may ask for; tests hand in their own."""

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

    def library(self) -> "Library":
        """The library, opened. Raises a `GriotError` if the index cannot be used as it is."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """The assembly of the real program."""

    settings: Settings

    def embedder(self) -> "Embedder":
        """An endpoint where one is set, and the embedded model otherwise."""
        from rag.embed import EmbeddedModel, EndpointEmbedder

        url, model, key = (
            self.settings.embed_url,
            self.settings.embed_model,
            self.settings.embed_key,
        )
        if url is None or model is None:
            return EmbeddedModel()
        return EndpointEmbedder(url, model, key.get_secret_value() if key else None)

    def reader(self) -> "Reader":
        """The one that comes with Griot."""
        from rag.reader import EmbeddedReader

        return EmbeddedReader()

    def library(self) -> "Library":
        """The library at the settings' home, over their corpus."""
        from rag.answer import Extractive
        from rag.library import Library

        return Library.open(
            self.settings.home,
            corpus=self.settings.corpus,
            embedder=self.embedder(),
            answerer=Extractive(self.reader()),
        )


def assemble() -> Assembly:
    """The house that the environment describes.

    Raises:
        SettingsError: a variable is unknown, or its value cannot be used.
    """
    return House(settings.load())
