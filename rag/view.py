"""How an answer is laid out in blocks, for every place that shows it; pure.

The blocks hold no words but the articles' and the question's: all else is a `Remark`, which each
place words in its reader's language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag.grounding.change import Change, Novelty
from rag.reasons import Reason, Remark
from rag.types import Answer, Citation, Claim, Conflict, Edition, Outcome

CLAIMS = 3
"""How many claims are shown of what was told of a question, and of what is new."""


@dataclass(frozen=True, slots=True)
class Source:
    """The citation that the mark [n] stands for.

    `stated`: a statement says the quote word for word, so that it need not be repeated. `also` are
    the copies of its article.
    """

    mark: int
    citation: Citation
    stated: bool = False
    also: tuple[Edition, ...] = ()

    @property
    def article(self) -> Edition:
        """The article that is quoted."""
        return self.citation.article

    @property
    def quote(self) -> str:
        """The article's words."""
        return self.citation.quote

    @property
    def page(self) -> Remark | None:
        """The page that the words begin on; None in what has no pages."""
        return page_of(self.article, self.citation.start)

    @property
    def also_in(self) -> Remark:
        """How many copies there are."""
        return Reason.ALSO(n=len(self.also))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim and what supports it; without sources, nothing does.

    `part` is the part of the question that this is the first claim to answer, else "".
    """

    text: str
    sources: tuple[Source, ...]
    support: float
    part: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line about the whole answer, and its sources, if any.

    They stand `beside` each other below it where anything tells their articles apart: an outlet
    or a date.
    """

    remark: Remark
    sources: tuple[Source, ...] = ()

    @property
    def beside(self) -> bool:
        """Whether an outlet or a date is known of any source."""
        articles = [source.article for source in self.sources]
        return any(article.publisher or article.published for article in articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An answer in blocks, in the order in which they are shown.

    `lead` comes before the statements, or in their place; without statements, the sources below it
    are the quotes that come closest. Statements that are `running` are one paragraph; others have a
    line each. `reply` are lines about the bot or its collection, and `listed` articles below them.
    """

    lead: Remark | None
    statements: tuple[Statement, ...]
    running: bool
    notes: tuple[Note, ...]
    sources: tuple[Source, ...]
    remarks: tuple[Remark, ...]
    reply: tuple[Remark, ...] = ()
    listed: tuple[Edition, ...] = ()

    @property
    def text(self) -> str:
        """The statements in one paragraph, each with its marks, in English; "" without any."""
        return " ".join(
            f"{each.part} {each.text} {marked(each.sources) or Reason.NO_SUPPORT()}".lstrip()
            for each in self.statements
        )


def page_of(article: Edition, offset: int) -> Remark | None:
    """Return the page that an offset lies on; None in what has no pages."""
    number = article.page(offset)
    return Reason.ON_PAGE(page=str(number)) if number else None


def marked(sources: Sequence[Source]) -> str:
    """Return the marks of sources: "[1][3]"."""
    return "".join(f"[{source.mark}]" for source in sources)


def by_article(sources: Iterable[Source]) -> tuple[tuple[Source, ...], ...]:
    """Return the sources of each article together, each article in the place of its first."""
    grouped: dict[str, list[Source]] = {}
    for source in sources:
        grouped.setdefault(source.article.id, []).append(source)
    return tuple(map(tuple, grouped.values()))


def view(answer: Answer) -> View:
    """Lay out an answer, be it just made or read back."""
    stated = {
        citation
        for claim in answer.claims
        for citation in claim.citations
        if _words(citation.quote) in _words(claim.text)
    }
    sources = {
        citation: Source(
            mark,
            citation,
            stated=citation in stated,
            also=answer.also.get(citation.article.id, ()),
        )
        for citation, mark in answer.marks.items()
    }

    def of(citations: tuple[Citation, ...]) -> tuple[Source, ...]:
        return tuple(sources[citation] for citation in citations)

    before = ("", *(claim.part for claim in answer.claims))
    lead = _LEADS.get(answer.outcome)
    return View(
        lead=answer.verdict or (lead() if lead else None),
        reply=answer.said,
        listed=answer.listed,
        statements=tuple(
            Statement(
                text=claim.text,
                sources=of(claim.citations),
                support=claim.support,
                part=claim.part if claim.part != last else "",
            )
            for claim, last in zip(answer.claims, before, strict=False)
        ),
        running=answer.model is not None,
        notes=(
            *(Note(Reason.PART_NOT_SAID(part=part)) for part in answer.unanswered),
            *(
                Note(_CONFLICTS[each.kind](topic=each.topic), of(each.citations))
                for each in answer.disagreements
            ),
        ),
        sources=tuple(sources.values()),
        remarks=answer.remarks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsView:
    """The old answer to a standing question and the new one, in the order in which they are shown.

    `lead` says that nothing was claimed before, where nothing was; then the statements `before` are
    the closest quotes, if any. The marks of all count on.
    """

    head: Remark
    lead: Remark | None
    before: tuple[Statement, ...]
    now: tuple[Statement, ...]


def news_view(told: Answer, change: Change) -> NewsView:
    """Lay out how an answer has changed, with the first claims of both."""
    closest = tuple(Claim(text=each.quote, citations=(each,), support=0.0) for each in told.closest)
    before, now = (told.claims or closest)[:CLAIMS], change.claims[:CLAIMS]
    both = view(replace(told, claims=(*before, *now), disagreements=(), closest=()))
    nothing = Reason.UNSURE() if closest else Reason.NOT_SAID()
    return NewsView(
        head=_NEWS[change.novelty](),
        lead=None if told.claims else nothing,
        before=both.statements[: len(before)],
        now=both.statements[len(before) :],
    )


def _words(text: str) -> str:
    """Return a text as it compares: its case, white space and last stop make no difference."""
    return " ".join(text.split()).rstrip(".…").casefold()


_LEADS = {
    Outcome.PARTLY_ANSWERED: Reason.IN_PART,
    Outcome.UNSURE: Reason.UNSURE,
    Outcome.NOT_IN_CORPUS: Reason.NOT_SAID,
    Outcome.FAILED: Reason.FAILED,
}
_CONFLICTS = {Conflict.OUTDATED: Reason.OUTDATED, Conflict.CONTRADICTORY: Reason.CONTRADICTORY}
_NEWS = {
    Novelty.FIRST: Reason.NEWS_FIRST,
    Novelty.OTHER: Reason.NEWS_OTHER,
    Novelty.DISPUTED: Reason.NEWS_DISPUTED,
}
