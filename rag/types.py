"""The nouns that flow through the house, one per stage, all frozen.

`RawPage -> Article -> Passage -> Evidence -> Draft -> Answer`, and `str -> Question`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from rag.reasons import Remark

PASSAGES = 8
"""How many passages a question is answered from."""

CLOSEST = 2
"""How many quotes an unsure answer shows, at most."""

SHOWN = 50
"""How many characters of a text a `repr` shows."""


class Span(NamedTuple):
    """A half-open range `[start, end)` of characters."""

    start: int
    end: int


FIELDS = ("url", "title", "outlet", "published")
"""What a page may say of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage:
    """A page or record as it was read, before an article is made of it.

    `location` is the path under the corpus root (for a record, followed by `#` and its number or
    line), or the page's address. `text` is all of its text, normalised. `fields` are what it says
    of itself, by the names of `FIELDS`: of each, candidates in order of trust.
    `pages` are the offsets in `text` at which the pages of a printed document begin.
    `remark` is what a person is told of how it was read.
    """

    location: str
    text: str
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pages: tuple[int, ...] = ()
    remark: Remark | None = None

    def with_more(self, **fields: Iterable[str]) -> "RawPage":
        """Return the page with further candidates for its fields, after its own."""
        more = {name: [*self.fields.get(name, ()), *values] for name, values in fields.items()}
        return replace(self, fields={**self.fields, **more})

    def __repr__(self) -> str:
        return f"RawPage(location={self.location!r}, text={_beginning(self.text)!r})"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a page or record in it, that gave no article, and why."""

    location: str
    reason: Remark


@dataclass(frozen=True, slots=True)
class Noted:
    """A page that was read, and what a person is told of how."""

    location: str
    remark: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An article as it was at one time, without its text.

    `id` is the canonical URL, or else the location under the corpus root. `published` is what the
    article says of itself, or None; never the day of ingestion. `content_hash` covers everything
    but `id`, so that equal hashes mean that nothing has changed. `pages` are the offsets in the
    text at which the pages of a printed document begin, in ascending order; none of any other.
    """

    id: str
    url: str | None
    title: str
    outlet: str | None
    published: date | None
    content_hash: str
    pages: tuple[int, ...] = ()

    @property
    def publisher(self) -> str:
        """The outlet if it is known, else the host of the address, else ""."""
        try:
            host = urlsplit(self.url).hostname if self.url else None
        except ValueError:
            host = None
        return self.outlet or host or ""

    @property
    def name(self) -> str:
        """The title, or else the publisher, or else the id, such as a file's name."""
        return self.title or self.publisher or self.id

    def page(self, offset: int) -> int | None:
        """Return the number of the page that an offset lies on, from 1; None without pages."""
        return bisect_right(self.pages, offset) or None

    @property
    def whole(self) -> "Article":
        """The article with its text, which an answer that was read back does not have."""
        assert isinstance(self, Article), f"{self.id} has no text"
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Edition):
    """A news article, its text normalised once; every offset in the house counts in `text`."""

    text: str

    def __repr__(self) -> str:
        return f"Article(id={self.id!r}, title={self.title!r}, text={_beginning(self.text)!r})"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article, by its range in the article's text."""

    article_id: str
    start: int
    end: int

    def text_in(self, article: Article) -> str:
        """Return the passage's words, a slice of its article's text."""
        return article.text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a passage, by its range in the article's text.

    `similarity` is the cosine of its embedding with the question's, in [-1, 1]; `coverage` is the
    share of the question's words that stand in it, each weighted by its rarity, in [0, 1].
    """

    start: int
    end: int
    similarity: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage that retrieval hands to answering, best first.

    `score` orders; `lexical` is BM25 as a share of the best passage's, in [0, 1]; `similarity` is
    the passage's cosine with the question; `coverage` is the weighted share of the question's words
    that stand in the passage or its title. `found_by` names the searches that found it. `cluster`
    is the number of the article's cluster, 0 where it has none. `among` is how many passages were
    searched. Of an answer that was read back, `article` is an edition without text, `sentences` is
    empty, and `cluster` and `among` are 0.
    """

    passage: Passage
    article: Edition
    score: float
    lexical: float
    similarity: float
    coverage: float
    sentences: tuple[Sentence, ...]
    found_by: tuple[str, ...]
    cluster: int = 0
    among: int = 0

    def __repr__(self) -> str:
        where = f"article={self.article.id!r}, start={self.passage.start}, end={self.passage.end}"
        text = f", text={_beginning(self.text)!r}" if isinstance(self.article, Article) else ""
        return f"Evidence({where}, score={self.score:.3f}{text})"

    @property
    def text(self) -> str:
        """The passage's own words."""
        return self.passage.text_in(self.article.whole)

    @property
    def story(self) -> str | int:
        """What articles of one cluster have in common, and no others."""
        return self.cluster or self.article.id

    def holds(self, citation: "Citation") -> bool:
        """Return whether a citation begins in the passage."""
        passage = self.passage
        same = passage.article_id == citation.article.id
        return same and passage.start <= citation.start < passage.end


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftClaim:
    """A claim as a reader or a chat model wrote it, with what it says that it rests on.

    `cited` are ranges of articles: a reader's, of the words that it found; a chat model's, of the
    passages that it names. `meaning` says in the articles' language what is written in another.
    """

    text: str
    cited: tuple[tuple[Article, Span], ...]
    support: float
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer as a reader or a chat model wrote it, unchecked; never shown.

    `confidence` is the probability, in [0, 1], that the evidence answers the question at all.
    """

    claims: tuple[DraftClaim, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A range of an article and the words that stand there. Made by `rag.grounding` alone.

    `article.text[start:end] == quote` in an answer that was just made. In one that was read back,
    `article` is the edition that was quoted, without its text.
    """

    article: Edition
    start: int
    end: int
    quote: str

    @property
    def page(self) -> int | None:
        """The number of the page that it begins on, from 1; None of what has no pages."""
        return self.article.page(self.start)

    def __repr__(self) -> str:
        where = f"article={self.article.id!r}, start={self.start}, end={self.end}"
        return f"Citation({where}, quote={_beginning(self.quote)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of an answer and what it rests on; `support` is in [0, 1].

    A claim without citations is one that nothing supports, for that `reason`.
    `part` is the part that it answers of a question that asks several things, "" of any other.
    """

    text: str
    citations: tuple[Citation, ...]
    support: float
    part: str = ""
    reason: Remark | None = None


class Conflict(StrEnum):
    """How articles come to differ.

    Where each tells of a state at its own date, the later one may supersede the earlier one.
    """

    OUTDATED = "outdated"
    CONTRADICTORY = "contradictory"


class Topic(StrEnum):
    """A kind of fact that articles differ on, in English."""

    TIME = "the time"
    DATE = "the date"
    PERSON = "the person"
    PLACE = "the place"
    QUANTITY = "the quantity"
    NUMBER = "the number"
    NAME = "the name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Citations of different articles that do not say the same about one thing.

    `topic` is what that is: a `Topic`, or a word of the question or the articles.
    """

    topic: str
    citations: tuple[Citation, ...]
    kind: Conflict


class Outcome(StrEnum):
    """How asking ended.

    `UNSURE`: the articles may answer it; the closest quotes are shown, and nothing is claimed.
    `REPLY`: what was asked is about the bot or its collection; nothing is claimed of the world.
    """

    ANSWERED = "answered"
    PARTLY_ANSWERED = "partly_answered"
    UNSURE = "unsure"
    NOT_IN_CORPUS = "not_in_corpus"
    REPLY = "reply"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verified answer, or an honest refusal.

    `id` is the catalog's, empty if the answer is not kept; `when` is when it was made.
    `standalone_question` is the question as it was searched for. `unanswered` are the parts of a
    question that the articles do not answer. `closest` are the quotes of an unsure answer, which
    has no claims. `also` are, by the id of a cited article, the others of its cluster that have all
    of its quotes. `verdict` says which of two claims has more, or less. `left_out` are a chat
    model's sentences that nothing supports. `said` and `listed` are a reply: its lines, and the
    articles below them. `mode` names what wrote the claims, `model` the chat model if one did.
    `evidence` is what was read, best first; it never supports a refusal. `remarks` tell the person
    how the answer came about; `model_failed` is true if the embedded reader answered because a chat
    model could not.
    `timings` are milliseconds by stage; `usage` are a chat model's token counts, and their `cost`
    if the server tells it.
    """

    id: str = ""
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
    question: str
    standalone_question: str
    outcome: Outcome
    claims: tuple[Claim, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    unanswered: tuple[str, ...] = ()
    closest: tuple[Citation, ...] = ()
    also: dict[str, tuple[Edition, ...]] = field(default_factory=dict)
    verdict: Remark | None = None
    left_out: tuple[Claim, ...] = ()
    said: tuple[Remark, ...] = ()
    listed: tuple[Edition, ...] = ()
    confidence: float = 0.0
    mode: str = "reader"
    model: str | None = None
    evidence: tuple[Evidence, ...] = ()
    remarks: tuple[Remark, ...] = ()
    model_failed: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    usage: dict[str, float] = field(default_factory=dict)

    @property
    def reply(self) -> str:
        """The text of a reply in English, the titles of its articles below it; else ""."""
        dated = (
            f"{each.name} ({each.published})" if each.published else each.name
            for each in self.listed
        )
        return "\n".join([*map(str, self.said), *dated])

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation once, in the order of its first mark: the n-th is shown as [n].

        Those of the claims come first, then those that only a disagreement has, then the closest.
        """
        claimed = (citation for claim in self.claims for citation in claim.citations)
        differing = (citation for each in self.disagreements for citation in each.citations)
        return tuple(dict.fromkeys((*claimed, *differing, *self.closest)))

    @property
    def marks(self) -> dict[Citation, int]:
        """The number of each citation, from 1."""
        return {citation: number for number, citation in enumerate(self.citations, 1)}

    @property
    def articles(self) -> tuple[Edition, ...]:
        """Every article that is cited, was read or is listed, once."""
        cited = (citation.article for citation in self.citations)
        read = (each.article for each in self.evidence)
        return tuple(dict.fromkeys((*cited, *read, *self.listed)))


class Period(NamedTuple):
    """The days from the first to the last, both included.

    A `relative` period is counted from today ("last week"), so that no article names it.
    """

    first: date
    last: date
    relative: bool = False

    def holds(self, day: date | None) -> bool:
        """Return whether a day lies in the period; an unknown one does not."""
        return day is not None and self.first <= day <= self.last


class DatingEvent(NamedTuple):
    """An event that limits a question to articles from its time on, or `before` it."""

    text: str
    before: bool


class Ordering(NamedTuple):
    """Whether the newest or the oldest of several articles is to answer.

    `text` is the question without the words that ask for it. `words` are those words if they may
    mean something else ("the first"): they ask for no order if the answering article has them.
    """

    newest: bool
    text: str
    words: tuple[str, ...] = ()


class AnswerType(StrEnum):
    """The kind of thing that a question asks for."""

    QUANTITY = "quantity"
    TIME = "time"
    PERSON = "person"
    PLACE = "place"
    YES_NO = "yes or no"
    OTHER = "other"


class Measure(StrEnum):
    """The unit of the quantity that a question asks for."""

    NUMBER = "number"
    UNITS = "units of time or distance"
    SIZE = "size"
    DURATION = "duration"
    AGE = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An office that somebody may hold: the term of its head noun, and the terms beside it.

    `owners` are the names, without abbreviations, of what it belongs to: "Mali's", "of Mali"; those
    of a country or its people ("Malian") are in `countries`. `kinds` tell several offices apart:
    "defence", "of defence". `short_of` are words that make it less: "deputy", "former". `known` is
    true if it is a certain one, by an article, an owner or a capital: "the minister".
    """

    head: str
    owners: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    short_of: frozenset[str] = frozenset()
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The kind of answer that a question wants, by the rules of its language.

    `asks`: it has a question word, None if the language has no such rule. `when`: it asks when
    something happened, and nothing else. `year`: it asks in which year. `one`: it asks for one
    person, place or thing. `several`: several answers may be right. `now`: it asks how things are,
    not what happened. `office`: the office whose holder it asks for.
    """

    kind: AnswerType = AnswerType.OTHER
    measure: Measure = Measure.NUMBER
    asks: bool | None = None
    when: bool = False
    year: bool = False
    one: bool = False
    several: bool = False
    now: bool = False
    office: Office | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that are compared.

    `own` are the words that name it and not the other one, `other` those of the other one. `kinds`
    are the kinds of units in which they are compared, as `Amount.kinds`, and "age"; any if none.
    """

    own: tuple[str, ...]
    other: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, parsed once by `rag.understanding`; nothing after that parses its text.

    `typed` is what was asked, `alone` the same as a standalone question. `text` is what is searched
    for and read: `alone`, or a chat model's translation of it into the articles' language.

    - Dates: `period` limits the articles, or `dated_by` the time of an event; `undated` is the text
      without the words that say so, or "". With `all_dates` nothing is limited. `ordering` asks for
      the newest or the oldest article.
    - Conversation: `carried` is what `text` has in brackets from the question before. `ellipsis`
      are the words that ask that question again of something else ("And in Kidal?"), or "";
      `quoted` are the sentences that answered it, and `answered` the terms of its short answers.
      `depends_on_context` is true if `typed` depends on earlier turns or on today's date.
    - Analysis of `text`: its `language` (ISO 639-1); its `terms`, each once; its `content` terms,
      which are no function words, in order; the `subject`, which is `content` without the words
      that tell the kind of answer; the terms of its `names` and `numbers`, and of the `places`
      where something is asked about ("in Mali").
    - Structure: its `parts`, if it asks several things; its `alternatives`, the two things that it
      compares or lists, each with the question about it alone; `side`, which of two things this is
      about; `greater`, whether it asks which has more (True) or less (False) of something.
    """

    typed: str
    alone: str
    text: str
    language: str
    wanted: Wanted
    terms: tuple[str, ...]
    content: tuple[str, ...]
    subject: tuple[str, ...]
    names: frozenset[str]
    numbers: frozenset[str]
    places: frozenset[str] = frozenset()
    carried: str = ""
    ellipsis: str = ""
    quoted: tuple[str, ...] = ()
    answered: frozenset[str] = frozenset()
    depends_on_context: bool = False
    period: Period | None = None
    dated_by: DatingEvent | None = None
    undated: str = ""
    all_dates: bool = False
    ordering: Ordering | None = None
    parts: tuple["Question", ...] = ()
    alternatives: tuple[tuple[str, "Question"], ...] = ()
    side: Side | None = None
    greater: bool | None = None

    def __repr__(self) -> str:
        return f"Question(text={self.text!r}, language={self.language!r}, wanted={self.wanted!r})"


@dataclass(frozen=True, slots=True)
class Searching:
    """The question is being searched for."""


@dataclass(frozen=True, slots=True)
class ReadingArticles:
    """The number of articles that are being read."""

    articles: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer as it is written; the verified answer replaces it."""

    text: str


Event = Searching | ReadingArticles | TextDelta | Answer


def _beginning(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
