"""Measure which real questions are taken for small talk or for questions about the collection.

    python benchmarks/asides.py > benchmarks/asides.md

At most 2 of 1,000 questions of squad2 and XQuAD may be; the bounds in rag/understanding/asides.py
are chosen so.
"""

from dataclasses import dataclass, field

from command_line import parser
from data import squad2, xquad

from rag.models.embedder import EmbeddedModel
from rag.understanding.asides import Asides


@dataclass
class NoMemory:
    """Remembers nothing between runs."""

    kept: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        """See `rag.understanding.examples.Memory`."""
        return self.kept.get(key)

    def put(self, key: str, value: str) -> None:
        """See `rag.understanding.examples.Memory`."""
        self.kept[key] = value


def main() -> None:
    """Print the table, and what was taken."""
    parser(__doc__).parse_args()
    asides = Asides(EmbeddedModel(), NoMemory())
    print("# Questions taken for asides\n\nMade by `python benchmarks/asides.py`.\n")
    print("| questions | count | taken | of 1,000 |\n|---|---|---|---|")
    mistaken = []
    for collection in (squad2(), *map(xquad, ("en", "es", "ru"))):
        asked = [question.text for question in collection.questions]
        taken = [(text, aside) for text in asked if (aside := asides.recognise(text))]
        share = 1000 * len(taken) / len(asked)
        print(f"| {collection.name} | {len(asked):,} | {len(taken)} | {share:.1f} |")
        mistaken += taken
    print()
    for text, aside in mistaken:
        print(f"- {text} ({aside.kind})")


if __name__ == "__main__":
    main()
