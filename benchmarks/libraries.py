"""Libraries over the public collections, indexed once and kept in .cache/."""

import json
import sys
from pathlib import Path

from data import Collection

from rag.library import Library

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"


def library_of(collection: Collection) -> Library:
    """Return a library with each paragraph of a collection indexed as an article."""
    folder = CACHE / collection.name
    corpus = folder / "corpus"
    write_articles(collection, corpus)
    library = Library.open(folder / ".griot", corpus=corpus)
    report = library.refresh(progress=_show)
    if report.new or report.changed:
        print(f"{collection.name}: {report.indexed} articles", file=sys.stderr)
    return library


def write_articles(collection: Collection, corpus: Path) -> None:
    """Write each paragraph of a collection as an article of a folder."""
    corpus.mkdir(parents=True, exist_ok=True)
    records = [
        {"url": url_of(paragraph.id), "title": paragraph.title, "text": paragraph.text}
        for paragraph in collection.paragraphs
    ]
    file = corpus / "articles.jsonl"
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if not file.exists() or file.read_text(encoding="utf-8") != content:
        file.write_text(content, encoding="utf-8")


def url_of(paragraph: str) -> str:
    """Return the URL of a paragraph, which is its article's id."""
    return f"https://data.example/{paragraph}"


def _show(done: int, total: int, what: str) -> None:
    print(f"\r{what}: {done}/{total}   ", end="", file=sys.stderr, flush=True)
