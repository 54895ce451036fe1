"""The public texts that vocabularies are chosen by and encoders are distilled on.

Nothing that is measured on is among them.
"""

import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

ENGLISH = ("qed", "covid", "pubmed")

HELD_SHARE = 25
"""One text in so many is chosen on."""

Text = tuple[str, str, str]
"""A group, e5's prefix, and the text."""


def held(key: str) -> bool:
    """True if what bears this key is chosen on, and not trained on."""
    digest = hashlib.md5(key.encode()).hexdigest()  # noqa: S324 - no secret
    return int(digest, 16) % HELD_SHARE == 0


def rows(path: Path) -> Iterator[dict]:
    """Yield the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def lines(path: Path) -> list[str]:
    """Return the lines of a gzipped file, parted by line feeds alone."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().removesuffix("\n").split("\n")


def texts(data: Path) -> Iterator[Text]:
    """Yield all texts, some of them twice."""
    for path in sorted((data / "ntrex").glob("ntrex.*.txt.gz")):
        yield from (("ntrex", "passage: ", line) for line in lines(path))
    for path in sorted((data / "qa").glob("*.jsonl.gz")):
        yield from _of_questions(path)
    for path in sorted((data / "squadshifts").glob("*.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                yield "english", "passage: ", paragraph["context"]
    for text in (*reuters(data), *wikinews(data)):
        yield "english", "passage: ", text


def _of_questions(path: Path) -> Iterator[Text]:
    group = "english" if path.name.startswith(ENGLISH) else "contexts"
    for row in rows(path):
        if isinstance(row.get("context"), str):
            yield group, "passage: ", row["context"]
        yield "questions", "query: ", row["question"]


def reuters(data: Path, files: slice = slice(None)) -> Iterator[str]:
    """Yield Reuters' stories, of all files or of some."""
    for path in sorted((data / "reuters21578").glob("*.sgm"))[files]:
        for body in re.findall("<BODY>(.*?)</BODY>", path.read_text("latin-1"), re.DOTALL):
            yield " ".join(html.unescape(body).split())


def wikinews(data: Path) -> Iterator[str]:
    """Yield Wikinews' articles."""
    for article in json.loads((data / "wikinews" / "english.json").read_text(encoding="utf-8")):
        yield article["content"]
