"""Compare the index's engines: the folder with PostgreSQL and Chroma's server, in one run.

    python benchmarks/engines.py > benchmarks/engines.md

First the words' rankings over the same passages: Tantivy's BM25; PostgreSQL's from postings, with
more and fewer of them read; and its own `ts_rank_cd` over a GIN index, of the passages that hold
any of the terms. On squad2 and TIME ranks are of articles, by their best passage; on Reuters-21578
each ranking is compared with Tantivy's. Then squad2 as a library on either pair.

PostgreSQL runs beside, with its defaults but for `fsync`. All of it shares this machine.
"""

import asyncio
import platform
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from html import unescape
from operator import eq
from pathlib import Path
from typing import TypeVar

from command_line import parser
from data import DATA, Collection, held_squad2, squad2, time_1963
from libraries import url_of, write_articles

from rag.index.engines import ChromaAddress, Engines
from rag.index.postgres import PostgresDatabase, connect
from rag.index.postgres_words import PostgresWords
from rag.index.stores import LexicalStore
from rag.index.tables import Server
from rag.index.tantivy import TantivyStore
from rag.languages.terms import terms
from rag.library import Library
from rag.text import passages
from tools.engines import Chroma, Postgres, chroma, postgres

FIRST, FOUND, BATCH = 10, 50, 2000
SIZES = (1_000, 10_000, 100_000)
OWN_UP_TO = 10_000
"""Passages up to which `ts_rank_cd` is measured; it takes seconds a question from there on."""

READS = (5_000, 10_000, 20_000, float("inf"))
"""Postings of the rarest terms that are read; the store reads 20,000."""

ASKED, WARM = 30, 5
FRAMES = ("What is said about {}?", "When did the company say that {}?", "Why was {} in the news?")

OTHER_WORDS = 0.25
"""The share of a copy's words that are left out."""

OWN_TABLE = """
CREATE TABLE own (id bigint PRIMARY KEY, title tsvector NOT NULL, text tsvector NOT NULL);
CREATE INDEX ON own USING gin (text, title) WITH (fastupdate = off)
"""
OWN_RANK = """
SELECT id FROM own, (SELECT %(any)s::tsquery AS wanted) asked
WHERE text @@ wanted OR title @@ wanted
ORDER BY ts_rank_cd(text, wanted) + 0.3 * ts_rank_cd(title, wanted) DESC, id LIMIT 50
"""
OWN, EMBEDDED = "PostgreSQL, ts_rank_cd", "Tantivy"

Texts = dict[int, tuple[str, str]]
Search = Callable[[list[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A way to rank passages, the rate at which it was filled, and the bytes of a passage."""

    search: Search
    rate: float
    size: float


def main() -> None:
    """Print the tables."""
    parser(__doc__).parse_args()
    print(
        f"# The engines\n\nMade by `python benchmarks/engines.py`, on {platform.machine()} with two"
    )
    print("cores, which other work shared: compare the rows of one table.")
    with postgres() as cluster, chroma() as server:
        print("\n## The words' rankings\n\nsquad2: every ninth answerable question; TIME: all.")
        print("“same” is the share of Tantivy's first ten passages that are among the first ten.\n")
        print("| collection | passages | ranking | hit@1 | hit@10 | MRR@10 | same |")
        print("|---|---|---|---|---|---|---|")
        for collection in (squad2().answerable().every(9), time_1963()):
            judge(collection, cluster)
        print("\n## Their speed\n\nThe stories of Reuters-21578, and copies of them that lack a")
        print(f"quarter of their words; {ASKED} questions, “What is said about HEADLINE?” and the")
        print("like. “same 50” is of the first fifty, “bytes” are on disk, of a passage. “read” is")
        print("how many postings of the rarest terms are read, at most.\n")
        print("| passages | ranking | passages a second, in | bytes | p50 ms | p95 ms "
              "| × Tantivy | same | same 50 |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|---|")
        texts, headlines = reuters()
        for size in SIZES:
            race({number: texts[number] for number in range(1, size + 1)}, headlines, cluster)
        collection = held_squad2().every(20)
        print(f"\n## A library on both pairs\n\n{len(collection.paragraphs)} articles of squad2,")
        print("indexed with the embedded model, and every twentieth of their answerable questions.")
        print("“stores made anew” is from the catalog's vectors.\n")
        print("| | articles a second, in | stores made anew, s | bytes an article | search p50 ms "
              "| p95 ms | whole question p50 ms | p95 ms | the same answer |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|---|")
        live(collection, cluster, server)


# Rankings


@contextmanager
def rankings(texts: Texts, cluster: Postgres) -> Iterator[dict[str, Ranking]]:
    """Yield the ways to rank some passages, filled with them; Tantivy's first."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(PostgresDatabase(cluster.url(), (), name="words", patience=60)) as database,
    ):
        words, tantivy = PostgresWords(database, "1"), TantivyStore(Path(folder) / "words")
        PostgresWords(database, "0").drop_others()
        database.run("DROP TABLE IF EXISTS own")
        words.create()
        rates = [filled(store, texts) for store in (tantivy, words)]
        words.settle()
        size = size_of(Path(folder))
        made = {EMBEDDED: Ranking(by(tantivy), rates[0], size / len(texts))}
        size = database.size()
        for read in READS:
            told = f"PostgreSQL, BM25, read {f'{read:,}' if read < float('inf') else 'all'}"
            store = PostgresWords(database, "1", read=read)
            made[told] = Ranking(by(store), rates[1], size / len(texts))
        if len(texts) <= OWN_UP_TO:
            made[OWN] = own(database, texts)
        yield made


def by(store: LexicalStore) -> Search:
    """Return a store's search."""
    return lambda wanted: [each for each, _ in store.search(wanted, FOUND)]


def filled(store: LexicalStore, texts: Texts) -> float:
    """Write all passages, in batches as an index does; return how many in a second."""
    began, numbers = time.perf_counter(), [*texts]
    for start in range(0, len(numbers), BATCH):
        store.apply({number: texts[number] for number in numbers[start : start + BATCH]}, ())
    return len(texts) / (time.perf_counter() - began)


def own(database: PostgresDatabase, texts: Texts) -> Ranking:
    """Return PostgreSQL's own ranking."""
    before = database.size()
    with database.connection() as connection:
        for statement in OWN_TABLE.split(";"):
            connection.execute(statement)
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY own FROM STDIN") as copy:
            for number, (title, text) in texts.items():
                copy.write_row((number, vector(title), vector(text)))
        rate = len(texts) / (time.perf_counter() - began)
        connection.execute("VACUUM (ANALYZE) own")

    def search(wanted: list[str]) -> list[int]:
        asked = " | ".join(map(quoted, wanted))
        with database.connection() as connection:
            return [row[0] for row in connection.execute(OWN_RANK, {"any": asked})]

    return Ranking(search, rate, (database.size() - before) / len(texts))


def vector(text: str) -> str:
    """Return a text search vector of a text's terms, as PostgreSQL reads it."""
    places: dict[str, list[int]] = {}
    for place, term in enumerate(terms(text), 1):
        places.setdefault(term, []).append(min(place, 16_383))
    return " ".join(f"{quoted(term)}:{','.join(map(str, at))}" for term, at in places.items())


def quoted(term: str) -> str:
    """Return a term as it stands in text search vectors and queries."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def judge(collection: Collection, cluster: Postgres) -> None:
    """Print the rows of one collection: how good the rankings are."""
    held = dict(enumerate(cut(collection), 1))
    texts = {number: (title, text) for number, (_, title, text) in held.items()}
    first: dict[str, list[int]] = {}
    with rankings(texts, cluster) as made:
        for name, ranking in made.items():
            hits_1 = hits = mrr = same = 0.0
            for question in collection.questions:
                relevant = {url_of(paragraph) for paragraph in question.relevant}
                found = ranking.search(list(dict.fromkeys(terms(question.text))))
                same += shared(first.setdefault(question.text, found), found, FIRST)
                articles = list(dict.fromkeys(held[each][0] for each in found))[:FIRST]
                ranks = [rank for rank, each in enumerate(articles, 1) if each in relevant]
                hits_1 += ranks[:1] == [1]
                hits += bool(ranks)
                mrr += 1 / ranks[0] if ranks else 0.0
            count = len(collection.questions)
            shares = " | ".join(f"{share / count:.3f}" for share in (hits_1, hits, mrr, same))
            row(collection.name, f"{len(held):,}", name, shares)


def race(texts: Texts, headlines: Sequence[str], cluster: Postgres) -> None:
    """Print the rows of one size: how fast the rankings are."""
    chance = random.Random(1)  # noqa: S311 - a sample
    asked = [
        FRAMES[number % len(FRAMES)].format(headline.title())
        for number, headline in enumerate(chance.sample(headlines, ASKED))
    ]
    first: dict[str, list[int]] = {}
    took = 0.0
    with rankings(texts, cluster) as made:
        for name, ranking in made.items():
            times, same, same_50 = [], 0.0, 0.0
            for question in (*asked[:WARM], *asked):
                found, taken = timed(lambda: ranking.search(list(dict.fromkeys(terms(question)))))  # noqa: B023 - called at once
                best = first.setdefault(question, found)
                times.append(taken)
                same += shared(best, found, FIRST)
                same_50 += shared(best, found, FOUND)
            median, late = spread(times[WARM:])
            took = took or median
            row(
                *(f"{len(texts):,}", name, f"{ranking.rate:,.0f}", f"{ranking.size:,.0f}"),
                *(f"{median:.1f}", f"{late:.1f}", f"{median / took:.0f}"),
                *(f"{same / len(times):.3f}", f"{same_50 / len(times):.3f}"),
            )


def shared(best: Sequence[int], found: Sequence[int], count: int) -> float:
    """Return the share of the first of one ranking that is among the first of another."""
    return len({*best[:count]} & {*found[:count]}) / max(len(best[:count]), 1)


def cut(collection: Collection) -> Iterator[tuple[str, str, str]]:
    """Yield each passage of a collection: its article's id, its title, its text."""
    for paragraph in collection.paragraphs:
        name = url_of(paragraph.id)
        for each in passages.cut(name, paragraph.text):
            span = each.passage
            yield name, paragraph.title, paragraph.text[span.start : span.end]


def reuters() -> tuple[Texts, list[str]]:
    """Return as many passages as the largest size has, from 1, and the stories' headlines."""
    found: list[tuple[str, str]] = []
    headlines = []
    for path in sorted((DATA / "reuters21578").glob("*.sgm")):
        for story in re.findall(r"<REUTERS.*?</REUTERS>", path.read_text("latin-1"), re.DOTALL):
            title, body = (
                re.search(f"<{tag}>(.*?)</{tag}>", story, re.DOTALL) for tag in ("TITLE", "BODY")
            )
            if title and body:
                text = unescape(body[1]).replace("\x03", "").strip()
                headlines.append(unescape(title[1]).strip())
                for each in passages.cut("story", text):
                    span = each.passage
                    found.append((headlines[-1], text[span.start : span.end]))
    chance = random.Random(1)  # noqa: S311 - a copy
    for title, text in found:  # which grows meanwhile
        if len(found) >= SIZES[-1]:
            break
        kept = [word for word in text.split() if chance.random() > OTHER_WORDS]
        found.append((title, " ".join(kept)))
    return dict(enumerate(found[: SIZES[-1]], 1)), headlines


# A library


def live(collection: Collection, cluster: Postgres, server: Chroma) -> None:
    """Print the rows of a library on both pairs, which are asked in turns."""
    with closing(connect(cluster.url())) as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute("CREATE SCHEMA library")
        corpus = Path(folder) / "corpus"
        write_articles(collection, corpus)
        servers = Engines(Server(cluster.url("library")), ChromaAddress(url=server.url))
        pairs = {"the folder": None, "PostgreSQL, Chroma's server": servers}
        with ExitStack() as stack:
            opened = {}
            for name, engines in pairs.items():
                home = Path(folder) / f"{len(opened)}" / ".griot"
                library = Library.open(home, corpus=corpus, engines=engines)
                opened[name] = stack.enter_context(library)
            made = {name: timed(library.refresh)[1] for name, library in opened.items()}
            anew = {name: timed(library.rebuild)[1] for name, library in opened.items()}
            searched = in_turns(opened, collection, lambda library, text: library.search(text))
            asked = in_turns(opened, collection, answer)
            for name, library in opened.items():
                size = library.status().size_bytes + (size_of(server.folder) if pairs[name] else 0)
                answers = [each for each, _ in asked[name]]
                others = [each for each, _ in asked["the folder"]]
                alike = statistics.mean(map(eq, answers, others))
                row(
                    name,
                    *(f"{1000 * len(collection.paragraphs) / made[name]:.1f}",),
                    *(f"{anew[name] / 1000:.1f}", f"{size / len(collection.paragraphs):,.0f}"),
                    *(f"{each:.1f}" for each in spread([taken for _, taken in searched[name]])),
                    *(f"{each:.1f}" for each in spread([taken for _, taken in asked[name]])),
                    f"{alike:.3f}",
                )


def in_turns(
    opened: dict[str, Library], collection: Collection, ask: Callable[[Library, str], object]
) -> dict[str, list[tuple[object, float]]]:
    """Put each question to each library, after some to warm up; return answers and milliseconds."""
    results: dict[str, list[tuple[object, float]]] = {name: [] for name in opened}
    for question in (*collection.questions[:WARM], *collection.questions):
        for name, library in opened.items():
            results[name].append(timed(partial(ask, library, question.text)))
    return {name: found[WARM:] for name, found in results.items()}


def answer(library: Library, question: str) -> object:
    """Return what an answer says, and from where."""
    given = asyncio.run(library.ask(question, keep=False))
    quotes = [(each.article.id, each.quote) for each in given.citations]
    return [each.text for each in given.claims], quotes


def size_of(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


T = TypeVar("T")


def timed(thing: Callable[[], T]) -> tuple[T, float]:
    """Return what a function returns, and the milliseconds that it takes."""
    began = time.perf_counter()
    result = thing()
    return result, 1000 * (time.perf_counter() - began)


def spread(times: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def row(*cells: str) -> None:
    """Print a row of a table."""
    print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
