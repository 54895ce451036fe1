"""Answers, articles and passages as lines for people and as dicts for JSON."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.console import BLANK, SNIPPET, TITLE, Line, Lines, Piece, Style, first, line, shortened
from bot.program import griot
from rag.grounding.change import Change
from rag.index.answers import Version, Versions
from rag.languages import MAIN, told
from rag.reasons import Reason, Remark
from rag.text import passages
from rag.types import Answer, Article, Citation, Claim, Edition, Evidence
from rag.view import Source, Statement, View, by_article, marked, news_view, page_of, view

# In characters.
CONTEXT = 500
COPIES = 3
"""How many copies of a cited article are named, but in the trace."""
SHORT_HASH = 7


# An answer


@dataclass(frozen=True, slots=True)
class _Frame:
    """The lines and dates around the articles' words."""

    said: Callable[[Remark], str] = str
    day: Callable[[date], str] = date.isoformat


_ENGLISH = _Frame()


def _frame_of(question: str) -> _Frame:
    """Return the frame in a question's language.

    An error is worded in English: it names the machine's paths and settings, for whom runs it.
    """
    if told(question):
        return _ENGLISH
    from bot.texts import for_question

    words = for_question(question, None)

    def said(remark: Remark) -> str:
        return str(remark) if "error" in remark.values else words.worded(remark)

    return _ENGLISH if words.code == MAIN else _Frame(said, words.day)


def answer_lines(answer: Answer) -> Lines:
    """Return an answer with its marks and sources, framed in the question's language.

    Last come the remarks, and the command that traces a kept answer.
    """
    shown, frame = view(answer), _frame_of(answer.question)
    lead: Lines = ()
    if shown.lead:
        style = Style.HEAD if shown.statements else Style.PLAIN
        lead = (line((frame.said(shown.lead), style)), *([BLANK] if shown.statements else []))
    why = (griot("why", answer.id),) if answer.id else ()
    remarks = [line((said, Style.FAINT)) for said in (*map(frame.said, shown.remarks), *why)]
    head = frame.said(Reason.SOURCES()) if shown.statements else ""
    return (
        *lead,
        *(line(frame.said(remark)) for remark in shown.reply),
        *(each for article in shown.listed for each in _listed(article, frame)),
        *_statements(shown, frame),
        *_notes(shown, frame),
        *_headed(head, [_cited(sources, frame) for sources in by_article(shown.sources)]),
        *((BLANK, *remarks) if remarks else ()),
    )


def news_lines(question: str, told: Answer, change: Change) -> Lines:
    """Return how the answer to a question has changed, what was told and what is new."""
    shown, frame = news_view(told, change), _frame_of(question)
    sources = [each for part in (*shown.before, *shown.now) for each in part.sources]
    cited = by_article(dict.fromkeys(sources))
    return (
        line((frame.said(shown.head), Style.HEAD), f": {question}"),
        line((frame.said(Reason.BEFORE()), Style.HEAD)),
        *([line(frame.said(shown.lead))] if shown.lead else []),
        *(line(*_statement(each, frame)) for each in shown.before),
        line((frame.said(Reason.NOW()), Style.HEAD)),
        *(line(*_statement(each, frame)) for each in shown.now),
        *_headed(frame.said(Reason.SOURCES()), [_cited(each, frame) for each in cited]),
    )


def _statements(shown: View, frame: _Frame) -> Lines:
    said = [_statement(statement, frame) for statement in shown.statements]
    if not shown.running:
        return tuple(line(*pieces) for pieces in said)
    return (line(*[piece for pieces in said for piece in (" ", *pieces)][1:]),) if said else ()


def _statement(statement: Statement, frame: _Frame = _ENGLISH) -> tuple[Piece, ...]:
    part = ((f"{statement.part} ", Style.HEAD),) if statement.part else ()
    if marks := marked(statement.sources):
        return (*part, statement.text, " ", (marks, Style.MARK))
    return (*part, statement.text, " ", (frame.said(Reason.NO_SUPPORT()), Style.WARNING))


def _notes(shown: View, frame: _Frame = _ENGLISH) -> Iterator[Line]:
    for note in shown.notes:
        said = frame.said(note.remark)
        if not note.sources:
            yield line(said)
        elif not note.beside:
            yield from (BLANK, line((f"{said} ", Style.HEAD), (marked(note.sources), Style.MARK)))
        else:
            sides = tuple(
                line((marked([source]), Style.MARK), f" {_side(source, frame)}")
                for source in note.sources
            )
            yield from _headed(said, [sides])


def _side(source: Source, frame: _Frame) -> str:
    article = source.article
    day = frame.day(article.published) if article.published else frame.said(Reason.UNDATED())
    page = frame.said(source.page) if source.page else ""
    return " · ".join(filter(None, (article.publisher, day, page)))


def _cited(
    sources: Sequence[Source], frame: _Frame = _ENGLISH, *, copies: int | None = COPIES
) -> Lines:
    """Return an article, its copies, all or so many, and the quotes that no statement repeats.

    The quotes have their pages.
    """
    article = sources[0].article
    alone = len(sources) == 1
    origin = _origin(article, frame, page=sources[0].page if alone else None)
    return (
        line((marked(sources), Style.MARK), f" {origin}", hang=4),
        *((line((article.url, Style.FAINT), indent=4),) if article.url else ()),
        *_copies(sources[0], frame, copies),
        *(
            line(*_quoted(each, frame, alone=alone), indent=4)
            for each in sources
            if not each.stated or (each.page and not alone)
        ),
    )


def _quoted(source: Source, frame: _Frame, *, alone: bool) -> Iterator[Piece]:
    """Yield a quote; if there are others of its article, its mark and its page before it."""
    page = "" if alone or source.page is None else frame.said(source.page)
    if not alone:
        yield (f"[{source.mark}] ", Style.MARK)
    if page:
        yield page if source.stated else f"{page}: "
    if not source.stated:
        yield (f"“{source.quote}”", Style.QUOTE)


def _copies(source: Source, frame: _Frame, most: int | None) -> Lines:
    """Return a line on the copies of an article, by their addresses; none without any."""
    if not source.also:
        return ()
    named = [each.url or each.id for each in source.also[:most]]
    rest = ["…"] if len(named) < len(source.also) else []
    said = f"{frame.said(source.also_in)}: {' · '.join([*named, *rest])}"
    return (line((said, Style.FAINT), indent=4),)


def _listed(article: Edition, frame: _Frame) -> Lines:
    url = article.url
    return (
        line(f"- {_origin(article, frame)}", hang=2),
        *((line((url, Style.FAINT), indent=2),) if url else ()),
    )


def _headed(head: str, blocks: Sequence[Lines]) -> Lines:
    if not blocks:
        return ()
    return (
        *((BLANK, line((head, Style.HEAD))) if head else ()),
        *(each for block in blocks for each in block),
    )


def answer_dict(answer: Answer) -> dict[str, Any]:
    """Return all of an answer; numbers in `citations` are the n of its citations."""
    return {**_answer_fields(answer, article_fields), "text": view(answer).text}


def _answer_fields(
    answer: Answer, fields_of: Callable[[Edition], dict[str, Any]]
) -> dict[str, Any]:
    marks = answer.marks
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "outcome": answer.outcome.value,
        "confidence": answer.confidence,
        "claims": [
            {
                "part": claim.part,
                "text": claim.text,
                "support": claim.support,
                "citations": [marks[citation] for citation in claim.citations],
            }
            for claim in answer.claims
        ],
        "citations": [
            {
                "n": mark,
                **fields_of(citation.article),
                "page": citation.page,
                "also": [article_fields(each) for each in answer.also.get(citation.article.id, ())],
                "quote": citation.quote,
                "start": citation.start,
                "end": citation.end,
            }
            for citation, mark in marks.items()
        ],
        "unanswered": list(answer.unanswered),
        "closest": [marks[citation] for citation in answer.closest],
        "reply": answer.reply,
        "listed": [fields_of(article) for article in answer.listed],
        "disagreements": [
            {
                "topic": each.topic,
                "kind": each.kind.value,
                "citations": [marks[citation] for citation in each.citations],
            }
            for each in answer.disagreements
        ],
        "remarks": [str(remark) for remark in answer.remarks],
        "mode": answer.mode,
        "model": answer.model,
        "timings_ms": answer.timings,
        "usage": answer.usage,
    }


def around(citation: Citation) -> Lines:
    """Return the paragraph that a citation stands in, the quote between marks."""
    text = citation.article.whole.text
    found = near(passages.around(text, citation.start, citation.end), CONTEXT)
    return (
        line(
            (_origin(citation.article, page=page_of(citation.article, citation.start)), Style.FAINT)
        ),
        line(found.before, (f"»{citation.quote}«", Style.HEAD), found.after),
    )


def near(found: passages.Around, most: int) -> passages.Around:
    """Return the text around a quote, at most so many characters on each side."""
    before, after = found.before, found.after
    return passages.Around(
        before if len(before) <= most else f"…{before[-most:]}",
        after if len(after) <= most else f"{after[:most]}…",
        found.more,
    )


# The trace of an answer


def answer_list(answers: Sequence[Answer]) -> Lines:
    """Return a line for each past answer, its id first."""
    return tuple(
        line(
            (answer.id, Style.HEAD),
            (f"  {answer.when:%Y-%m-%d %H:%M} UTC  ", Style.FAINT),
            f"{_outcome(answer):<15}  {shortened(answer.question, TITLE)}",
            hang=8,
        )
        for answer in answers
    )


def answer_dicts(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return the id, time, question and outcome of each past answer."""
    return [
        {
            "id": answer.id,
            "when": answer.when.isoformat(),
            "question": answer.question,
            "outcome": answer.outcome.value,
        }
        for answer in answers
    ]


def trace_lines(answer: Answer, versions: Versions) -> Lines:
    """Return the trace of an answer: the question, its claims and quotes, and the evidence.

    A quote is shown as it was given; where its article has changed since, or is gone, it is marked
    with the version that it comes from.
    """
    shown = view(answer)
    read = [_read(each, rank, versions) for rank, each in enumerate(answer.evidence, 1)]
    said = (
        *(
            line(*_statement(each), (f"  support {each.support:.2f}", Style.FAINT))
            for each in shown.statements
        ),
        *_notes(shown),
    )
    sources = [
        (*_cited(each, copies=None), *_since(each[0].article, versions))
        for each in by_article(shown.sources)
    ]
    return (
        *_facts(answer),
        *((BLANK, *said) if said else ()),
        *_headed("Sources", sources),
        *_headed("Evidence", read),
        *_headed("Left out", [(_left_out(each),) for each in answer.left_out]),
        *_headed("Remarks", [(line(str(remark), hang=2),) for remark in shown.remarks]),
    )


def _left_out(claim: Claim) -> Line:
    """Return a sentence that nothing supports, how likely it is, and why it was left out."""
    why = f"  support {claim.support:.2f}{f', {claim.reason}' if claim.reason else ''}"
    return line(claim.text, (why, Style.FAINT), hang=2)


def _facts(answer: Answer) -> Lines:
    alone = answer.standalone_question
    facts = {
        "answer": answer.id,
        "asked": answer.question,
        "searched": alone if alone != answer.question else "",
        "when": f"{answer.when:%Y-%m-%d %H:%M:%S} UTC",
        "outcome": f"{_outcome(answer)}, confidence {answer.confidence:.2f}",
        "written by": f"{answer.mode}, {answer.model}" if answer.model else answer.mode,
        "took": ", ".join(f"{stage} {ms:,.0f} ms" for stage, ms in answer.timings.items()),
        "tokens": ", ".join(f"{what} {count:,}" for what, count in answer.usage.items()),
    }
    return tuple(
        line((f"{name:<11}", Style.HEAD), fact, hang=11) for name, fact in facts.items() if fact
    )


def _outcome(answer: Answer) -> str:
    return answer.outcome.value.replace("_", " ")


def _read(evidence: Evidence, rank: int, versions: Versions) -> Lines:
    where = f"characters {evidence.passage.start} to {evidence.passage.end}"
    return (
        _ranked(evidence, rank),
        line((f"{where} of {_found(evidence)}", Style.FAINT), indent=4),
        *_since(evidence.article, versions),
    )


def _since(edition: Edition, versions: Versions) -> Lines:
    """Return a line on an article that has changed or is gone, naming its version; else none."""
    if versions[edition] is Version.CURRENT:
        return ()
    short = edition.content_hash.rpartition(":")[2][:SHORT_HASH]
    of = f" of {edition.published}" if edition.published else ""
    since = f"from version {short}{of}; the article {_BECAME[versions[edition]]}"
    return (line((since, Style.WARNING), indent=4),)


_BECAME = {Version.CHANGED: "has changed since", Version.GONE: "is gone"}


def trace_dict(answer: Answer, versions: Versions) -> dict[str, Any]:
    """Return all that is kept of an answer, and whether its articles are still as they were."""

    def article(edition: Edition) -> dict[str, Any]:
        state = {"content_hash": edition.content_hash, "version": versions[edition].value}
        return {**article_fields(edition), **state}

    return {
        **_answer_fields(answer, article),
        "when": answer.when.isoformat(),
        "left_out": [
            {"text": each.text, "support": each.support, "reason": str(each.reason or "")}
            for each in answer.left_out
        ],
        "evidence": [
            _passage_fields(each, rank, article) for rank, each in enumerate(answer.evidence, 1)
        ],
    }


# Articles and passages


def article_dict(article: Article) -> dict[str, Any]:
    """Return all of an article, its text as it is stored."""
    whole = {"text": article.text, "content_hash": article.content_hash}
    return {**article_fields(article), **whole}


def article_list(articles: Sequence[Article]) -> Lines:
    """Return a line for each article, and how many were left out."""
    lines = [line(_origin(article), hang=2) for article in articles]
    return first(lines, f"; {griot('show')} lists them all")


def id_lines(articles: Sequence[Article]) -> Lines:
    """Return a line for each article, its id first."""
    return tuple(
        line(
            (article.id, Style.HEAD),
            f"  {_origin(article)}" if article.name != article.id else "",
        )
        for article in articles
    )


def evidence_lines(evidence: Sequence[Evidence]) -> Lines:
    """Return the passages, best first, each with its scores and what found it."""
    if not evidence:
        return (line("No passage resembles the question."),)
    blocks = (
        (_ranked(each, rank), line((_found(each), Style.FAINT), indent=4), *_excerpt(each))
        for rank, each in enumerate(evidence, 1)
    )
    return tuple(each for block in blocks for each in block)


def _ranked(evidence: Evidence, rank: int) -> Line:
    page = page_of(evidence.article, evidence.passage.start)
    score = f"  {evidence.score:.3f}  {_origin(evidence.article, page=page)}"
    return line((f"{rank:>2}", Style.HEAD), score, hang=4)


def _excerpt(evidence: Evidence) -> Lines:
    """Return the passage from its best sentence on, cut short; nothing if it was read back."""
    if not isinstance(evidence.article, Article):
        return ()
    passage, start = evidence.passage, evidence.passage.start
    if evidence.sentences:
        start = max(evidence.sentences, key=lambda each: each.similarity + each.coverage).start
    text = "…" * (start > passage.start) + evidence.article.text[start : passage.end]
    return (line(shortened(text, SNIPPET), indent=4),)


def _found(evidence: Evidence) -> str:
    found_by = ", ".join(evidence.found_by)
    return (
        f"{evidence.article.id} · lexical {evidence.lexical:.3f} · "
        f"similarity {evidence.similarity:.3f} · coverage {evidence.coverage:.3f} · "
        f"found by {found_by}"
    )


def evidence_dicts(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Return the passages, best first, with all of their scores."""
    return [
        {
            **_passage_fields(each, rank, article_fields),
            "page": each.article.page(each.passage.start),
            "text": each.text,
        }
        for rank, each in enumerate(evidence, 1)
    ]


def _passage_fields(
    evidence: Evidence, rank: int, fields_of: Callable[[Edition], dict[str, Any]]
) -> dict[str, Any]:
    return {
        "rank": rank,
        **fields_of(evidence.article),
        "start": evidence.passage.start,
        "end": evidence.passage.end,
        "score": evidence.score,
        "lexical": evidence.lexical,
        "similarity": evidence.similarity,
        "coverage": evidence.coverage,
        "found_by": list(evidence.found_by),
    }


def article_fields(article: Edition) -> dict[str, Any]:
    """Return an article without its text."""
    return {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
    }


def _origin(article: Edition, frame: _Frame = _ENGLISH, *, page: Remark | None = None) -> str:
    """Return an article's name, and its outlet, its date and a page as far as they are known."""
    outlet = article.publisher if article.title else ""
    day = frame.day(article.published) if article.published else ""
    place = frame.said(page) if page else ""
    return " · ".join(filter(None, (shortened(article.name, TITLE), outlet, day, place)))
