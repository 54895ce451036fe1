"""Clusters of near-duplicate articles: reposts, wire copy, updates.

Two articles are alike if most shingles (runs of four terms) of the smaller one are in the other,
wherever they are: a copy may be shortened, or have its paragraphs moved. Reports in one form, such
as each week's prices, differ from copies by the numbers between the same words. Which articles to
compare a new one with is found by MinHash and locality-sensitive hashing (Leskovec, Rajaraman and
Ullman, Mining of Massive Datasets, chapter 3): a signature is cut into bands, and articles with a
band in common are compared by their texts. Their number grows with the near-duplicates, not with
the collection.

Alike articles, and those alike to these, are one cluster. The constants were chosen on half of a
collection, and measured on the other half: benchmarks/clusters.md.
"""

import hashlib
import re
import struct
from collections.abc import Sequence

from rag.index.catalog import Catalog
from rag.index.progress import COMPARING, Work
from rag.languages.terms import terms
from rag.types import Article

SHINGLE = 4
"""Terms of a shingle."""

SHARED, ALIKE = 50, 0.75
"""How many shingles alike articles have in common at least, and which share of the smaller one's.
Shorter notices use the same phrases about different things."""

SAME = 20
"""Shingles that articles have at least if they are alike because all of them are the same."""

FORM, OTHER_NUMBERS = 2, 0.2
"""Alike articles tell of different things if so many numbers differ in the same places, and that
share of the numbers there. Of 409 pairs of copies in the half that was chosen on, none has two."""

BANDS, ROWS = 40, 3
"""Of pairs of articles with a Jaccard similarity of a half, 99 % have a band in common; of a third,
77 %; of a twentieth, 0.5 %."""

NEIGHBOURS, COMPARED = 100, 3
"""How many articles with a common band are looked up, and how many of each cluster are compared."""

_BATCH = 100
_SKETCH = "sketch"
_VERSION = 3

_TOKEN = re.compile(r"[^\W_]+(?:[.,/'\u2019][^\W_]+)*")
_FACT = "#"


def cluster(catalog: Catalog, work: Work) -> None:
    """Find the cluster of each article that has not been compared yet.

    Killed, it loses the work on the last few articles. The caller holds the catalog's lock.
    """
    import rensa

    sketch = f"{_VERSION}/{rensa.RMinHash.ALGORITHM_VERSION}"
    if catalog.get(_SKETCH) != sketch:
        with catalog.transaction():
            catalog.drop_clusters()
            catalog.put(_SKETCH, sketch)
    done, total = 0, catalog.unclustered_count()
    while batch := catalog.unclustered(_BATCH):
        work.at(COMPARING, done, total)
        with catalog.transaction():
            for article in batch:
                _place(catalog, article)
        done += len(batch)


def _place(catalog: Catalog, article: Article) -> None:
    """Put an article into the cluster of those that are like it, and merge theirs."""
    found = shingles(article.text)
    own = bands(found)
    near: dict[int, list[str]] = {}
    for number, other in catalog.sharing(own, NEIGHBOURS):
        near.setdefault(number, []).append(other)
    joined = [
        number
        for number, others in near.items()
        if any(_is_like(catalog, article, found, other) for other in others[:COMPARED])
    ]
    catalog.put_cluster(article.id, own, joined)


def _is_like(catalog: Catalog, article: Article, found: frozenset[str], other: str) -> bool:
    compared = catalog.article(other)
    return (
        compared is not None
        and alike(found, shingles(compared.text))
        and not have_other_numbers(article.text, compared.text)
    )


def shingles(text: str) -> frozenset[str]:
    """Return the shingles of a text; a shorter text is one shingle."""
    found = terms(text)
    last = max(1, len(found) - SHINGLE + 1)
    return frozenset(" ".join(found[start : start + SHINGLE]) for start in range(last))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two texts, by their shingles, are near-duplicates."""
    if one == other:
        return len(one) >= SAME
    shared = len(one & other)
    return shared >= SHARED and shared >= ALIKE * min(len(one), len(other))


def have_other_numbers(one: str, other: str) -> bool:
    """Return whether two texts are in one form, with other numbers between the same words."""
    ours, theirs = _numbers(one), _numbers(other)
    pairs = [(ours[place], theirs[place]) for place in ours.keys() & theirs.keys()]
    differing = sum(min(len(each - last), len(last - each)) for each, last in pairs)
    compared = sum(min(len(each), len(last)) for each, last in pairs)
    return differing >= max(FORM, OTHER_NUMBERS * compared)


def _numbers(text: str) -> dict[tuple[str, str, str], set[str]]:
    """Return the numbers of a text by their place: the two words before them, and the one after.

    Where capitalised words or other numbers stand beside a number, the place is that of all.
    """
    words, held = ["", ""], []
    for token in _TOKEN.findall(text):
        number = token[0].isdigit()
        if not (number or token[0].isupper()):
            words.append(token)
            continue
        if words[-1] != _FACT:
            words.append(_FACT)
            held.append((len(words) - 1, set[str]()))
        held[-1][1].update([token] if number else ())
    words.append("")
    found: dict[tuple[str, str, str], set[str]] = {}
    for at, numbers in held:
        found.setdefault((words[at - 2], words[at - 1], words[at + 1]), set()).update(numbers)
    return found


def bands(found: frozenset[str]) -> tuple[int, ...]:
    """Return the bands of a text's signature, as 32-bit numbers; none if it is too short.

    Among a million articles, one has a band in common with 0.4 others by chance.
    """
    import rensa

    if len(found) < SAME:
        return ()
    sketch = rensa.RMinHash(num_perm=BANDS * ROWS, seed=1)
    sketch.update(list(found))
    signature = sketch.digest()
    return tuple(_band(place, signature) for place in range(BANDS))


def _band(place: int, signature: Sequence[int]) -> int:
    rows = signature[place * ROWS : (place + 1) * ROWS]
    packed = struct.pack(f"<{ROWS + 1}I", place, *rows)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=4).digest(), "little", signed=True)
