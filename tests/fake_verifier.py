"""A verifier written by hand: a claim is as probable as the share of its words that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import ModelError
from rag.grounding.support import Pair
from rag.languages.terms import terms


@dataclass
class FakeVerifier:
    """Judges by words alone; with a fault, it raises that instead."""

    fault: ModelError | None = None
    name: str = "counting"

    def load(self) -> None:
        pass

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        if self.fault:
            raise self.fault
        return [self._share(pair) for pair in pairs]

    def _share(self, pair: Pair) -> float:
        wanted = {*terms(pair.statement)}
        return len(wanted & {*terms(" ".join(pair.sentences))}) / len(wanted)
