"""The smallest honest txtai program: hybrid search, content on, with Griot's embedding model.

    python benchmarks/peers/txtai_hybrid.py FOLDER index CORPUS
    python benchmarks/peers/txtai_hybrid.py FOLDER ask QUESTION
    python benchmarks/peers/txtai_hybrid.py FOLDER search QUESTION...    prints JSON

txtai knows no files: which have changed is told here by their text, kept beside the index. It is
passages that it gives for an answer.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from peer import WORDS, K, found
from txtai import Embeddings  # type: ignore[import-not-found]

from rag.models.embedder import EmbeddedModel

MODEL = EmbeddedModel()


def transform(texts: list[str]) -> npt.NDArray[np.float32]:
    """Return vectors; txtai does not tell questions from passages."""
    return np.stack([each.passage for each in MODEL.passages([(text, ()) for text in texts])])


def split(text: str) -> list[str]:
    """Return pieces of whole paragraphs and lines, of about so many words as the others' have."""
    pieces, piece = [], ""
    for part in re.split(r"(?<=[.!?])\s+|\n+", text):
        if piece and len(f"{piece} {part}".split()) > WORDS:
            pieces.append(piece)
            piece = ""
        piece = f"{piece} {part}".strip()
    return [*pieces, piece] if piece else pieces


def rows_of(name: str, text: str) -> list[tuple[str, str]]:
    """Return the pieces of an article, each with its id."""
    return [(f"{name}/{place}", piece) for place, piece in enumerate(split(text))]


def main(folder: Path, what: str, words: list[str]) -> None:
    """Do what is asked for."""
    told = {"method": "external", "transform": transform, "content": True, "hybrid": True}
    embeddings = Embeddings(told)
    if (folder / "index").exists():
        embeddings.load(str(folder / "index"), config=told)
    if what == "index":
        index(embeddings, folder, Path(words[0]))
        return
    print(
        found(
            words,
            lambda word: [each["text"] for each in embeddings.search(word, K)],
            embeddings.count(),
        )
    )


def index(embeddings: Embeddings, folder: Path, corpus: Path) -> None:
    """Bring the index up to date with a folder."""
    folder.mkdir(exist_ok=True)
    file = folder / "texts.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(corpus.iterdir())}
    stale = [name for name in known if texts.get(name) != known[name]]
    fresh = [name for name in texts if texts[name] != known.get(name)]
    if stale:
        embeddings.delete([name for each in stale for name, _ in rows_of(each, known[each])])
    rows = [row for each in fresh for row in rows_of(each, texts[each])]
    if rows:
        (embeddings.upsert if known else embeddings.index)(rows)
    if stale or fresh:
        embeddings.save(str(folder / "index"))
        file.write_text(json.dumps(texts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
