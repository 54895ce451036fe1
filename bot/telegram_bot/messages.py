"""Draws kept answers, and lists, as Telegram messages; pure.

The same record gives the same messages, so that a button can draw any of them again a week later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.chat.texts import Texts
from bot.console import CLOSEST, TITLE, printable, shortened
from bot.telegram_bot.buttons import (
    Button,
    Rate,
    Rows,
    ShowAnswer,
    ShowSource,
    ShowWhy,
)
from bot.telegram_bot.links import followed, quoted_at
from bot.telegram_bot.markup import (
    LONGEST,
    Kind,
    Run,
    Runs,
    beginning,
    ending,
    fits,
    html,
    joined,
    pack,
    stripped,
    text_of,
    units,
)
from bot.terminal.render import Versions, outlet_of
from rag.index.records import (
    Differing,
    Edition,
    Record,
    Retrieved,
    Stated,
    Version,
    by_part,
    numbered,
)
from rag.reasons import Reason
from rag.text.passages import Around
from rag.types import Answer, Article, Citation, Conflict, Outcome, Reading, Searching

GOOD, BAD, CHOSEN = "👍", "👎", " ✓"

ABREAST = 3
"""How many sources' buttons stand in a row."""

LABEL, OUTLET = 20, 60
"""How much of an outlet's name, in characters, a button and a source tell."""

GLIMPSE = 200
"""The longest text, in units, that Telegram shows over a chat."""

ASKED = 1200
"""How much of a question, in units, `why` repeats."""

INLINE = 50
"""How many results Telegram shows for an inline question."""

LISTED = 50
"""How many articles a list names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent or shown: the text as Telegram's HTML, and the buttons below it."""

    html: str
    rows: Rows = ()


def line(text: str, rows: Rows = ()) -> Message:
    """Return a message of plain text."""
    return Message(html((Run(text),)), rows)


@dataclass(frozen=True, slots=True)
class InlineResult:
    """One of the results of an inline question; choosing it sends `html`."""

    id: str
    title: str
    description: str
    html: str


# An answer


@dataclass(frozen=True, slots=True)
class _Statement:
    """Something that the answer says, the citations that bear it out, and what stands before it."""

    runs: Runs
    marks: tuple[int, ...] = ()
    gap: str = "\n"


@dataclass(frozen=True, slots=True)
class _Part:
    """One message of an answer, and the citations that it shows."""

    runs: Runs
    marks: tuple[int, ...] = ()


def answer(record: Record, texts: Texts, *, voted: bool | None = None) -> tuple[Message, ...]:
    """The answer in as many messages as it takes, each with the sources of what it says.

    Only a claim that no message takes together with its quotes is followed by them in others.
    `voted` is how the answer was rated; its button is marked. An answer that is not kept has no
    buttons.
    """
    parts = _parts(record, texts)
    if not record.id:
        return tuple(Message(html(stripped(part.runs))) for part in parts)
    last = len(parts) - 1
    return tuple(
        Message(
            html(stripped(part.runs)),
            (
                *_source_rows(record, part.marks, number),
                *((_last_row(record, number, texts, voted=voted),) if number == last else ()),
            ),
        )
        for number, part in enumerate(parts)
    )


def _source_rows(record: Record, marks: Sequence[int], part: int) -> Rows:
    buttons = [
        Button(
            f"[{mark}] {shortened(outlet_of(record.citations[mark - 1].edition), LABEL)}",
            ShowSource(record.id, part, mark),
        )
        for mark in marks
    ]
    return tuple(
        tuple(buttons[start : start + ABREAST]) for start in range(0, len(buttons), ABREAST)
    )


def _last_row(record: Record, part: int, texts: Texts, *, voted: bool | None) -> tuple[Button, ...]:
    return (
        Button(texts.why, ShowWhy(record.id, part)),
        Button(GOOD + CHOSEN * (voted is True), Rate(record.id, part, good=True)),
        Button(BAD + CHOSEN * (voted is False), Rate(record.id, part, good=False)),
    )


def _parts(record: Record, texts: Texts) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    held: list[_Statement] = []
    for statement in _statements(record, texts):
        if held and not fits(_written(record, [*held, statement], texts)):
            parts += _closed(record, held, texts)
            held = []
        held.append(statement)
    return _remarked([*parts, *_closed(record, held, texts)], _remarks(record, texts))


def _closed(record: Record, held: Sequence[_Statement], texts: Texts) -> tuple[_Part, ...]:
    """The statements and their sources in one part; one statement with them in several."""
    together = _written(record, held, texts)
    marks = _marks(held)
    if fits(together):
        return (_Part(together, marks),)
    blocks = [_said(held), *(_source(record, mark, texts) for mark in marks)]
    return tuple(
        _Part(parcel.runs, tuple(marks[block - 1] for block in parcel.blocks if block))
        for parcel in pack(blocks)
    )


def _written(record: Record, statements: Sequence[_Statement], texts: Texts) -> Runs:
    sources = joined((_source(record, mark, texts) for mark in _marks(statements)), "\n")
    return joined([_said(statements), *([sources] if sources else [])], "\n\n")


def _said(statements: Sequence[_Statement]) -> Runs:
    spaced = [run for each in statements for run in (Run(each.gap), *each.runs)]
    return tuple(spaced[1:])


def _marks(statements: Iterable[_Statement]) -> tuple[int, ...]:
    return tuple(sorted({mark for each in statements for mark in each.marks}))


def _remarks(record: Record, texts: Texts) -> tuple[str, ...]:
    """Return the remarks in the language; those of earlier versions were kept in English alone."""
    return tuple(texts.worded(each) for each in record.remarks if each.kind is not Reason.OTHER)


def _remarked(parts: Sequence[_Part], remarks: Sequence[str]) -> tuple[_Part, ...]:
    """The parts, the remarks in the last one, or behind it where it does not take them."""
    said = joined(((Run(printable(remark), Kind.ITALIC),) for remark in remarks), "\n")
    if not said:
        return tuple(parts)
    *others, last = parts
    together = joined([last.runs, said], "\n\n")
    if fits(together):
        return (*others, _Part(together, last.marks))
    return (*parts, *(_Part(parcel.runs) for parcel in pack([said])))


def _statements(record: Record, texts: Texts) -> Iterator[_Statement]:
    if record.outcome is Outcome.FAILED:
        yield _Statement((Run(texts.failed),))
    elif record.outcome is Outcome.NOT_IN_CORPUS:
        yield _Statement((Run(texts.refused),))
        yield from _closest(record, texts)
    else:
        yield from _answered(record, texts)


def _closest(record: Record, texts: Texts) -> Iterator[_Statement]:
    editions = dict.fromkeys(each.edition for each in record.evidence)
    if editions:
        yield _Statement((Run(texts.closest, Kind.ITALIC),), gap="\n\n")
    for edition in islice(editions, CLOSEST):
        yield _Statement(_origin(edition, texts, followed(edition.url)))


def _answered(record: Record, texts: Texts) -> Iterator[_Statement]:
    gap = "\n"
    if record.outcome is Outcome.PARTLY_ANSWERED:
        yield _Statement((Run(texts.partly, Kind.BOLD),))
        gap = "\n\n"
    for part, claim in by_part(record.claims):
        named = (Run(f"{printable(part)} ", Kind.BOLD),) if part else ()
        yield _Statement((*named, *_claim(record, claim, texts)), claim.marks, gap)
        gap = " " if record.model else "\n"
    for part in record.unanswered:
        yield _Statement((Run(texts.unanswered.format(part=printable(part))),))
    for each in record.disagreements:
        yield _Statement(_disagreement(record, each, texts), each.marks, "\n\n")


def _claim(record: Record, claim: Stated, texts: Texts) -> Runs:
    borne_out = tuple(_mark(record, mark) for mark in claim.marks)
    return (Run(f"{printable(claim.text)} "), *(borne_out or (Run(texts.unsupported),)))


def _disagreement(record: Record, each: Differing, texts: Texts) -> Runs:
    """What the articles differ on, and the articles side by side with their dates."""
    said = texts.outdated if each.kind is Conflict.OUTDATED else texts.contradictory
    sides = (
        (_mark(record, mark), Run(" "), *_dated(record.citations[mark - 1].edition, texts))
        for mark in each.marks
    )
    topic = texts.topics.get(each.topic) or printable(each.topic)
    head = (Run(said.format(topic=topic), Kind.BOLD),)
    return joined([head, *sides], "\n")


def _mark(record: Record, mark: int) -> Run:
    """The number of a citation, leading to its words in the article."""
    quoted = record.citations[mark - 1]
    return _linked(f"[{mark}]", quoted_at(quoted.edition.url, quoted.quote), Kind.PLAIN)


def _source(record: Record, mark: int, texts: Texts) -> Runs:
    return joined(
        [_head(record, mark, texts), (Run(record.citations[mark - 1].quote, Kind.QUOTE),)], "\n"
    )


def _head(record: Record, mark: int, texts: Texts) -> Runs:
    quoted = record.citations[mark - 1]
    address = quoted_at(quoted.edition.url, quoted.quote)
    return (Run(f"[{mark}] "), *_origin(quoted.edition, texts, address))


def _origin(article: Article | Edition, texts: Texts, address: str | None) -> Runs:
    title = shortened(printable(article.title), TITLE) or texts.untitled
    return (*_dated(article, texts), Run(" · "), _linked(title, address, Kind.BOLD))


def _dated(article: Article | Edition, texts: Texts) -> Runs:
    """The outlet and the date; the name of a file is set as code, lest it be taken for a host."""
    outlet = _outlet(article)
    kind = Kind.CODE if outlet_of(article) == article.id else Kind.PLAIN
    return (Run(outlet, kind), Run(f" · {texts.day(article.published)}"))


def _outlet(article: Article | Edition) -> str:
    return shortened(printable(outlet_of(article)), OUTLET)


def _linked(text: str, address: str | None, otherwise: Kind) -> Run:
    return Run(text, Kind.LINK, address) if address else Run(text, otherwise)


# What its buttons show


def source(
    record: Record, press: ShowSource, around: Around | None, version: Version, texts: Texts
) -> Message:
    """A citation in its paragraph, in one message; less of the paragraph where that is too long.

    `press.mark` is that of one of the record's citations. Where its article is not as it was, or
    nothing is known of what is around it, there is the quote alone.
    """
    quoted = record.citations[press.mark - 1]
    head, told = _head(record, press.mark, texts), _became(version, texts)
    room = LONGEST - units(text_of(joined([head, (), (Run(told),)], "\n\n")))
    if version is not Version.CURRENT:
        around = None
    body = _in_place(quoted.quote, around, room)
    rows = _source_buttons(record, press, texts, more=around is not None and around.more)
    return Message(html(joined([head, body, *([(Run(told),)] if told else [])], "\n\n")), rows)


def _in_place(quote: str, around: Around | None, room: int) -> Runs:
    """The quote among what is around it, as much of each side as there is room for."""
    words = beginning(quote, room)
    room -= units(words)
    if around is None:
        return (Run(words, Kind.BOLD),)
    before = ending(around.before, max(room // 2, room - units(around.after)))
    after = beginning(around.after, room - units(before))
    return (Run(before), Run(words, Kind.BOLD), Run(after))


def _became(version: Version, texts: Texts) -> str:
    return {Version.CHANGED: texts.changed, Version.GONE: texts.gone}.get(version, "")


def _source_buttons(record: Record, press: ShowSource, texts: Texts, *, more: bool) -> Rows:
    quoted = record.citations[press.mark - 1]
    address = quoted_at(quoted.edition.url, quoted.quote)
    further = replace(press, reach=press.reach + 1)
    return (
        (
            Button(texts.back, ShowAnswer(press.answer, press.part)),
            *((Button(texts.more, further),) if more else ()),
        ),
        *(((Button(texts.open, url=address),),) if address else ()),
    )


def why(record: Record, versions: Versions, texts: Texts, *, part: int) -> Message:
    """How an answer came about, in one message: what was asked, by what answered, what was read."""
    facts = joined(
        ((Run(texts.why_head, Kind.BOLD),), *((Run(fact),) for fact in _facts(record, texts))), "\n"
    )
    read = [_retrieved(each, rank, versions, texts) for rank, each in enumerate(record.evidence, 1)]
    rows = ((Button(texts.back, ShowAnswer(record.id, part)),),)
    if not read:
        return Message(html(facts), rows)
    lines = _as_many(joined([facts, (Run(texts.why_read),)], "\n\n"), read, texts)
    return Message(html(lines), rows)


def _as_many(head: Runs, lines: Sequence[Runs], texts: Texts) -> Runs:
    """The head, and as many lines as one message takes, the rest of them counted."""
    for shown in range(len(lines), 0, -1):
        left = len(lines) - shown
        rest = [(Run(texts.counted(texts.and_more, left)),)] if left else []
        together = joined([head, *lines[:shown], *rest], "\n")
        if fits(together):
            return together
    return head


def _facts(record: Record, texts: Texts) -> Iterator[str]:
    asked, searched = _question(record.question), _question(record.standalone_question)
    yield texts.why_asked.format(question=asked)
    if searched != asked:
        yield texts.why_searched.format(question=searched)
    yield texts.why_outcome.format(
        outcome=texts.outcomes[record.outcome], confidence=texts.number(record.confidence, 2)
    )
    model = shortened(printable(record.model or ""), TITLE)
    yield texts.why_model.format(model=model) if model else texts.why_reader
    if "total" in record.timings:
        yield texts.why_took.format(seconds=texts.number(record.timings["total"] / 1000, 1))


def _question(question: str) -> str:
    return beginning(printable(question), ASKED)


def _retrieved(passage: Retrieved, rank: int, versions: Versions, texts: Texts) -> Runs:
    since = {Version.CHANGED: texts.why_changed, Version.GONE: texts.why_gone}
    told = since.get(versions[passage.edition])
    return (
        Run(f"{rank}. {texts.number(passage.score, 2)} · "),
        *_origin(passage.edition, texts, followed(passage.edition.url)),
        *((Run(f" ({told})", Kind.ITALIC),) if told else ()),
    )


def glimpse(record: Record, mark: int, texts: Texts) -> str:
    """The beginning of a quote and where it is from, short enough to be shown over a chat."""
    quoted = record.citations[mark - 1]
    edition = quoted.edition
    day = f", {texts.day(edition.published)}" if edition.published else ""
    source = f"[{mark}] {_outlet(edition)}{day}"
    room = GLIMPSE - units(texts.glimpse.format(source=source, quote=""))
    words = " ".join(printable(quoted.quote).split())
    return texts.glimpse.format(source=source, quote=beginning(words, room))


# While an answer is made


def working(texts: Texts, at: Searching | Reading | str) -> str:
    """How far an answer is: its stage, or the text as far as it is written; Telegram's HTML.

    Of a text that is too long, the end is shown.
    """
    if isinstance(at, str) and at.strip():
        return html((Run(ending(at.strip(), LONGEST)),))
    match at:
        case Searching():
            stage = texts.searching
        case Reading(articles=articles):
            stage = texts.counted(texts.reading, articles)
        case _:
            stage = texts.writing
    return html((Run(stage, Kind.ITALIC),))


# Lists


def inline(answer: Answer, texts: Texts) -> tuple[InlineResult, ...]:
    """A result for each sentence that the answer cites; none for a refusal."""
    return tuple(
        _inline(citation, mark, texts)
        for citation, mark in islice(numbered(answer).items(), INLINE)
    )


def _inline(citation: Citation, mark: int, texts: Texts) -> InlineResult:
    origin = _origin(citation.article, texts, quoted_at(citation.article.url, citation.quote))
    room = LONGEST - units(text_of(origin)) - 1
    quote = Run(beginning(citation.quote, room), Kind.QUOTE)
    return InlineResult(
        id=str(mark),
        title=shortened(printable(citation.quote), TITLE),
        description=text_of(origin),
        html=html(joined([(quote,), origin], "\n")),
    )


def article_list(
    articles: Sequence[Article | Edition], count: int, texts: Texts
) -> tuple[Message, ...]:
    """The articles by outlet, date and title, and how many more there are of so many in all."""
    if not articles:
        return (line(texts.no_articles),)
    lines = [_origin(each, texts, followed(each.url)) for each in articles[:LISTED]]
    left = count - len(lines)
    if left > 0:
        lines.append((Run(texts.counted(texts.and_more, left)),))
    return tuple(Message(html(parcel.runs)) for parcel in pack(lines))
