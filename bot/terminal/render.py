"""Answers, articles and passages as lines for people and as dicts for JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.console import (
    BLANK,
    CLOSEST,
    SNIPPET,
    TITLE,
    Lines,
    Piece,
    Style,
    first,
    line,
    shortened,
)
from rag.command import griot
from rag.index.records import Edition, Quoted, Record, Retrieved, Version, by_part, numbered
from rag.text import passages
from rag.types import Answer, Article, Citation, Claim, Conflict, Evidence, Outcome

# In characters.
CONTEXT = 500
SHORT_HASH = 7

UNSUPPORTED = "(not supported by the articles)"
REFUSAL = "The articles do not say."
PARTLY = "The articles answer this in part."
FAILURE = "No answer could be made."


Versions = Mapping[Edition, Version]


# An answer


def answer_lines(answer: Answer) -> Lines:
    """The answer with its marks, then its sources; or the refusal, with what comes closest.

    Last come the remarks, and the command that traces an answer that is kept.
    """
    return (*_answered(answer), *_remarks(answer))


def _answered(answer: Answer) -> Lines:
    if answer.outcome is Outcome.FAILED:
        return (line(FAILURE),)
    if answer.outcome is Outcome.NOT_IN_CORPUS:
        return (line(REFUSAL), *_closest(answer.closest))
    marks = numbered(answer)
    partly = answer.outcome is Outcome.PARTLY_ANSWERED
    sources = [_source(citation.article, citation.quote, mark) for citation, mark in marks.items()]
    return (
        *((line((PARTLY, Style.HEAD)), BLANK) if partly else ()),
        *_claims(answer, marks),
        *_unanswered(answer.unanswered),
        *(
            one
            for each in answer.disagreements
            for one in _disagreement(
                each.topic, each.kind, [(marks[one], one.article) for one in each.citations]
            )
        ),
        *_headed("Sources", sources),
    )


def _claims(answer: Answer, marks: Mapping[Citation, int]) -> Lines:
    """A line for each claim of the reader; a chat model's sentences are one paragraph."""
    claims: list[tuple[Piece, ...]] = [
        (
            *_named(part),
            claim.text,
            " ",
            _borne_out(_cited(claim, marks)),
        )
        for part, claim in by_part(answer.claims)
    ]
    if answer.model is None:
        return tuple(line(*claim) for claim in claims)
    spaced = [piece for claim in claims for piece in (" ", *claim)][1:]
    return (line(*spaced),)


def _named(part: str) -> tuple[tuple[str, Style], ...]:
    """The part of the question before what answers it."""
    return ((f"{part} ", Style.HEAD),) if part else ()


def _remarks(answer: Answer) -> Lines:
    why = (griot("why", answer.id),) if answer.id else ()
    said = tuple(line((str(remark), Style.FAINT)) for remark in (*answer.remarks, *why))
    return (BLANK, *said) if said else ()


def answer_text(answer: Answer) -> str:
    """The claims in one paragraph, each with its marks, parts named; empty for a refusal."""
    marks = numbered(answer)
    return " ".join(
        f"{part} {claim.text} {_borne_out(_cited(claim, marks))[0]}".lstrip()
        for part, claim in by_part(answer.claims)
    )


def answer_dict(answer: Answer) -> dict[str, Any]:
    """All of the answer; every number in `citations` is the n of one of its citations."""
    marks = numbered(answer)
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "outcome": answer.outcome.value,
        "confidence": answer.confidence,
        "text": answer_text(answer),
        "claims": [
            {
                "part": claim.part,
                "text": claim.text,
                "support": claim.support,
                "citations": _cited(claim, marks),
            }
            for claim in answer.claims
        ],
        "citations": [
            {
                "n": mark,
                **_article_fields(citation.article),
                "quote": citation.quote,
                "start": citation.start,
                "end": citation.end,
            }
            for citation, mark in marks.items()
        ],
        "unanswered": list(answer.unanswered),
        "closest": [_passage_fields(evidence) for evidence in answer.closest],
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
    """The paragraph that a citation stands in, the quote between marks."""
    found = near(passages.around(citation.article.text, citation.start, citation.end), CONTEXT)
    return (
        line((_origin(citation.article), Style.FAINT)),
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


def _cited(claim: Claim, marks: Mapping[Citation, int]) -> list[int]:
    return [marks[citation] for citation in claim.citations]


def _borne_out(marks: Iterable[int]) -> tuple[str, Style]:
    """Return the marks of a claim's citations, or that it has none."""
    numbers = marked(marks)
    return (numbers, Style.MARK) if numbers else (UNSUPPORTED, Style.WARNING)


def marked(marks: Iterable[int]) -> str:
    """The marks as they stand behind a claim: "[1][3]"."""
    return "".join(f"[{mark}]" for mark in marks)


def unanswered(part: str) -> str:
    """Return the line for a part that the articles do not answer."""
    return f"The articles do not say: {part}"


def _unanswered(parts: Iterable[str]) -> Lines:
    return tuple(line(unanswered(part)) for part in parts)


def _headed(head: str, blocks: Sequence[Lines]) -> Lines:
    if not blocks:
        return ()
    return (BLANK, line((head, Style.HEAD)), *(one for block in blocks for one in block))


def _source(article: Article | Edition, quote: str, mark: int) -> Lines:
    return (
        line((f"[{mark}]", Style.MARK), f" {_origin(article)}", hang=4),
        *((line((article.url, Style.FAINT), indent=4),) if article.url else ()),
        line((f"“{quote}”", Style.QUOTE), indent=4),
    )


def _disagreement(
    topic: str, kind: Conflict, differing: Iterable[tuple[int, Article | Edition]]
) -> Lines:
    sides = tuple(
        line((f"[{mark}]", Style.MARK), f" {outlet_of(article)} · {_published(article)}")
        for mark, article in differing
    )
    return _headed(f"The articles differ on {topic}{_SUPERSEDED[kind]}", [sides])


_SUPERSEDED = {
    Conflict.OUTDATED: "; the later one may supersede the earlier",
    Conflict.CONTRADICTORY: "",
}


def _closest(closest: Sequence[Evidence]) -> Lines:
    if not closest:
        return ()
    return (
        BLANK,
        line(("Closest passages (they do not answer the question):", Style.FAINT)),
        *(
            one
            for evidence in closest[:CLOSEST]
            for one in (
                line(_origin(evidence.article), indent=2, hang=2),
                line((_excerpt(evidence), Style.FAINT), indent=4),
            )
        ),
    )


# The trace of an answer


def answer_list(records: Sequence[Record]) -> Lines:
    """A line for each past answer, its id first."""
    return tuple(
        line(
            (record.id, Style.HEAD),
            (f"  {record.when:%Y-%m-%d %H:%M} UTC  ", Style.FAINT),
            f"{_outcome(record):<15}  {shortened(record.question, TITLE)}",
            hang=8,
        )
        for record in records
    )


def answer_dicts(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the id, time, question and outcome of each past answer."""
    return [
        {
            "id": record.id,
            "when": record.when.isoformat(),
            "question": record.question,
            "outcome": record.outcome.value,
        }
        for record in records
    ]


def record_lines(record: Record, versions: Versions) -> Lines:
    """Return the trace of an answer: the question, its claims and quotes, and the evidence.

    A quote is shown as it was given; where its article has changed since, or is gone, it is marked
    with the version that it comes from.
    """
    sources = [_quoted(each, mark, versions) for mark, each in enumerate(record.citations, 1)]
    read = [_retrieved(each, rank, versions) for rank, each in enumerate(record.evidence, 1)]
    return (
        *(
            line((f"{name:<11}", Style.HEAD), fact, hang=11)
            for name, fact in _facts(record)
            if fact
        ),
        *_stated(record),
        *(
            one
            for each in record.disagreements
            for one in _disagreement(
                each.topic,
                each.kind,
                [(mark, record.citations[mark - 1].edition) for mark in each.marks],
            )
        ),
        *_headed("Sources", sources),
        *_headed("Evidence", read),
        *_headed("Remarks", [(line(str(remark), hang=2),) for remark in record.remarks]),
    )


def _facts(record: Record) -> Iterable[tuple[str, str]]:
    alone = record.standalone_question
    return (
        ("answer", record.id),
        ("asked", record.question),
        ("searched", alone if alone != record.question else ""),
        ("when", f"{record.when:%Y-%m-%d %H:%M:%S} UTC"),
        ("outcome", f"{_outcome(record)}, confidence {record.confidence:.2f}"),
        ("written by", f"{record.mode}, {record.model}" if record.model else record.mode),
        ("took", ", ".join(f"{stage} {ms:,.0f} ms" for stage, ms in record.timings.items())),
        ("tokens", ", ".join(f"{what} {count:,}" for what, count in record.usage.items())),
    )


def _outcome(record: Record) -> str:
    return record.outcome.value.replace("_", " ")


def _stated(record: Record) -> Lines:
    said = (
        *(
            line(
                *_named(part),
                claim.text,
                " ",
                _borne_out(claim.marks),
                (f"  support {claim.support:.2f}", Style.FAINT),
            )
            for part, claim in by_part(record.claims)
        ),
        *_unanswered(record.unanswered),
    )
    return (BLANK, *said) if said else ()


def _quoted(quoted: Quoted, mark: int, versions: Versions) -> Lines:
    return (*_source(quoted.edition, quoted.quote, mark), *_since(quoted.edition, versions))


def _retrieved(passage: Retrieved, rank: int, versions: Versions) -> Lines:
    return (
        line(
            (f"{rank:>2}", Style.HEAD), f"  {passage.score:.3f}  {_origin(passage.edition)}", hang=4
        ),
        line(
            (f"characters {passage.start} to {passage.end} · {_found(passage)}", Style.FAINT),
            indent=4,
        ),
        *_since(passage.edition, versions),
    )


def _since(edition: Edition, versions: Versions) -> Lines:
    """Return a line on an article that has changed or is gone, naming its version; else none."""
    if versions[edition] is Version.CURRENT:
        return ()
    short = edition.content_hash.rpartition(":")[2][:SHORT_HASH]
    of = f" of {edition.published}" if edition.published else ""
    told = f"from version {short}{of}; the article {_BECAME[versions[edition]]}"
    return (line((told, Style.WARNING), indent=4),)


_BECAME = {Version.CHANGED: "has changed since", Version.GONE: "is gone"}


def record_dict(record: Record, versions: Versions) -> dict[str, Any]:
    """All that is kept of an answer, and of each article whether it is still as it was."""
    return {
        "id": record.id,
        "when": record.when.isoformat(),
        "question": record.question,
        "standalone_question": record.standalone_question,
        "outcome": record.outcome.value,
        "confidence": record.confidence,
        "claims": [
            {
                "part": each.part,
                "text": each.text,
                "support": each.support,
                "citations": list(each.marks),
            }
            for each in record.claims
        ],
        "citations": [
            {
                "n": mark,
                **_edition_fields(each.edition, versions),
                "quote": each.quote,
                "start": each.start,
                "end": each.end,
            }
            for mark, each in enumerate(record.citations, 1)
        ],
        "unanswered": list(record.unanswered),
        "disagreements": [
            {"topic": each.topic, "kind": each.kind.value, "citations": list(each.marks)}
            for each in record.disagreements
        ],
        "evidence": [
            {
                "rank": rank,
                **_edition_fields(each.edition, versions),
                "start": each.start,
                "end": each.end,
                "score": each.score,
                **_scores(each),
            }
            for rank, each in enumerate(record.evidence, 1)
        ],
        "remarks": [str(remark) for remark in record.remarks],
        "mode": record.mode,
        "model": record.model,
        "timings_ms": record.timings,
        "usage": record.usage,
    }


def _edition_fields(edition: Edition, versions: Versions) -> dict[str, Any]:
    return {
        **_article_fields(edition),
        "content_hash": edition.content_hash,
        "version": versions[edition].value,
    }


# Articles and passages


def article_dict(article: Article) -> dict[str, Any]:
    """All of the article, its text as it is stored."""
    return {
        **_article_fields(article),
        "text": article.text,
        "content_hash": article.content_hash,
    }


def article_list(articles: Sequence[Article]) -> Lines:
    """Return a line for each article, and how many were left out."""
    lines = [line(_origin(article), hang=2) for article in articles]
    return first(lines, f"; {griot('show')} lists them all")


def id_lines(articles: Sequence[Article]) -> Lines:
    """A line for each article, its id first."""
    return tuple(
        line(
            (article.id, Style.HEAD),
            f"  {shortened(article.title, TITLE)} · {_published(article)}",
        )
        for article in articles
    )


def article_dicts(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """Return each article without its text."""
    return [_article_fields(article) for article in articles]


def evidence_lines(evidence: Sequence[Evidence]) -> Lines:
    """The passages, best first, each with its scores and what found it."""
    if not evidence:
        return (line("No passage resembles the question."),)
    return tuple(
        one
        for rank, each in enumerate(evidence, 1)
        for one in (
            line(
                (f"{rank:>2}", Style.HEAD), f"  {each.score:.3f}  {_origin(each.article)}", hang=4
            ),
            line((_found(each), Style.FAINT), indent=4),
            line(_excerpt(each), indent=4),
        )
    )


def _excerpt(evidence: Evidence) -> str:
    """The passage from its best sentence on, cut short."""
    start = evidence.passage.start
    if evidence.sentences:
        start = max(evidence.sentences, key=lambda one: one.similarity + one.coverage).start
    text = evidence.article.text[start : evidence.passage.end]
    return shortened("…" * (start > evidence.passage.start) + text, SNIPPET)


def _found(evidence: Evidence | Retrieved) -> str:
    return (
        f"lexical {evidence.lexical:.3f} · similarity {evidence.similarity:.3f} · "
        f"coverage {evidence.coverage:.3f} · found by {', '.join(evidence.found_by)}"
    )


def evidence_dicts(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """The passages, best first, with all of their scores."""
    return [
        {
            "rank": rank,
            **_passage_fields(each),
            **_scores(each),
        }
        for rank, each in enumerate(evidence, 1)
    ]


def _scores(evidence: Evidence | Retrieved) -> dict[str, Any]:
    return {
        "lexical": evidence.lexical,
        "similarity": evidence.similarity,
        "coverage": evidence.coverage,
        "found_by": list(evidence.found_by),
    }


def _passage_fields(evidence: Evidence) -> dict[str, Any]:
    return {
        **_article_fields(evidence.article),
        "text": evidence.text,
        "start": evidence.passage.start,
        "end": evidence.passage.end,
        "score": evidence.score,
    }


def _article_fields(article: Article | Edition) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
    }


def _origin(article: Article | Edition) -> str:
    return " · ".join(
        (outlet_of(article), shortened(article.title, TITLE) or "no title", _published(article))
    )


def outlet_of(article: Article | Edition) -> str:
    """The outlet where it is known, else the address's host, else the article's id."""
    return article.outlet or (urlsplit(article.url).hostname if article.url else None) or article.id


def _published(article: Article | Edition) -> str:
    return article.published.isoformat() if article.published else "no date"
