"""Measure the encoder by itself, or others beside it: what it finds, and how long it takes.

    python benchmarks/encoder.py [FOLDER...] > benchmarks/encoder.md

A folder holds `encoder.int8.onnx`, its word table and `tokenizer.json`, as rag/models/data does,
which is measured first. Passages are ranked by cosine alone. No model was trained on these.

Two collections have several languages. In "mixed" each paragraph of XQuAD is in one of three; news
are 30 articles in seven. Where a question and what answers it are in two languages ("across"),
texts in the question's own language compete.
"""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from command_line import parser
from data import Collection, news, squad2, time_1963, xquad_whole
from tokenizers import Tokenizer

from rag.models.embedder import MOST_TOKENS, PASSAGE, QUESTION
from rag.models.onnx import MODELS

LANGUAGES = ("en", "es", "ru")
BATCH_TOKENS = 192
TIMED, ROUNDS = 60, 5


class Encoder:
    """An ONNX graph that gives tokens' states, and its tokenizer."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(
            str(folder / "encoder.int8.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MOST_TOKENS)

    def questions(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        """Return unit vectors of questions."""
        return self._vectors([f"{QUESTION} {text}" for text in texts])

    def passages(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        """Return unit vectors of passages."""
        return self._vectors([f"{PASSAGE} {text}" for text in texts])

    def _vectors(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        encodings = self._tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda at: -len(encodings[at].ids))
        runs, at = [], 0
        while at < len(order):
            size = max(1, BATCH_TOKENS // len(encodings[order[at]].ids))
            runs.append(order[at : at + size])
            at += size
        vectors = np.zeros((len(texts), 384), dtype=np.float32)

        def run(places: Sequence[int]) -> None:
            longest = len(encodings[places[0]].ids)
            ids = np.zeros((len(places), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, place in enumerate(places):
                found = encodings[place].ids
                ids[row, : len(found)], mask[row, : len(found)] = found, 1
            states = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            vectors[list(places)] = means / np.linalg.norm(means, axis=1, keepdims=True)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, runs))
        return vectors


def mixed(collections: Sequence[Collection], step: int) -> tuple[Collection, Collection]:
    """Return XQuAD's questions, and its paragraphs by turns in each of the languages.

    A question is in the language that many `step`s after its paragraph's.
    """
    whole = collections[0]
    turn = {one.id: at % len(collections) for at, one in enumerate(whole.paragraphs)}
    paragraphs = (
        same[turn[same[0].id]] for same in zip(*(c.paragraphs for c in collections), strict=True)
    )
    questions = (
        same[(turn[same[0].paragraph] + step) % len(collections)]
        for same in zip(*(c.questions for c in collections), strict=True)
    )
    return (
        Collection("questions", (), tuple(questions)),
        Collection("mixed", tuple(paragraphs), ()),
    )


def scores(encoder: Encoder, asked: Collection, passages: Collection) -> tuple[float, float, float]:
    """Return hit@1, hit@4 and MRR@10 of the questions over the passages, dense alone."""
    ids = {one.id: at for at, one in enumerate(passages.paragraphs)}
    questions = [one for one in asked.questions if one.relevant & ids.keys()]
    vectors = encoder.passages([one.text for one in passages.paragraphs])
    found = encoder.questions([one.text for one in questions]) @ vectors.T
    ranks = []
    for row, one in zip(found, questions, strict=True):
        best = max(row[ids[key]] for key in one.relevant & ids.keys())
        ranks.append(int((row > best).sum()) + 1)
    return (
        statistics.fmean(rank <= 1 for rank in ranks),
        statistics.fmean(rank <= 4 for rank in ranks),
        statistics.fmean(1 / rank if rank <= 10 else 0 for rank in ranks),
    )


def milliseconds(encoder: Encoder, texts: Sequence[str], *, passages: bool) -> float:
    """Return what a text takes of one core: the least of some rounds, in processor time."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        (encoder.passages if passages else encoder.questions)(texts)
        taken.append(1000 * (time.process_time() - start) / len(texts))
    return min(taken)


def main() -> None:
    """Print the report."""
    options = parser(__doc__)
    options.add_argument("folders", nargs="*", metavar="FOLDER", help="of an encoder")
    folders = options.parse_args().folders
    encoders = {"Griot's": Encoder(MODELS)}
    encoders |= {folder: Encoder(Path(folder)) for folder in folders}
    collections = {language: xquad_whole(language) for language in LANGUAGES}
    english, told = collections["en"], news()
    rows = {
        "XQuAD en": (english, english),
        "XQuAD es, own language": (collections["es"], collections["es"]),
        "XQuAD es → en": (collections["es"], english),
        "XQuAD ru, own language": (collections["ru"], collections["ru"]),
        "XQuAD ru → en": (collections["ru"], english),
        "squad2": (squad2(), squad2()),
        "TIME": (time_1963(), time_1963()),
        "mixed, own language": mixed([*collections.values()], 0),
        "mixed, across": mixed([*collections.values()], 1),
        "news, own language": (told.titled(["en", "same"]), told),
        "news, across": (told.titled(["across"]), told),
    }
    print(
        "# Encoders\n\nMade by `python benchmarks/encoder.py`. hit@1, hit@4, MRR@10, by cosine.\n"
    )
    print("| questions |", " | ".join(encoders), "|\n|---|" + "---|" * len(encoders))
    for name, (asked, passages) in rows.items():
        cells = [scores(encoder, asked, passages) for encoder in encoders.values()]
        shown = " | ".join(" ".join(f"{cell:.3f}" for cell in found) for found in cells)
        print(f"| {name} | {shown} |", flush=True)
    texts = [one.text for one in english.paragraphs[:TIMED]]
    asked_texts = [one.text for one in english.questions[: 4 * TIMED]]
    for name, some, passages in (("a paragraph", texts, True), ("a question", asked_texts, False)):
        taken = [milliseconds(one, some, passages=passages) for one in encoders.values()]
        print(f"| ms of one core, {name} |", " | ".join(f"{one:.1f}" for one in taken), "|")


if __name__ == "__main__":
    main()
