"""Compare sentence vectors from the passage's own pass with sentences embedded by themselves.

    python benchmarks/late_pooling.py > benchmarks/late_pooling.md

For every third answerable question of squad2, the sentences of its paragraph and of the next three
of the same title are ranked by cosine with the question. `top 1` is the share of questions whose
first sentence is in the right paragraph and holds a gold answer, `top 3` the share for which one of
the first three is and does.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
from command_line import parser
from data import HELD_TITLES, Question, squad2
from measures import holds

from rag.models.embedder import EmbeddedModel, Vectors
from rag.text.passages import sentences

NEIGHBOURS = 3


def unit(vectors: Vectors) -> Vectors:
    """Return each row scaled to length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def timed(make: Callable[[], list[Vectors]]) -> tuple[list[Vectors], float]:
    """Return the vectors made and the seconds that it took."""
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser(__doc__).parse_args()
    model = EmbeddedModel()
    model.load()
    everything = squad2()
    titles = {question.title for question in everything.questions} - HELD_TITLES
    questions = everything.answerable().titled(titles).every(3).questions
    texts = [paragraph.text for paragraph in everything.paragraphs]
    spans = [sentences(text) for text in texts]
    words = [[t[a:b] for a, b in cut] for t, cut in zip(texts, spans, strict=True)]
    ends = np.cumsum([len(cut) for cut in spans])[:-1]

    passages, passage_seconds = timed(lambda: list(model.texts(texts)))
    late, late_seconds = timed(
        lambda: [v.sentences for v in model.passages(list(zip(texts, spans, strict=True)))]
    )
    alone, alone_seconds = timed(
        lambda: np.split(model.texts([s for cut in words for s in cut]), ends)
    )
    asked = model.texts([question.text for question in questions])
    places = {paragraph.id: place for place, paragraph in enumerate(everything.paragraphs)}
    siblings: dict[str, list[int]] = {}
    for place, paragraph in enumerate(everything.paragraphs):
        siblings.setdefault(paragraph.id.rpartition("/")[0], []).append(place)

    def candidates(question: Question) -> list[int]:
        family = siblings[question.paragraph.rpartition("/")[0]]
        first = family.index(places[question.paragraph])
        turned = [*family[first:], *family[:first]]
        return turned[: 1 + NEIGHBOURS]

    def shares(vectors: Sequence[Vectors]) -> tuple[float, float]:
        hits = []
        for question, vector in zip(questions, asked, strict=True):
            ranked = sorted(
                (-float(score), place, number)
                for place in candidates(question)
                for number, score in enumerate(vectors[place] @ vector)
            )
            gold = places[question.paragraph]
            hits.append(
                [p == gold and holds(words[p][n], question.answers) for _, p, n in ranked[:3]]
            )
        return float(np.mean([h[0] for h in hits])), float(np.mean([any(h) for h in hits]))

    def mixed(
        sentence: Sequence[Vectors], other: Sequence[Vectors], weight: float
    ) -> list[Vectors]:
        return [unit(s + weight * o) for s, o in zip(sentence, other, strict=True)]

    rows = {
        "alone": (alone, alone_seconds),
        "late-pooled, as by `EmbeddedModel.passages`": (late, late_seconds - passage_seconds),
        "late-pooled - 0.3 passage": (mixed(late, passages, -0.3), None),
        "late-pooled - 0.6 passage": (mixed(late, passages, -0.6), None),
        "late-pooled + 0.3 passage": (mixed(late, passages, 0.3), None),
        "alone + 0.3 passage": (mixed(alone, passages, 0.3), None),
        "alone + late-pooled": (mixed(alone, late, 1), alone_seconds),
    }
    print("# Sentence vectors from the passage's own pass\n")
    print("Made by `python benchmarks/late_pooling.py`, which describes the measure.")
    print(
        f"{len(questions)} questions, {len(texts)} paragraphs, {sum(map(len, words))} sentences.\n"
    )
    print("Cost is the time added to embedding the paragraphs, as a share of that time.\n")
    print("| sentence vectors | top 1 | top 3 | cost |\n|---|---:|---:|---:|")
    for name, (vectors, seconds) in rows.items():
        top1, top3 = shares(vectors)
        cost = "" if seconds is None else f"{max(0.0, seconds / passage_seconds):.2f}"
        print(f"| {name} | {top1:.3f} | {top3:.3f} | {cost} |")


if __name__ == "__main__":
    main()
