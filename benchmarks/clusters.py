"""Measure which copies of an article are found, and which articles are wrongly joined.

    python benchmarks/clusters.py > benchmarks/clusters.md
    python benchmarks/clusters.py --pairs     # the collection's own pairs, to be read

The collection is Reuters-21578's stories with a text and Wikinews' articles, halved: the constants
of rag/index/clusters.py were chosen on Reuters' files 000 to 010 and the first half of Wikinews;
the rest is reported on. Of 300 articles, of 100 words and 4 paragraphs or more, copies are planted,
one of each kind. A copy is found if it is in one cluster with its original when all are in.

Reuters sent many stories twice itself, and others in one form: a weekly report. All pairs of the
collection's own articles that were joined were judged by their titles, their beginnings and the
words in which they differ, and the doubtful ones by their texts; clusters.yaml has the judgements.
A pair that it does not know is counted as not read.
"""

import html
import json
import random
import re
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import yaml
from command_line import parser
from data import DATA

from rag.grounding.copies import with_copies
from rag.grounding.verify import cite
from rag.index.catalog import Catalog
from rag.index.clusters import cluster
from rag.index.progress import Work
from rag.index.stores import ADDED
from rag.index.tables import FILE
from rag.text.passages import cut, sentences
from rag.types import Answer, Article, Claim, Outcome, Span

PLANTED, LEAST_WORDS, LEAST_PARAGRAPHS = 300, 100, 4
EMBEDDED = 20
DAY = date(2024, 5, 3)
JUDGED = Path(__file__).with_suffix(".yaml")

_NUMBER = re.compile(r"(?<![\w.,/-])\d{2,4}(?![\w/-]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Story:
    """An article of the collection, or a copy of one: `original` is that one's id."""

    id: str
    title: str
    paragraphs: tuple[str, ...]
    original: str
    kind: str = ""

    @property
    def article(self) -> Article:
        """The story as an article; a copy is a day younger."""
        return Article(
            id=self.id,
            url=None,
            title=self.title,
            outlet=None,
            published=DAY + timedelta(days=bool(self.kind)),
            text="\n\n".join(self.paragraphs),
            content_hash=self.id,
        )


Change = Callable[[random.Random, Story, Story], tuple[str, ...]]
"""Returns a copy's paragraphs, given the original and another story."""


def shortened(share: float) -> Change:
    """Keep the first paragraphs, so many of them."""
    return lambda _, story, __: story.paragraphs[: round(share * len(story.paragraphs))]


def headed(_: random.Random, story: Story, other: Story) -> tuple[str, ...]:
    """Begin with another headline, and name where it comes from."""
    return (
        other.title,
        "This article was first published by another newspaper.",
        *story.paragraphs,
    )


def moved(chance: random.Random, story: Story, _: Story) -> tuple[str, ...]:
    """Move two paragraphs elsewhere."""
    paragraphs = [*story.paragraphs]
    for _ in range(2):
        paragraph = paragraphs.pop(chance.randrange(len(paragraphs)))
        paragraphs.insert(chance.randrange(len(paragraphs) + 1), paragraph)
    return tuple(paragraphs)


def corrected(chance: random.Random, story: Story, _: Story) -> tuple[str, ...]:
    """Put another number in place of one."""
    place, found = chance.choice([*numbers(story)])
    value = str(int(found[0]) + chance.randrange(3, 9))
    paragraphs = [*story.paragraphs]
    paragraphs[place] = (
        paragraphs[place][: found.start()] + value + paragraphs[place][found.end() :]
    )
    return tuple(paragraphs)


def updated(_: random.Random, story: Story, other: Story) -> tuple[str, ...]:
    """Begin with two new paragraphs, which another story lends, and leave the last ones out."""
    return (*other.paragraphs[:2], *story.paragraphs[:-2])


def all_at_once(chance: random.Random, story: Story, other: Story) -> tuple[str, ...]:
    """Shorten, head, move and correct."""
    copy = Story(story.id, story.title, corrected(chance, story, other), story.id)
    copy = Story(story.id, story.title, shortened(2 / 3)(chance, copy, other), story.id)
    return headed(chance, Story(story.id, "", moved(chance, copy, other), story.id), other)


CORRECTED = "a corrected number"
KINDS: dict[str, Change] = {
    "another headline": headed,
    "two paragraphs moved": moved,
    CORRECTED: corrected,
    "shortened to two thirds": shortened(2 / 3),
    "shortened to a half": shortened(1 / 2),
    "shortened to a third": shortened(1 / 3),
    "updated: two new paragraphs, the last two gone": updated,
    "a headline, two thirds, two moved, a number": all_at_once,
}


def numbers(story: Story) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the numbers of two to four digits in a story, each with its paragraph."""
    for place, paragraph in enumerate(story.paragraphs):
        for found in _NUMBER.finditer(paragraph):
            yield place, found


def main() -> None:
    """Print the tables, or the pairs to be read."""
    options = arguments(parser(__doc__))
    files, half = (range(11), 0) if options.chosen else (range(11, 22), 1)
    stories = [*reuters(files), *wikinews(half)]
    found = measure(stories)
    if options.pairs:
        print_pairs(stories, found.own)
        return
    print("# Copies of one story\n\nMade by `python benchmarks/clusters.py`.\n")
    print(
        f"{PLANTED} copies of each kind, planted among {len(stories)} articles on which nothing was"
    )
    print(
        "chosen. An answer quotes the original's sentence with the number that the corrected copy"
    )
    print("has otherwise; of the copies found that have that sentence, or its correction:\n")
    print("| copy | found | named as a copy of the quote | shown as a difference |")
    print("|---|---|---|---|")
    for kind in KINDS:
        print(
            f"| {kind} | {found.found[kind]:.3f} | {found.named[kind]} | {found.differing[kind]} |"
        )
    print("\n| pairs in one cluster | |")
    print("|---|---|")
    for name, count in found.pairs.items():
        print(f"| {name} | {count} |")
    print_costs(stories, found.seconds)


def arguments(command_line: ArgumentParser) -> Namespace:
    """Read the command line."""
    command_line.add_argument("--pairs", action="store_true", help="print pairs to be read")
    command_line.add_argument("--chosen", action="store_true", help="measure the first half")
    return command_line.parse_args()


# The collection


def reuters(files: Iterable[int]) -> Iterator[Story]:
    """Yield the stories of some of Reuters' files that have a text."""
    for number in files:
        file = DATA / "reuters21578" / f"reut2-{number:03}.sgm"
        written = file.read_text("latin-1")
        for found in re.finditer(r'NEWID="(\d+)">(.*?)</REUTERS>', written, re.DOTALL):
            title, body = (
                re.search(rf"<{tag}>(.*?)</{tag}>", found[2], re.DOTALL)
                for tag in ("TITLE", "BODY")
            )
            if body:
                name = f"reuters/{found[1]}"
                text = re.sub(r"\s*REUTER\W*$", "", html.unescape(body[1]), flags=re.IGNORECASE)
                paragraphs = (" ".join(each.split()) for each in re.split(r"\n {4}", text))
                head = " ".join(html.unescape(title[1]).split()) if title else ""
                yield Story(name, head, tuple(filter(None, paragraphs)), name)


def wikinews(half: int) -> Iterator[Story]:
    """Yield half of Wikinews' articles, two sentences a paragraph, without markup and sources."""
    rows = json.loads((DATA / "wikinews" / "english.json").read_text(encoding="utf-8"))
    for number, row in list(enumerate(rows))[half * len(rows) // 2 : (half + 1) * len(rows) // 2]:
        text = row["content"].partition("==")[0].replace("''", "").strip()
        spans = sentences(text)
        paragraphs = tuple(
            text[pair[0].start : pair[-1].end]
            for start in range(0, len(spans), 2)
            for pair in [spans[start : start + 2]]
        )
        if paragraphs:
            name = f"wikinews/{number}"
            yield Story(name, row["bestTitle"], paragraphs, name)


def planted(stories: Sequence[Story]) -> list[Story]:
    """Return the copies of some of the stories."""
    chance = random.Random(17)  # noqa: S311 - no secret
    fit = [
        story
        for story in stories
        if len(" ".join(story.paragraphs).split()) >= LEAST_WORDS
        and len(story.paragraphs) >= LEAST_PARAGRAPHS
        and any(numbers(story))
    ]
    copies = []
    for story in chance.sample(fit, PLANTED):
        for kind, change in KINDS.items():
            other = chance.choice(fit)
            paragraphs = change(chance, story, other)
            copies.append(Story(f"{story.id}/{kind}", other.title, paragraphs, story.id, kind))
    return copies


# What is found


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares by kind, numbers of pairs, the collection's own pairs, and seconds an article.

    `seconds` are those of storing and clustering the first and the last quarter.
    """

    found: dict[str, float]
    named: dict[str, str]
    differing: dict[str, str]
    pairs: dict[str, int]
    own: set[frozenset[str]]
    seconds: tuple[float, float]


def measure(stories: Sequence[Story]) -> Measures:
    """Cluster articles, and then their copies, and count."""
    copies, quarter = planted(stories), len(stories) // 4
    with tempfile.TemporaryDirectory() as folder, closing(catalog_in(Path(folder))) as catalog:
        first = timed(lambda: clustered(catalog, stories[:quarter])) / quarter
        clustered(catalog, stories[quarter:-quarter])
        last = timed(lambda: clustered(catalog, stories[-quarter:])) / quarter
        own = pairs_of(catalog, stories)
        clustered(catalog, copies)
        numbered = catalog.clusters(story.id for story in (*stories, *copies))
        found = {
            kind: share(
                numbered[copy.id] == numbered[copy.original] for copy in copies if copy.kind == kind
            )
            for kind in KINDS
        }
        pairs = counted([*stories, *copies], numbered, own)
        named, differing = shown(stories, copies, numbered)
        return Measures(found, named, differing, pairs, own, (first, last))


def counted(
    stories: Sequence[Story], numbered: dict[str, int], own: set[frozenset[str]]
) -> dict[str, int]:
    """Count the pairs in one cluster; `own` are those that there are without the copies."""
    apart, read = judged()
    clusters: dict[int, Counter[str]] = {}
    for story in stories:
        clusters.setdefault(numbered[story.id], Counter())[story.original] += 1
    right = wrong = 0
    for members in clusters.values():
        right += sum(count * (count - 1) // 2 for count in members.values())
        for one, other in combinations(members, 2):
            if frozenset((one, other)) not in own:
                wrong += members[one] * members[other]
    return {
        "of a copy and its original, or of its copies": right,
        "of copies of different articles, joined by nothing but copies": wrong,
        "of the collection's own articles": len(own),
        "of these, found to tell of different things": len(own & apart),
        "of these, not read": len(own - read),
    }


def judged() -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """Return the pairs that were read and tell of different things, and all that were read."""
    read = yaml.safe_load(JUDGED.read_text(encoding="utf-8")) if JUDGED.exists() else {}
    apart = {frozenset(f"reuters/{each}" for each in pair) for pair in read.get("apart", ())}
    same = {frozenset(f"reuters/{each}" for each in pair) for pair in read.get("same", ())}
    return apart, apart | same


def pairs_of(catalog: Catalog, stories: Sequence[Story]) -> set[frozenset[str]]:
    """Return the pairs of stories that are in one cluster."""
    clusters: dict[int, list[str]] = {}
    for name, number in catalog.clusters(story.id for story in stories).items():
        clusters.setdefault(number, []).append(name)
    return {frozenset(pair) for members in clusters.values() for pair in combinations(members, 2)}


def catalog_in(folder: Path) -> Catalog:
    """Return an empty catalog."""
    return Catalog(folder / FILE)


def clustered(catalog: Catalog, stories: Sequence[Story]) -> None:
    """Store and cluster stories."""
    with catalog.transaction():
        for story in stories:
            catalog.put_article(story.article, ADDED, ())
    cluster(catalog, Work(lambda *_: None, len(stories)))


def shown(
    stories: Sequence[Story], copies: Sequence[Story], numbered: dict[str, int]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return, by kind, how often a copy is named beside a quote, and shown as a difference.

    Each copy alone is looked at, if it was found and has the quote's sentence or its correction.
    """
    originals = {story.id: story.article for story in stories}
    quotes = {
        copy.original: changed_sentence(originals[copy.original], copy.article)
        for copy in copies
        if copy.kind == CORRECTED
    }
    named, differing = Counter[str](), Counter[str]()
    seen = Counter[str]()
    for copy in copies:
        original, span = originals[copy.original], quotes[copy.original]
        if span is None:
            continue
        holds = original.text[slice(*span)] in copy.article.text or copy.kind == CORRECTED
        if holds and numbered[copy.id] == numbered[copy.original]:
            given = with_copies(quoting(original, span), lambda _, copy=copy: [copy.article])
            seen[copy.kind] += 1
            named[copy.kind] += bool(given.also)
            differing[copy.kind] += bool(given.disagreements)
    return tuple(
        {kind: f"{each[kind]} of {seen[kind]}" for kind in KINDS} for each in (named, differing)
    )


def changed_sentence(original: Article, copy: Article) -> Span | None:
    """Return the first sentence of an original that its copy does not have.

    None where that is so short that it stands elsewhere in the copy.
    """
    changed = (
        Span(*span)
        for span in sentences(original.text)
        if original.text[slice(*span)] not in copy.text
    )
    return next(changed, None)


def quoting(article: Article, span: Span) -> Answer:
    """Return an answer that quotes a sentence."""
    citation = cite(article, span)
    return Answer(
        question="",
        standalone_question="",
        outcome=Outcome.ANSWERED,
        claims=(Claim(text=citation.quote, citations=(citation,), support=1.0),),
    )


def share(values: Iterable[bool]) -> float:
    """Return the share of true values."""
    found = [*values]
    return sum(found) / len(found)


# What it costs


def print_costs(stories: Sequence[Story], seconds: Sequence[float]) -> None:
    """Print the time of clustering beside that of embedding, and how it grows."""
    from rag.index.clusters import bands, shingles
    from rag.index.search_index import headed as head
    from rag.index.stores import StoredPassage
    from rag.models.embedder import EmbeddedModel

    model, few = EmbeddedModel(), stories[:: len(stories) // EMBEDDED][:EMBEDDED]
    texts = [
        head(article, StoredPassage(0, each.passage, each.sentences, None))
        for article in (story.article for story in few)
        for each in cut(article.id, article.text)
    ]
    model.passages(texts[:1])
    embedding = timed(lambda: model.passages(texts)) / len(few)
    sketching = timed(lambda: [bands(shingles(story.article.text)) for story in few]) / len(few)
    print("\nTime for each article, measured in one run, as a share of the time that embedding it")
    print("takes with the embedded model:\n")
    print("| step | share of embedding |")
    print("|---|---|")
    print(f"| its signature | {sketching / embedding:.3f} |")
    for name, taken in zip(("first", "last"), seconds, strict=True):
        print(f"| stored and clustered, the {name} quarter | {taken / embedding:.3f} |")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def print_pairs(stories: Sequence[Story], own: Iterable[frozenset[str]]) -> None:
    """Print pairs of articles, and what is known of each."""
    known = {story.id: story for story in stories}
    apart, read = judged()
    for pair in sorted(map(sorted, own)):
        names = frozenset(pair)
        state = "apart" if names in apart else "same" if names in read else "not read"
        print(f"[{', '.join(name.rpartition('/')[2] for name in pair)}]  {state}")
        for name in pair:
            print(f"    {known[name].title} | {' / '.join(known[name].paragraphs)[:240]}")


if __name__ == "__main__":
    main()
