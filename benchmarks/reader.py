"""Measure the embedded reader by itself: given the paragraph, and the time that it takes.

    python benchmarks/reader.py > benchmarks/reader.md

Nothing here was seen in training or chosen by: XQuAD's questions about the 32 titles that squad2
lacks, in three languages, and squad2's four held titles, whose unanswerable questions were written
to resemble an answerable one.
"""

import statistics
import time
from itertools import islice, pairwise

import numpy as np
from command_line import parser
from data import HELD_TITLES, Collection, squad2, xquad
from libraries import library_of
from measures import auc, exact, overlap
from tokenizers import Tokenizer

from rag.library import PASSAGES
from rag.models.onnx import READER_FILE, TOKENIZER_FILE
from rag.models.reader import EmbeddedReader, Reading
from rag.text.passages import sentences
from rag.types import Span
from rag.understanding.questions import understand

PASSAGES_TIMED, TOKENS_TIMED, TIMES = 8, 150, 60
FALSE_REFUSALS = 0.14


def main() -> None:
    """Print the tables."""
    parser(__doc__).parse_args()
    reader = EmbeddedReader()
    held = squad2().titled(HELD_TITLES)
    print("# The embedded reader\n\nMade by `python benchmarks/reader.py`.\n")
    print("## Given the paragraph\n")
    print("| questions | count | exact match | F1 |")
    print("|---|---|---|---|")
    english, spanish, russian = map(xquad, ("en", "es", "ru"))
    for name, asked in (
        ("XQuAD en, 32 titles outside squad2", english),
        ("XQuAD es", spanish),
        ("XQuAD ru", russian),
        ("squad2, 4 held titles", held.answerable()),
    ):
        texts = short_answers(reader, asked)
        both = list(zip(texts, asked.questions, strict=True))
        matches = np.mean([exact(text, one.answers) for text, one in both])
        f1 = np.mean([overlap(text, one.answers) for text, one in both])
        print(f"| {name} | {len(both)} | {matches:.3f} | {f1:.3f} |", flush=True)
    readings = read_paragraphs(reader, held)
    truth = np.array([bool(one.answers) for one in held.questions])
    print("\nAnswerable or not, squad2's 4 held titles, given the paragraph:\n")
    print(f"| score | AUC | unanswerable ones answered at {FALSE_REFUSALS:.0%} false refusals |")
    print("|---|---|---|")
    heads = np.array([one.answered for one in readings])
    margins = np.array([one.found[0].score if one.found[0] else -np.inf for one in readings])
    for name, scores in (
        ("the passage's own", heads),
        ("the best range's", margins),
        ("their sum", heads + margins),
    ):
        bar = np.quantile(scores[truth], FALSE_REFUSALS)
        answered = (scores[~truth] >= bar).mean()
        print(f"| {name} | {auc(scores[truth], scores[~truth]):.3f} | {answered:.3f} |")
    print_times(reader)


def read_paragraphs(reader: EmbeddedReader, asked: Collection) -> list[Reading]:
    """Read every question's own paragraph, as one sentence."""
    texts = {one.id: one.text for one in asked.paragraphs}
    return [
        reader.read(
            one.text, [(text, [Span(0, len(text))])], several=understand(one.text).wanted.several
        )[0]
        for one in asked.questions
        for text in [texts[one.paragraph]]
    ]


def short_answers(reader: EmbeddedReader, asked: Collection) -> list[str]:
    """Give the likeliest words of every question's own paragraph."""
    texts = {one.id: one.text for one in asked.paragraphs}
    readings = read_paragraphs(reader, asked)
    return [
        texts[one.paragraph][slice(*reading.found[0].span)] if reading.found[0] else ""
        for one, reading in zip(asked.questions, readings, strict=True)
    ]


def print_times(reader: EmbeddedReader) -> None:
    """Print what reading takes, for passages as long as they get and as they are found."""
    print("\n## Time and size\n")
    squad = squad2()
    library = library_of(squad)
    tokenizer = Tokenizer.from_file(str(TOKENIZER_FILE))
    text = " ".join(one.text for one in squad.paragraphs[:40])
    starts = tokenizer.encode(text, add_special_tokens=False).offsets[::TOKENS_TIMED]
    long = [text[start:end] for (start, _), (end, _) in islice(pairwise(starts), PASSAGES_TIMED)]
    asked = squad.answerable().every(len(squad.questions) // (2 * TIMES)).questions[:TIMES]
    fixed, found = [], []
    for one in asked:
        texts = [passage.text for passage in library.search(one.text, PASSAGES)]
        for passages, taken in ((long, fixed), (texts, found)):
            read = [(text, list(sentences(text))) for text in passages]
            start = time.perf_counter()
            reader.read(one.text, read)
            taken.append(1000 * (time.perf_counter() - start))
    print("| what | median ms |")
    print("|---|---|")
    print(
        f"| {PASSAGES_TIMED} passages of {TOKENS_TIMED} tokens | {statistics.median(fixed):.0f} |"
    )
    print(f"| the {PASSAGES} passages of a question | {statistics.median(found):.0f} |")
    print(f"\nThe target is 250 ms. The model's file has {READER_FILE.stat().st_size:,} bytes, of")
    print("25,000,000 at most.")


if __name__ == "__main__":
    main()
