"""Draws answers, and lists, as messages in a language; pure.

The same answer gives the same messages, so that a button can draw any of them again a week later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.buttons import AskAll, Button, Rate, Rows, ShowAnswer, ShowSource, ShowWhy
from bot.chat.links import followed, quoted_at
from bot.chat.post import (
    Limits,
    Markup,
    Post,
    Run,
    Runs,
    beginning,
    cleaned,
    ending,
    folded,
    joined,
    line,
    stripped,
    text_of,
    units,
)
from bot.console import TITLE, printable, shortened
from bot.texts import Texts
from rag.index.answers import Version, Versions
from rag.reasons import Reason
from rag.text import neutral
from rag.text.passages import Around
from rag.types import Answer, Edition, Evidence, ReadingArticles, Searching
from rag.view import Note, Source, Statement, View, by_article, marked, view

GOOD, BAD, CHOSEN = "👍", "👎", " ✓"

ABREAST, IN_ROW = 6, 8
"""How many buttons stand in the one row, and how many sources' in rows of their own above it."""

OPEN_LINES, FOLDED = 5, 800
"""How many statements or listed articles stand open, and how long sources may be, in units."""

OUTLET = 60
"""How much of an outlet's name, in characters, a source has."""

ASKED = 1200
"""How much of a question, in units, `why` repeats."""

LISTED = 50
"""How many articles a list names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Something that the answer says, what it rests on, and the space before it."""

    runs: Runs
    sources: tuple[Source, ...] = ()
    gap: str = "\n"
    folded: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """One message of an answer, and the sources that it shows."""

    runs: Runs
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws in a language, for what a messenger takes."""

    texts: Texts
    limits: Limits

    # An answer

    def answer(self, answer: Answer, *, voted: bool | None = None) -> tuple[Post, ...]:
        """The answer in as many messages as it takes, each with the sources of what it says.

        Only a claim that no message takes together with its quotes is followed by them in others.
        `voted` is how the answer was rated; its button is marked. An answer that is not kept has no
        buttons.
        """
        parts = self._parts(view(answer))
        if not answer.id:
            return tuple(Post(stripped(part.runs)) for part in parts)
        last = len(parts) - 1
        final = self._final_buttons(answer.id, last, voted=voted)
        limited = any(remark.kind is Reason.IN_PERIOD for remark in answer.remarks)
        lift = (Button(self.texts.all_dates, AskAll(answer.id)),) if limited else ()
        return tuple(
            Post(
                stripped(part.runs),
                _rows(
                    _source_buttons(answer.id, part.sources, number),
                    *((final, lift) if number == last else ()),
                ),
            )
            for number, part in enumerate(parts)
        )

    def _final_buttons(
        self, answer_id: str, part: int, *, voted: bool | None
    ) -> tuple[Button, ...]:
        return (
            Button(self.texts.why, ShowWhy(answer_id, part)),
            Button(GOOD + CHOSEN * (voted is True), Rate(answer_id, part, good=True)),
            Button(BAD + CHOSEN * (voted is False), Rate(answer_id, part, good=False)),
        )

    def _parts(self, shown: View) -> tuple[_Part, ...]:
        parts: list[_Part] = []
        held: list[_Block] = []
        for block in self._blocks(shown):
            if held and not self.limits.fits(self._written([*held, block])):
                parts += self._closed(held)
                held = []
            held.append(block)
        return self._remarked([*parts, *self._closed(held)], shown)

    def _closed(self, held: Sequence[_Block]) -> tuple[_Part, ...]:
        """The blocks and their sources in one part; one block with them in several."""
        together = self._written(held)
        sources = _sources(held)
        if self.limits.fits(together):
            return (_Part(together, sources),)
        articles = by_article(sources)
        blocks = [_said(held), *map(self._article, articles)]
        return tuple(
            _Part(
                parcel.runs,
                tuple(s for block in parcel.blocks if block for s in articles[block - 1]),
            )
            for parcel in self.limits.pack(blocks)
        )

    def _written(self, blocks: Sequence[_Block]) -> Runs:
        """The blocks and their sources, which are one folded block where they are long."""
        articles = by_article(_sources(blocks))
        sources = joined(map(self._article, articles), "\n")
        if len(articles) > 1 and units(text_of(sources)) > FOLDED:
            sources = folded(sources)
        return joined([_said(blocks), *([sources] if sources else [])], "\n\n")

    def _remarked(self, parts: Sequence[_Part], shown: View) -> tuple[_Part, ...]:
        """The parts, the remarks in the last one, or behind it where it does not take them.

        Remarks of no known kind are in English alone, and are left out.
        """
        remarks = (
            self.texts.worded(each) for each in shown.remarks if each.kind is not Reason.OTHER
        )
        said = joined(((Run(remark, Markup.ITALIC),) for remark in remarks), "\n")
        if not said:
            return tuple(parts)
        *others, last = parts
        together = joined([last.runs, said], "\n\n")
        if self.limits.fits(together):
            return (*others, _Part(together, last.sources))
        return (*parts, *(_Part(parcel.runs) for parcel in self.limits.pack([said])))

    def _blocks(self, shown: View) -> Iterator[_Block]:
        gap = "\n"
        if shown.lead:
            closest = () if shown.statements else shown.sources
            lead = (Run(self.texts.worded(shown.lead), _bold(shown.statements)),)
            yield _Block(lead, closest)
            gap = "\n\n"
        for remark in shown.reply:
            yield _Block((Run(self.texts.worded(remark)),))
        for number, article in enumerate(shown.listed):
            item = self._line("• ", self.origin(article, followed(article.url)))
            yield _Block(item, folded=_folds(number, len(shown.listed)))
        count = len(shown.statements)
        for number, statement in enumerate(shown.statements):
            folds = _folds(number, count)
            yield _Block(self._statement(statement), statement.sources, gap, folds)
            begins = not folds and _folds(number + 1, count)
            gap = " " if shown.running and not begins else "\n"
        for note in shown.notes:
            yield self._note(note)

    def _statement(self, statement: Statement) -> Runs:
        part = (Run(f"{printable(statement.part)} ", Markup.BOLD),) if statement.part else ()
        marks = tuple(_mark(source) for source in statement.sources)
        return (
            *part,
            Run(f"{printable(statement.text)} "),
            *(marks or (Run(self.texts.worded(Reason.NO_SUPPORT())),)),
        )

    def _note(self, note: Note) -> _Block:
        """A line, and its sources, if any: side by side below it, or as marks."""
        said = (Run(self.texts.worded(note.remark), _bold(note.sources)),)
        gap = "\n\n" if note.sources else "\n"
        if note.beside:
            runs = joined([said, *map(self._side, note.sources)], "\n")
        else:
            marks = [_mark(source) for source in note.sources]
            runs = (*said, Run(" " * bool(marks)), *marks)
        return _Block(runs, note.sources, gap)

    def _article(self, sources: Sequence[Source]) -> Runs:
        """An article, and in one block the quotes from it that no statement repeats."""
        quotes = joined(
            (
                (Run(f"[{each.mark}] " * (len(sources) > 1) + neutral(each.quote)),)
                for each in sources
                if not each.stated
            ),
            "\n",
        )
        return joined([self._head(sources), *([folded(quotes)] if quotes else [])], "\n")

    def _head(self, sources: Sequence[Source]) -> Runs:
        article = sources[0].article
        address = address_of(sources[0]) if len(sources) == 1 else followed(article.url)
        return self._line(f"{marked(sources)} ", self.origin(article, address))

    def origin(self, article: Edition, address: str | None) -> Runs:
        """An article's name, which leads to the address if there is one, its outlet and its date.

        A file's name is set as code, lest it be taken for a host.
        """
        own = Markup.CODE if article.name == article.id else Markup.BOLD
        outlet = self._outlet(article) if article.title else ""
        day = self.texts.day(article.published) if article.published else ""
        return (
            _linked(self._name(article), address, own),
            *(Run(f" · {each}") for each in (outlet, day) if each),
        )

    def _side(self, source: Source) -> Runs:
        """A source that differs from another: what published it, and when."""
        article = source.article
        told = filter(None, (self._outlet(article), self.texts.day(article.published)))
        return self._line("", (_mark(source), Run(f" {' · '.join(told)}")))

    def _line(self, beginning: str, runs: Runs) -> Runs:
        """A line with that beginning, in the direction of the language."""
        return (Run(self.texts.directed(text_of(runs)) + beginning), *runs)

    def _name(self, article: Edition) -> str:
        return self.texts.isolated(shortened(printable(article.name), TITLE))

    def _outlet(self, article: Edition) -> str:
        return self.texts.isolated(shortened(printable(article.publisher), OUTLET))

    # What its buttons show

    def source(
        self, answer: Answer, press: ShowSource, around: Around | None, version: Version
    ) -> Post:
        """A citation in its paragraph, in one message; less of it where that is too long.

        `press.mark` is that of one of the answer's citations. Where its article is not as it was,
        or nothing is known of what is around it, there is the quote alone.
        """
        source = view(answer).sources[press.mark - 1]
        became = {Version.CHANGED: self.texts.changed, Version.GONE: self.texts.gone}.get(version)
        last = ((Run(became),),) if became else ()
        head = self._head((source,))
        room = self.limits.length - units(text_of(joined([head, (), *last], "\n\n")))
        if version is not Version.CURRENT:
            around = None
        body = _in_place(neutral(source.quote), around, room)
        rows = self._buttons(source, press, more=around is not None and around.more)
        return Post(cleaned(joined([head, body, *last], "\n\n")), rows)

    def _buttons(self, source: Source, press: ShowSource, *, more: bool) -> Rows:
        address = address_of(source)
        further = replace(press, reach=press.reach + 1)
        return (
            (
                Button(self.texts.back, ShowAnswer(press.answer, press.part)),
                *((Button(self.texts.more, further),) if more else ()),
            ),
            *(((Button(self.texts.open, url=address),),) if address else ()),
        )

    def why(self, answer: Answer, versions: Versions, *, part: int) -> Post:
        """How an answer came about, in one message: the question, what answered, what was read."""
        head = (Run(self.texts.why_head, Markup.BOLD),)
        facts = joined((head, *((Run(fact),) for fact in self._facts(answer))), "\n")
        read = [self._read(each, rank, versions) for rank, each in enumerate(answer.evidence, 1)]
        if read:
            facts = self._as_many(joined([facts, (Run(self.texts.why_read),)], "\n\n"), read)
        back = Button(self.texts.back, ShowAnswer(answer.id, part))
        return Post(cleaned(facts), ((back,),))

    def _as_many(self, head: Runs, lines: Sequence[Runs]) -> Runs:
        """The head, and as many lines as one message takes, the rest of them counted."""
        for shown in range(len(lines), 0, -1):
            left = len(lines) - shown
            rest = [(Run(self.texts.counted(self.texts.and_more, left)),)] if left else []
            together = joined([head, *lines[:shown], *rest], "\n")
            if self.limits.fits(together):
                return together
        return head

    def _facts(self, answer: Answer) -> Iterator[str]:
        texts = self.texts
        asked, searched = (
            texts.isolated(beginning(printable(question), ASKED))
            for question in (answer.question, answer.standalone_question)
        )
        yield texts.why_asked.format(question=asked)
        if searched != asked:
            yield texts.why_searched.format(question=searched)
        yield texts.why_outcome.format(
            outcome=texts.outcomes[answer.outcome], confidence=texts.number(answer.confidence, 2)
        )
        model = texts.isolated(shortened(answer.model or "", TITLE))
        yield texts.why_model.format(model=model) if model else texts.why_reader
        if "total" in answer.timings:
            yield texts.why_took.format(seconds=texts.number(answer.timings["total"] / 1000, 1))
        for claim in answer.left_out:
            if claim.reason:
                yield texts.why_left_out.format(
                    reason=texts.worded(claim.reason),
                    support=texts.number(claim.support, 2),
                    sentence=texts.isolated(beginning(printable(claim.text), ASKED)),
                )

    def _read(self, evidence: Evidence, rank: int, versions: Versions) -> Runs:
        article = evidence.article
        since = {Version.CHANGED: self.texts.why_changed, Version.GONE: self.texts.why_gone}
        became = since.get(versions[article])
        return (
            Run(f"{rank}. {self.texts.number(evidence.score, 2)} · "),
            *self.origin(article, followed(article.url)),
            *((Run(f" ({became})", Markup.ITALIC),) if became else ()),
        )

    def glimpse(self, answer: Answer, mark: int) -> str:
        """The beginning of a quote and where it is from, short enough for an alert."""
        citation = answer.citations[mark - 1]
        article = citation.article
        day = f", {self.texts.day(article.published)}" if article.published else ""
        source = f"[{mark}] {self._outlet(article) or self._name(article)}{day}"
        room = self.limits.alert - units(self.texts.glimpse.format(source=source, quote=""))
        words = " ".join(printable(citation.quote).split())
        return self.texts.glimpse.format(source=source, quote=beginning(words, room))

    # While an answer is made

    def working(self, at: Searching | ReadingArticles | str) -> Post:
        """How far an answer is: its stage, or the end of the text as far as it is written."""
        match at:
            case str() if at.strip():
                return line(ending(at.strip(), self.limits.length))
            case Searching():
                stage = self.texts.searching
            case ReadingArticles(articles=articles):
                stage = self.texts.counted(self.texts.reading, articles)
            case _:
                stage = self.texts.writing
        return Post((Run(stage, Markup.ITALIC),))

    # Lists

    def article_list(self, articles: Sequence[Edition], count: int) -> tuple[Post, ...]:
        """The articles by outlet, date and title, and how many more there are of so many."""
        if not articles:
            return (line(self.texts.worded(Reason.KNOWN_NONE())),)
        lines = [
            self._line("", self.origin(article, followed(article.url)))
            for article in articles[:LISTED]
        ]
        left = count - len(lines)
        if left > 0:
            lines.append((Run(self.texts.counted(self.texts.and_more, left)),))
        return tuple(Post(parcel.runs) for parcel in self.limits.pack(lines))


def address_of(source: Source) -> str | None:
    """The address of the quote's words in the article."""
    return quoted_at(source.article.url, source.quote)


def _source_buttons(answer_id: str, sources: Sequence[Source], part: int) -> tuple[Button, ...]:
    return tuple(
        Button(f"[{source.mark}]", ShowSource(answer_id, part, source.mark)) for source in sources
    )


def _rows(
    sources: tuple[Button, ...], last: tuple[Button, ...] = (), wide: tuple[Button, ...] = ()
) -> Rows:
    """One row if it takes all buttons; else the sources' own rows above the last one.

    What is too wide to stand beside others has a row of its own below.
    """
    if len(sources) + len(last) <= ABREAST:
        rows = [(*sources, *last)]
    else:
        starts = range(0, len(sources), IN_ROW)
        rows = [*(sources[start : start + IN_ROW] for start in starts), last]
    return tuple(row for row in (*rows, wide) if row)


def _folds(number: int, count: int) -> bool:
    """Whether an item of a list, from 0, stands in the part that is folded."""
    return number >= OPEN_LINES and count > OPEN_LINES + 1


def _said(blocks: Sequence[_Block]) -> Runs:
    """The blocks with the space before each but the first; those that fold, in one."""
    runs: list[Run] = []
    inside = False
    for block in blocks:
        runs.append(Run(block.gap, folded=inside and block.folded))
        runs += folded(block.runs) if block.folded else block.runs
        inside = block.folded
    return tuple(runs[1:])


def _sources(blocks: Iterable[_Block]) -> tuple[Source, ...]:
    found = {source.mark: source for block in blocks for source in block.sources}
    return tuple(found[mark] for mark in sorted(found))


def _bold(heads: Sequence[object]) -> Markup:
    """Bold for what is over something."""
    return Markup.BOLD if heads else Markup.PLAIN


def _mark(source: Source) -> Run:
    return _linked(f"[{source.mark}]", address_of(source), Markup.PLAIN)


def _linked(text: str, address: str | None, otherwise: Markup) -> Run:
    return Run(text, Markup.LINK, address) if address else Run(text, otherwise)


def _in_place(quote: str, around: Around | None, room: int) -> Runs:
    """The quote among what is around it, as much of each side as there is room for."""
    words = beginning(quote, room)
    room -= units(words)
    if around is None:
        return (Run(words, Markup.BOLD),)
    before = ending(neutral(around.before), max(room // 2, room - units(around.after)))
    after = beginning(neutral(around.after), room - units(before))
    return (Run(before), Run(words, Markup.BOLD), Run(after))
