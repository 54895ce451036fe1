"""Draws answers, and lists, as messages in a language; pure.

The same answer gives the same messages, so that a button can draw any of them again a week later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.chat.buttons import (
    AskAll,
    Button,
    Rate,
    Rows,
    ShowAnswer,
    ShowSource,
    ShowWhy,
    Unfollow,
    key_of,
)
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
from bot.corpus.store import SourceState
from bot.texts import Texts
from rag.grounding.change import Change
from rag.index.answers import Version, Versions
from rag.reasons import Reason, Remark
from rag.text import neutral
from rag.text.passages import Around
from rag.types import Answer, Edition, Evidence, ReadingArticles, Searching
from rag.view import Note, Source, Statement, View, by_article, marked, news_view, page_of, view

GOOD, BAD, CHOSEN = "👍", "👎", " ✓"

ABREAST, IN_ROW = 6, 8
"""The most buttons of a message with one row, and of sources in a row of their own."""

OPEN_LINES, FOLDED = 5, 800
"""How many statements or listed articles are not folded, and how many units of sources."""

OUTLET = 60
"""The most characters of an outlet's name."""

COPIES = 3
"""How many copies of a cited article are named before the rest is left out."""

ASKED = 1200
"""The most units of a question in `why`."""

STORIES, SENTENCE = 10, 200
"""The most stories of a digest, and units of a story's first sentence."""

LISTED = 50
"""How many articles a list names before it counts the rest."""

LABEL = 40
"""How much of a source's name, in characters, a button has."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A line, a paragraph or a message of an answer, its sources, and the white space before it."""

    runs: Runs
    sources: tuple[Source, ...] = ()
    gap: str = "\n"
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws in a language, for what a messenger takes."""

    texts: Texts
    limits: Limits

    # An answer

    def answer(self, answer: Answer, *, voted: bool | None = None) -> tuple[Post, ...]:
        """Draw an answer in as many messages as it takes, each with the sources of what it says.

        Only the quotes of a claim that does not fit into one message with them are in messages of
        their own. `voted` is how the answer was rated; its button is marked. An answer that is not
        kept has no buttons.
        """
        shown = view(answer)
        parts = self._remarked(self._packed(self._blocks(shown)), shown)
        if not answer.id:
            return tuple(Post(stripped(part.runs)) for part in parts)
        last = len(parts) - 1
        posts = []
        for number, part in enumerate(parts):
            sources = tuple(
                Button(f"[{source.mark}]", ShowSource(answer.id, number, source.mark))
                for source in part.sources
            )
            final = self._final_buttons(answer, last, voted=voted) if number == last else ()
            posts.append(Post(stripped(part.runs), _rows(sources, final)))
        return tuple(posts)

    def _final_buttons(
        self, answer: Answer, part: int, *, voted: bool | None
    ) -> tuple[Button, ...]:
        """Return the buttons of a whole answer; one lifts the period, if a period limited it."""
        periods = {Reason.IN_PERIOD, Reason.OF_DAY, Reason.UNTIL}
        limited = any(remark.kind in periods for remark in answer.remarks)
        return (
            *([Button(self.texts.all_dates, AskAll(answer.id))] if limited else []),
            Button(self.texts.why, ShowWhy(answer.id, part)),
            Button(GOOD + CHOSEN * (voted is True), Rate(answer.id, part, good=True)),
            Button(BAD + CHOSEN * (voted is False), Rate(answer.id, part, good=False)),
        )

    def _packed(self, blocks: Iterable[_Block]) -> tuple[_Block, ...]:
        """Distribute blocks over messages, each with the sources of its blocks."""
        parts: list[_Block] = []
        held: list[_Block] = []
        for block in blocks:
            if held and not self.limits.fits(self._written([*held, block])):
                parts += self._closed(held)
                held = []
            held.append(block)
        return (*parts, *self._closed(held))

    def _closed(self, held: Sequence[_Block]) -> tuple[_Block, ...]:
        """Return blocks and their sources as one part; if one block does not fit, as several."""
        together = self._written(held)
        sources = _sources(held)
        if self.limits.fits(together):
            return (_Block(together, sources),)
        articles = by_article(sources)
        blocks = [_said(held), *map(self._article, articles)]
        return tuple(
            _Block(
                parcel.runs,
                tuple(s for block in parcel.blocks if block for s in articles[block - 1]),
            )
            for parcel in self.limits.pack(blocks)
        )

    def _written(self, blocks: Sequence[_Block]) -> Runs:
        """Return blocks and their sources, which are folded if they are long."""
        articles = by_article(_sources(blocks))
        sources = joined(map(self._article, articles), "\n")
        if len(articles) > 1 and units(text_of(sources)) > FOLDED:
            sources = folded(sources)
        return joined([_said(blocks), *([sources] if sources else [])], "\n\n")

    def _remarked(self, parts: Sequence[_Block], shown: View) -> tuple[_Block, ...]:
        """Add the remarks to the last part, or as parts of their own if they do not fit.

        Remarks of the kind `OTHER` exist in English only, and are left out.
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
            return (*others, _Block(together, last.sources))
        return (*parts, *(_Block(parcel.runs) for parcel in self.limits.pack([said])))

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
        """Draw a line and its sources, if any: side by side below it, or as marks."""
        said = (Run(self.texts.worded(note.remark), _bold(note.sources)),)
        gap = "\n\n" if note.sources else "\n"
        if note.beside:
            runs = joined([said, *map(self._side, note.sources)], "\n")
        else:
            marks = [_mark(source) for source in note.sources]
            runs = (*said, Run(" " * bool(marks)), *marks)
        return _Block(runs, note.sources, gap)

    def _article(self, sources: Sequence[Source]) -> Runs:
        """Draw an article, its copies, and in one block the quotes that no statement repeats.

        Each of several quotes has its mark and its page.
        """
        if len(sources) == 1:
            quoted = [neutral(each.quote) for each in sources if not each.stated]
        else:
            quoted = [self._quoted(each) for each in sources if each.page or not each.stated]
        quotes = joined(((Run(each),) for each in quoted), "\n")
        copies = [self._copies(sources[0].also)] if sources[0].also else []
        return joined([self._head(sources), *copies, *([folded(quotes)] if quotes else [])], "\n")

    def _copies(self, also: Sequence[Edition]) -> Runs:
        """Draw a line with the copies of an article, as links."""
        named = [
            (_linked(self._outlet(each) or self._name(each), followed(each.url), Markup.PLAIN),)
            for each in also[:COPIES]
        ]
        rest = [(Run("…"),)] if len(named) < len(also) else []
        said = (Run(f"{self.texts.worded(Reason.ALSO(n=len(also)))}: "),)
        return self._line("", (*said, *joined([*named, *rest], " · ")))

    def _quoted(self, source: Source) -> str:
        page = self.texts.worded(source.page) if source.page else ""
        quote = "" if source.stated else neutral(source.quote)
        return f"[{source.mark}] {': '.join(filter(None, (page, quote)))}"

    def _head(self, sources: Sequence[Source]) -> Runs:
        first, *others = sources
        origin = (
            self.origin(first.article, followed(first.article.url))
            if others
            else self.origin(first.article, address_of(first), page=first.page)
        )
        return self._line(f"{marked(sources)} ", origin)

    def origin(self, article: Edition, address: str | None, *, page: Remark | None = None) -> Runs:
        """Draw an article's name, as a link if it has an address, its outlet, date and page.

        A file's name is in code style, so that no messenger takes it for a host.
        """
        own = Markup.CODE if article.name == article.id else Markup.BOLD
        details = self._details(self._outlet(article) if article.title else "", article, page)
        return (
            _linked(self._name(article), address, own),
            *(Run(f" · {each}") for each in details),
        )

    def _side(self, source: Source) -> Runs:
        """Draw a source that differs from another: its publisher, date and page."""
        article = source.article
        page = self.texts.worded(source.page) if source.page else ""
        told = filter(None, (self._outlet(article), self.texts.day(article.published), page))
        return self._line("", (_mark(source), Run(f" {' · '.join(told)}")))

    def _details(self, outlet: str, article: Edition, page: Remark | None) -> Iterator[str]:
        """Return an article's outlet, date and page, as far as they are known."""
        day = self.texts.day(article.published) if article.published else ""
        return filter(None, (outlet, day, self.texts.worded(page) if page else ""))

    def _line(self, beginning: str, runs: Runs) -> Runs:
        """Draw a line with that beginning, in the direction of the language."""
        return (Run(self.texts.directed(text_of(runs)) + beginning), *runs)

    def _name(self, article: Edition) -> str:
        return self.texts.isolated(shortened(printable(article.name), TITLE))

    def _outlet(self, article: Edition) -> str:
        return self.texts.isolated(shortened(printable(article.publisher), OUTLET))

    # What its buttons show

    def source(
        self, answer: Answer, press: ShowSource, around: Around | None, version: Version
    ) -> Post:
        """Draw a citation in its paragraph, in one message; a paragraph that is too long is cut.

        `press.mark` is the mark of one of the answer's citations. Without `around`, only the quote
        is shown.
        """
        source = view(answer).sources[press.mark - 1]
        became = {Version.CHANGED: self.texts.changed, Version.GONE: self.texts.gone}.get(version)
        last = ((Run(became),),) if became else ()
        head = self._head((source,))
        room = self.limits.length - units(text_of(joined([head, (), *last], "\n\n")))
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
        """Draw how an answer was made, in one message: the question, the outcome, what was read."""
        head = (Run(self.texts.why_head, Markup.BOLD),)
        facts = joined((head, *((Run(fact),) for fact in self._facts(answer))), "\n")
        read = [self._read(each, rank, versions) for rank, each in enumerate(answer.evidence, 1)]
        if read:
            facts = self._as_many(joined([facts, (Run(self.texts.why_read),)], "\n\n"), read)
        back = Button(self.texts.back, ShowAnswer(answer.id, part))
        return Post(cleaned(facts), ((back,),))

    def _as_many(self, head: Runs, lines: Sequence[Runs]) -> Runs:
        """Return the head, as many lines as fit into one message, and the number of the others."""
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
        """Return the beginning of a quote and its source, short enough for an alert."""
        citation = answer.citations[mark - 1]
        article = citation.article
        outlet = self._outlet(article) or self._name(article)
        told = self._details(outlet, article, page_of(article, citation.start))
        source = f"[{mark}] {', '.join(told)}"
        room = self.limits.alert - units(self.texts.glimpse.format(source=source, quote=""))
        words = " ".join(printable(citation.quote).split())
        return self.texts.glimpse.format(source=source, quote=beginning(words, room))

    # A standing question

    def news(self, question: str, told: Answer, change: Change) -> tuple[Post, ...]:
        """Return the old answer to a standing question and the new one, with quotes and dates."""
        shown = news_view(told, change)
        nothing = (Run(self.texts.worded(shown.lead)),) if shown.lead else ()
        blocks = (
            _Block((Run(self.texts.worded(shown.head), Markup.BOLD),)),
            _Block((Run(self.texts.isolated(question)),)),
            _Block((Run(self.texts.worded(Reason.BEFORE()), Markup.BOLD),), gap="\n\n"),
            *([_Block(nothing)] if nothing else []),
            *(_Block(self._statement(each), each.sources) for each in shown.before),
            _Block((Run(self.texts.worded(Reason.NOW()), Markup.BOLD),), gap="\n\n"),
            *(_Block(self._statement(each), each.sources) for each in shown.now),
        )
        return tuple(Post(stripped(part.runs)) for part in self._packed(blocks))

    # A digest

    def digest(
        self, stories: Sequence[Sequence[Edition]], firsts: Sequence[str]
    ) -> tuple[Post, ...]:
        """Return a digest: of each story at most three lines, then the number of those left out.

        `firsts` are the first sentences of the stories' first articles.
        """
        count = sum(map(len, stories))
        head = Run(self.texts.counted(self.texts.digest_head, count), Markup.BOLD)
        blocks: list[Runs] = [(head,)]
        blocks += [
            self._story(story, first)
            for story, first in zip(stories[:STORIES], firsts, strict=False)
        ]
        left = len(stories) - STORIES
        if left > 0:
            blocks.append((Run(self.texts.counted(self.texts.digest_more, left)),))
        return tuple(Post(parcel.runs) for parcel in self.limits.pack(blocks))

    def _story(self, story: Sequence[Edition], first: str) -> Runs:
        article, *others = story
        lines = [self._line("• ", self.origin(article, followed(article.url)))]
        said = self.texts.isolated(beginning(" ".join(printable(first).split()), SENTENCE))
        lines += [(Run(self.texts.directed(said) + said),)] if said else []
        lines += [self._copies(others)] if others else []
        return joined(lines, "\n")

    # While an answer is made

    def working(self, at: Searching | ReadingArticles | str) -> Post:
        """Draw the progress of an answer: its stage, or the end of the text written so far."""
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
        """Draw articles by title, outlet and date, and how many of `count` are not shown."""
        if not articles:
            return (line(self.texts.worded(Reason.KNOWN_NONE())),)
        named = articles[:LISTED]
        lines = [self._line("", self.origin(article, followed(article.url))) for article in named]
        return self._counted(lines, count)

    def id_list(self, articles: Sequence[Edition], count: int) -> tuple[Post, ...]:
        """Draw articles by id and title, and how many of `count` are not shown."""
        names = [(Run(f"{each.id}: {self.texts.isolated(each.name)}"),) for each in articles]
        return self._counted(names, count)

    def _counted(self, lines: Sequence[Runs], count: int) -> tuple[Post, ...]:
        left = count - len(lines)
        rest = [(Run(self.texts.counted(self.texts.and_more, left)),)] if left > 0 else []
        return tuple(Post(parcel.runs) for parcel in self.limits.pack([*lines, *rest]))

    def source_list(
        self, states: Sequence[SourceState], hints: Sequence[str], now: float
    ) -> tuple[Post, ...]:
        """Draw how each source is doing, with a button that stops it; the first is the corpus.

        What can be done besides stands last. Times are told from now on, so that no time zone
        matters.
        """
        names = [self.texts.corpus_folder, *(self.texts.isolated(each.name) for each in states[1:])]
        blocks = [self._state(*each, now) for each in zip(names, states, strict=True)]
        blocks += [(Run(hint, Markup.ITALIC),) for hint in hints]

        def stop(block: int, part: int) -> Button | None:
            if not 0 < block < len(states):
                return None
            name = self.texts.isolated(shortened(states[block].name, LABEL))
            press = Unfollow(key_of(states[block].name), part)
            return Button(self.texts.stop_following.format(name=name), press)

        return self.limits.listed(blocks, stop)

    def _state(self, name: str, state: SourceState, now: float) -> Runs:
        """Draw a source's name, its articles and times, and its last error."""
        told = " · ".join(self._times(state, now))
        error = self.texts.worded(state.error) if state.error else ""
        lines = ((name, Markup.BOLD), (told, Markup.PLAIN), (error, Markup.ITALIC))
        return joined(
            [self._line("", (Run(said, markup),)) for said, markup in lines if said], "\n"
        )

    def _times(self, state: SourceState, now: float) -> Iterator[str]:
        texts = self.texts
        yield texts.counted(texts.source_articles, state.articles)
        if state.newest:
            yield texts.source_newest.format(day=texts.day(date.fromisoformat(state.newest)))
        if state.succeeded is None:
            yield texts.source_unread
        else:
            yield texts.source_read.format(wait=texts.duration(now - state.succeeded))
        if state.due is None:
            yield texts.source_gone
        elif state.due > now:
            yield texts.source_next.format(wait=texts.duration(state.due - now))


def address_of(source: Source) -> str | None:
    """Return the address of a quote in its article; None if it cannot be linked to."""
    return quoted_at(source.article.url, source.quote, page=source.citation.page)


def _rows(sources: tuple[Button, ...], last: tuple[Button, ...]) -> Rows:
    """Return one row if it takes all buttons; else the sources' rows, and the last one below."""
    if len(sources) + len(last) <= ABREAST:
        rows = [(*sources, *last)]
    else:
        starts = range(0, len(sources), IN_ROW)
        rows = [*(sources[start : start + IN_ROW] for start in starts), last]
    return tuple(row for row in rows if row)


def _folds(number: int, count: int) -> bool:
    """Return whether an item of a list, from 0, is folded."""
    return number >= OPEN_LINES and count > OPEN_LINES + 1


def _said(blocks: Sequence[_Block]) -> Runs:
    """Join blocks with the white space before each; folded ones that are neighbours are one."""
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
    """Return bold for a line that heads something."""
    return Markup.BOLD if heads else Markup.PLAIN


def _mark(source: Source) -> Run:
    return _linked(f"[{source.mark}]", address_of(source), Markup.PLAIN)


def _linked(text: str, address: str | None, otherwise: Markup) -> Run:
    return Run(text, Markup.LINK, address) if address else Run(text, otherwise)


def _in_place(quote: str, around: Around | None, room: int) -> Runs:
    """Return a quote in bold between the text around it, cut to the room that there is."""
    words = beginning(quote, room)
    room -= units(words)
    if around is None:
        return (Run(words, Markup.BOLD),)
    before = ending(neutral(around.before), max(room // 2, room - units(around.after)))
    after = beginning(neutral(around.after), room - units(before))
    return (Run(before), Run(words, Markup.BOLD), Run(after))
