"""Does what an article says bear out a claim? The protocol, and the embedded models' judgement."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Pair(NamedTuple):
    """A claim and the sentences that it may rest on."""

    claim: str
    sentences: tuple[str, ...]


class Verifier(Protocol):
    """Judges whether sentences bear a claim out."""

    @property
    def name(self) -> str:
        """What judged."""
        ...

    def load(self) -> None:
        """Load what judging needs, while something else is done; raises as `support` does."""
        ...

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """Give the probability, in [0, 1], that each claim is borne out.

        Raises:
            ModelError: the model cannot be loaded or asked.
        """
        ...
