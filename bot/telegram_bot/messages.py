"""Draws kept answers, and lists, as Telegram messages; pure.

The same answer gives the same messages, so that a button can draw any of them again a week later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.chat.texts import Texts
from bot.console import TITLE, printable, shortened
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
from rag.index.answers import Version, Versions
from rag.reasons import Reason
from rag.text.passages import Around
from rag.types import Answer, Edition, Evidence, Reading, Searching
from rag.view import CLOSEST, Note, Source, Statement, View, view

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
class _Block:
    """Something that the answer says, what it rests on, and the space before it."""

    runs: Runs
    sources: tuple[Source, ...] = ()
    gap: str = "\n"


@dataclass(frozen=True, slots=True)
class _Part:
    """One message of an answer, and the sources that it shows."""

    runs: Runs
    sources: tuple[Source, ...] = ()


def answer(answer: Answer, texts: Texts, *, voted: bool | None = None) -> tuple[Message, ...]:
    """The answer in as many messages as it takes, each with the sources of what it says.

    Only a claim that no message takes together with its quotes is followed by them in others.
    `voted` is how the answer was rated; its button is marked. An answer that is not kept has no
    buttons.
    """
    parts = _parts(view(answer), texts)
    if not answer.id:
        return tuple(Message(html(stripped(part.runs))) for part in parts)
    last = len(parts) - 1
    return tuple(
        Message(
            html(stripped(part.runs)),
            (
                *_source_rows(answer.id, part.sources, number),
                *((_last_row(answer.id, number, texts, voted=voted),) if number == last else ()),
            ),
        )
        for number, part in enumerate(parts)
    )


def _source_rows(answer_id: str, sources: Sequence[Source], part: int) -> Rows:
    buttons = [
        Button(
            f"[{source.mark}] {shortened(source.article.publisher, LABEL)}",
            ShowSource(answer_id, part, source.mark),
        )
        for source in sources
    ]
    return tuple(
        tuple(buttons[start : start + ABREAST]) for start in range(0, len(buttons), ABREAST)
    )


def _last_row(answer_id: str, part: int, texts: Texts, *, voted: bool | None) -> tuple[Button, ...]:
    return (
        Button(texts.why, ShowWhy(answer_id, part)),
        Button(GOOD + CHOSEN * (voted is True), Rate(answer_id, part, good=True)),
        Button(BAD + CHOSEN * (voted is False), Rate(answer_id, part, good=False)),
    )


def _parts(shown: View, texts: Texts) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    held: list[_Block] = []
    for block in _blocks(shown, texts):
        if held and not fits(_written([*held, block], texts)):
            parts += _closed(held, texts)
            held = []
        held.append(block)
    return _remarked([*parts, *_closed(held, texts)], _remarks(shown, texts))


def _closed(held: Sequence[_Block], texts: Texts) -> tuple[_Part, ...]:
    """The blocks and their sources in one part; one block with them in several."""
    together = _written(held, texts)
    sources = _sources(held)
    if fits(together):
        return (_Part(together, sources),)
    blocks = [_said(held), *(_source(source, texts) for source in sources)]
    return tuple(
        _Part(parcel.runs, tuple(sources[block - 1] for block in parcel.blocks if block))
        for parcel in pack(blocks)
    )


def _written(blocks: Sequence[_Block], texts: Texts) -> Runs:
    sources = joined((_source(source, texts) for source in _sources(blocks)), "\n")
    return joined([_said(blocks), *([sources] if sources else [])], "\n\n")


def _said(blocks: Sequence[_Block]) -> Runs:
    spaced = [run for block in blocks for run in (Run(block.gap), *block.runs)]
    return tuple(spaced[1:])


def _sources(blocks: Iterable[_Block]) -> tuple[Source, ...]:
    found = {source.mark: source for block in blocks for source in block.sources}
    return tuple(found[mark] for mark in sorted(found))


def _remarks(shown: View, texts: Texts) -> tuple[str, ...]:
    """Return the remarks in the language; those of earlier versions were kept in English alone."""
    return tuple(texts.worded(each) for each in shown.remarks if each.kind is not Reason.OTHER)


def _remarked(parts: Sequence[_Part], remarks: Sequence[str]) -> tuple[_Part, ...]:
    """The parts, the remarks in the last one, or behind it where it does not take them."""
    said = joined(((Run(printable(remark), Kind.ITALIC),) for remark in remarks), "\n")
    if not said:
        return tuple(parts)
    *others, last = parts
    together = joined([last.runs, said], "\n\n")
    if fits(together):
        return (*others, _Part(together, last.sources))
    return (*parts, *(_Part(parcel.runs) for parcel in pack([said])))


def _blocks(shown: View, texts: Texts) -> Iterator[_Block]:
    gap = "\n"
    if shown.lead:
        yield _Block((Run(texts.worded(shown.lead), _bold(shown.statements)),))
        gap = "\n\n"
    for statement in shown.statements:
        yield _Block(_statement(statement, texts), statement.sources, gap)
        gap = " " if shown.running else "\n"
    for note in shown.notes:
        yield _note(note, texts)
    yield from _closest(shown.closest, texts)


def _bold(heads: Sequence[object]) -> Kind:
    """Bold for what is over something."""
    return Kind.BOLD if heads else Kind.PLAIN


def _statement(statement: Statement, texts: Texts) -> Runs:
    part = (Run(f"{printable(statement.part)} ", Kind.BOLD),) if statement.part else ()
    marks = tuple(_mark(source) for source in statement.sources)
    return (
        *part,
        Run(f"{printable(statement.text)} "),
        *(marks or (Run(texts.worded(Reason.NO_SUPPORT())),)),
    )


def _note(note: Note, texts: Texts) -> _Block:
    """A line; and if it has sources, they stand below it side by side with their dates."""
    said = Run(printable(texts.worded(note.remark)), _bold(note.sources))
    sides = ((_mark(source), Run(" "), *_dated(source.article, texts)) for source in note.sources)
    return _Block(joined([(said,), *sides], "\n"), note.sources, "\n\n" if note.sources else "\n")


def _closest(closest: Iterable[Evidence], texts: Texts) -> Iterator[_Block]:
    articles = dict.fromkeys(evidence.article for evidence in closest)
    if articles:
        yield _Block((Run(texts.closest, Kind.ITALIC),), gap="\n\n")
    for article in islice(articles, CLOSEST):
        yield _Block(_origin(article, texts, followed(article.url)))


def _address(source: Source) -> str | None:
    """The address of the quote's words in the article."""
    return quoted_at(source.article.url, source.quote)


def _mark(source: Source) -> Run:
    return _linked(f"[{source.mark}]", _address(source), Kind.PLAIN)


def _source(source: Source, texts: Texts) -> Runs:
    return joined([_head(source, texts), (Run(source.quote, Kind.QUOTE),)], "\n")


def _head(source: Source, texts: Texts) -> Runs:
    return (Run(f"[{source.mark}] "), *_origin(source.article, texts, _address(source)))


def _origin(article: Edition, texts: Texts, address: str | None) -> Runs:
    title = shortened(printable(article.title), TITLE) or texts.untitled
    return (*_dated(article, texts), Run(" · "), _linked(title, address, Kind.BOLD))


def _dated(article: Edition, texts: Texts) -> Runs:
    """The outlet and the date; the name of a file is set as code, lest it be taken for a host."""
    kind = Kind.CODE if article.publisher == article.id else Kind.PLAIN
    return (Run(_outlet(article), kind), Run(f" · {texts.day(article.published)}"))


def _outlet(article: Edition) -> str:
    return shortened(printable(article.publisher), OUTLET)


def _linked(text: str, address: str | None, otherwise: Kind) -> Run:
    return Run(text, Kind.LINK, address) if address else Run(text, otherwise)


# What its buttons show


def source(
    answer: Answer, press: ShowSource, around: Around | None, version: Version, texts: Texts
) -> Message:
    """A citation in its paragraph, in one message; less of the paragraph where that is too long.

    `press.mark` is that of one of the answer's citations. Where its article is not as it was, or
    nothing is known of what is around it, there is the quote alone.
    """
    source = view(answer).sources[press.mark - 1]
    head, told = _head(source, texts), _became(version, texts)
    room = LONGEST - units(text_of(joined([head, (), (Run(told),)], "\n\n")))
    if version is not Version.CURRENT:
        around = None
    body = _in_place(source.quote, around, room)
    rows = _source_buttons(source, press, texts, more=around is not None and around.more)
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


def _source_buttons(source: Source, press: ShowSource, texts: Texts, *, more: bool) -> Rows:
    address = _address(source)
    further = replace(press, reach=press.reach + 1)
    return (
        (
            Button(texts.back, ShowAnswer(press.answer, press.part)),
            *((Button(texts.more, further),) if more else ()),
        ),
        *(((Button(texts.open, url=address),),) if address else ()),
    )


def why(answer: Answer, versions: Versions, texts: Texts, *, part: int) -> Message:
    """How an answer came about, in one message: what was asked, by what answered, what was read."""
    facts = joined(
        ((Run(texts.why_head, Kind.BOLD),), *((Run(fact),) for fact in _facts(answer, texts))), "\n"
    )
    read = [_read(each, rank, versions, texts) for rank, each in enumerate(answer.evidence, 1)]
    rows = ((Button(texts.back, ShowAnswer(answer.id, part)),),)
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


def _facts(answer: Answer, texts: Texts) -> Iterator[str]:
    asked, searched = _question(answer.question), _question(answer.standalone_question)
    yield texts.why_asked.format(question=asked)
    if searched != asked:
        yield texts.why_searched.format(question=searched)
    yield texts.why_outcome.format(
        outcome=texts.outcomes[answer.outcome], confidence=texts.number(answer.confidence, 2)
    )
    model = shortened(printable(answer.model or ""), TITLE)
    yield texts.why_model.format(model=model) if model else texts.why_reader
    if "total" in answer.timings:
        yield texts.why_took.format(seconds=texts.number(answer.timings["total"] / 1000, 1))


def _question(question: str) -> str:
    return beginning(printable(question), ASKED)


def _read(evidence: Evidence, rank: int, versions: Versions, texts: Texts) -> Runs:
    article = evidence.article
    since = {Version.CHANGED: texts.why_changed, Version.GONE: texts.why_gone}
    became = since.get(versions[article])
    return (
        Run(f"{rank}. {texts.number(evidence.score, 2)} · "),
        *_origin(article, texts, followed(article.url)),
        *((Run(f" ({became})", Kind.ITALIC),) if became else ()),
    )


def glimpse(answer: Answer, mark: int, texts: Texts) -> str:
    """The beginning of a quote and where it is from, short enough to be shown over a chat."""
    citation = answer.citations[mark - 1]
    article = citation.article
    day = f", {texts.day(article.published)}" if article.published else ""
    source = f"[{mark}] {_outlet(article)}{day}"
    room = GLIMPSE - units(texts.glimpse.format(source=source, quote=""))
    words = " ".join(printable(citation.quote).split())
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
    return tuple(_inline(source, texts) for source in view(answer).sources[:INLINE])


def _inline(source: Source, texts: Texts) -> InlineResult:
    origin = _origin(source.article, texts, _address(source))
    room = LONGEST - units(text_of(origin)) - 1
    quote = Run(beginning(source.quote, room), Kind.QUOTE)
    return InlineResult(
        id=str(source.mark),
        title=shortened(printable(source.quote), TITLE),
        description=text_of(origin),
        html=html(joined([(quote,), origin], "\n")),
    )


def article_list(articles: Sequence[Edition], count: int, texts: Texts) -> tuple[Message, ...]:
    """The articles by outlet, date and title, and how many more there are of so many in all."""
    if not articles:
        return (line(texts.no_articles),)
    lines = [_origin(each, texts, followed(each.url)) for each in articles[:LISTED]]
    left = count - len(lines)
    if left > 0:
        lines.append((Run(texts.counted(texts.and_more, left)),))
    return tuple(Message(html(parcel.runs)) for parcel in pack(lines))
