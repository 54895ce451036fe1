"""Measure what a chat model of any size makes of Griot's passages, and what is kept of it.

    GRIOT_LLM_URL=… GRIOT_LLM_MODEL=… python benchmarks/chat_models.py [--squad N]

Asked are the questions of benchmarks/chat_models.yaml about the two articles in ../shared/articles,
the questions of ../shared/cases, and every so manyth of squad2's held titles, as many answerable
ones as misleading ones. Printed are the rows of a table; benchmarks/chat_models.md collects them.
"""

import asyncio
import statistics
import tempfile
import unicodedata
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from command_line import parser
from data import DATA, HELD_TITLES, Collection, squad2
from libraries import library_of

from bot import settings
from bot.assembly import Assembly
from rag.library import Library
from rag.models.chat import ChatModel, Message, Usage
from rag.types import Answer, Outcome

SHARED = DATA.parent
QUESTIONS = Path(__file__).with_suffix(".yaml")


@dataclass
class Recorder:
    """A chat model that keeps what another one writes, one text per call."""

    model: ChatModel
    texts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """See `ChatModel`."""
        return self.model.name

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int
    ) -> AsyncGenerator[str | Usage, None]:
        """See `ChatModel`."""
        self.texts.append("")
        async with aclosing(self.model.stream(messages, max_tokens=max_tokens)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    self.texts[-1] += piece
                yield piece

    async def models(self) -> tuple[str, ...]:
        """See `ChatModel`."""
        return await self.model.models()

    async def close(self) -> None:
        """See `ChatModel`."""
        await self.model.close()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; a right answer holds a string of each of `right`, () where nothing is right."""

    question: str
    right: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A question, what the model wrote in answer to it, and the answer."""

    asked: Asked
    texts: tuple[str, ...]
    answer: Answer

    @property
    def right(self) -> bool:
        """True if what is claimed or quoted is right; of what nothing answers, if none is."""
        claims = (claim.text for claim in self.answer.claims)
        said = [*claims, *(citation.quote for citation in self.answer.citations)]
        return self.answered and bool(self.asked.right) and holds(" ".join(said), self.asked.right)

    @property
    def answered(self) -> bool:
        """True if something is claimed."""
        return self.answer.outcome in {Outcome.ANSWERED, Outcome.PARTLY_ANSWERED}

    @property
    def dropped(self) -> bool:
        """True if the model wrote a right answer and the reader or nothing answers instead."""
        wrote = holds(" ".join(self.texts), self.asked.right) and bool(self.asked.right)
        return wrote and self.answer.model is None


def holds(text: str, right: Sequence[Sequence[str]]) -> bool:
    """Return whether a text holds a string of each list, case and accents aside."""
    return all(any(_folded(string) in _folded(text) for string in strings) for strings in right)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()


def main() -> None:
    """Print a row for each set of questions."""
    arguments = parser(__doc__)
    arguments.add_argument("--squad", type=int, default=50, help="questions of squad2 of each kind")
    arguments.add_argument("--cases", type=int, default=1, help="every so manyth case is asked")
    arguments.add_argument("--only", choices=["articles", "cases", "squad"])
    arguments.add_argument("--verbose", action="store_true", help="print each question's answer")
    given = arguments.parse_args()
    assembly = Assembly(settings.load())
    print("| questions | count | right | wrong | unsure | refused | refused by the model |", end="")
    print(" right ones dropped | sentences left out | calls | seconds | tokens read | written |")
    print("|---" * 13 + "|")
    if given.only in {None, "articles"}:
        rows("articles", articles(assembly), verbose=given.verbose)
    if given.only in {None, "cases"}:
        rows("cases", cases(assembly, given.cases), verbose=given.verbose)
    if given.only in {None, "squad"}:
        rows("squad2", squad(assembly, given.squad), verbose=given.verbose)


def articles(assembly: Assembly) -> list[Result]:
    """Ask the questions about the two articles."""
    asked = [
        Asked(each["question"], tuple(map(tuple, each["right"])))
        for each in yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    ]
    with opened(assembly, SHARED / "articles") as (library, recorder):
        return [ask(library, recorder, each) for each in asked]


def cases(assembly: Assembly, every: int) -> list[Result]:
    """Ask the cases' questions that want an answer, or none, of articles of their own."""
    results = []
    content = (SHARED / "cases" / "reader.yaml").read_text(encoding="utf-8")
    for case in yaml.safe_load(content)[::every]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in case["articles"].items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            with opened(assembly, Path(folder)) as (library, recorder):
                results += [
                    ask(library, recorder, each) for each in map(_asked, case["ask"]) if each
                ]
    return results


def _asked(case: dict[str, object]) -> Asked | None:
    if case.get("reply"):
        return None
    if case.get("unsure") or case.get("refuse"):
        return Asked(str(case["q"]), ())
    wanted = [case["lead"]] if "lead" in case else case.get("all", [])
    assert isinstance(wanted, list)
    return Asked(str(case["q"]), tuple(tuple(map(str, strings)) for strings in wanted))


def squad(assembly: Assembly, count: int) -> list[Result]:
    """Ask questions of squad2's held titles: answerable ones, and as many misleading ones."""
    collection = squad2()
    indexed = library_of(collection)
    held = collection.titled(HELD_TITLES)
    asked = [*_some(held.answerable(), count), *_some(held.answerable(yes=False), count)]
    with opened(assembly, indexed.corpus, indexed.home) as (library, recorder):
        return [ask(library, recorder, each) for each in asked]


def _some(collection: Collection, count: int) -> list[Asked]:
    step = max(1, len(collection.questions) // count)
    return [
        Asked(each.text, (each.answers,) if each.answers else ())
        for each in collection.every(step).questions[:count]
    ]


@contextmanager
def opened(
    assembly: Assembly, corpus: Path, home: Path | None = None
) -> Iterator[tuple[Library, Recorder]]:
    """Open a library over a corpus, with what records the assembly's chat model."""
    model = assembly.chat_model()
    assert model, "set GRIOT_LLM_URL and GRIOT_LLM_MODEL"
    recorder = Recorder(model)
    with tempfile.TemporaryDirectory() as folder:
        place = home or Path(folder) / "home"
        with Recorded(assembly.over(corpus, home=place), recorder).library() as library:
            library.refresh()
            yield library, recorder


class Recorded(Assembly):
    """An assembly whose chat model is recorded."""

    __slots__ = ("_recorder",)

    def __init__(self, assembly: Assembly, recorder: Recorder) -> None:
        super().__init__(assembly.settings)
        object.__setattr__(self, "_recorder", recorder)

    def chat_model(self) -> ChatModel:
        """The recorder."""
        return self._recorder


def ask(library: Library, recorder: Recorder, asked: Asked) -> Result:
    """Ask one question."""
    recorder.texts.clear()
    answer = asyncio.run(library.ask(asked.question, keep=False))
    return Result(asked, tuple(recorder.texts), answer)


def rows(name: str, results: Sequence[Result], *, verbose: bool) -> None:
    """Print a row for the questions that the articles answer, and one for the others."""
    if verbose:
        for result in results:
            show(result)
    row(f"{name}, answerable", [each for each in results if each.asked.right])
    row(f"{name}, not answerable", [each for each in results if not each.asked.right])


def row(name: str, results: Sequence[Result]) -> None:
    """Print one row."""
    if not results:
        return
    outcomes = [result.answer.outcome for result in results]
    usage = [result.answer.usage for result in results if result.texts]
    cells = [
        name,
        len(results),
        sum(result.right for result in results),
        sum(result.answered and not result.right for result in results),
        outcomes.count(Outcome.UNSURE),
        outcomes.count(Outcome.NOT_IN_CORPUS),
        sum("NOT_ANSWERED" in " ".join(result.texts) for result in results),
        sum(result.dropped for result in results),
        sum(len(result.answer.left_out) for result in results),
        sum(len(result.texts) for result in results),
        f"{statistics.mean(result.answer.timings['total'] / 1000 for result in results):.1f}",
        f"{statistics.mean([each.get('prompt_tokens', 0) for each in usage] or [0]):.0f}",
        f"{statistics.mean([each.get('completion_tokens', 0) for each in usage] or [0]):.0f}",
    ]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def show(result: Result) -> None:
    """Print what was asked, what the model wrote, and what became of it."""
    answer = result.answer
    held = "right" if result.right else "wrong" if result.answered else answer.outcome
    if not result.asked.right and not result.answered:
        held = "right"
    print(f"{held}: {result.asked.question} ({answer.confidence:.2f}, {answer.model or 'reader'})")
    for text in result.texts:
        print(f"    wrote: {text!r}")
    for claim in answer.claims:
        print(f"    {claim.support:.2f} {claim.text}")
    for claim in answer.left_out:
        print(f"    {claim.support:.2f} left out, {claim.reason}: {claim.text}")
    for remark in answer.remarks:
        print(f"    {remark}")


if __name__ == "__main__":
    main()
