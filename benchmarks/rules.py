"""Measure two rules of English, each on and off: who holds an office, and whom a pronoun means.

    python benchmarks/rules.py > benchmarks/rules.md

Offices: a country's ministers in Reuters-21578, by portfolio, and ministers of other portfolios,
whom no story names; and every question of squad2, XQuAD and new Wikipedia that asks for the holder
of an office, in the rule's wide sense of any noun. Pronouns: two questions about one paragraph,
where the first asks who, and the second names a person whom the first one's answer, or the first
itself, names; "he", "him" or "his" takes the name's place. Both: the project's own questions, and
the cases of ../shared/cases.
"""

import asyncio
import contextlib
import html
import importlib.util
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from command_line import parser
from data import DATA, Collection, Paragraph, Question, new_wiki, squad2, xquad
from libraries import library_of
from measures import holds, overlap

import rag.languages
from bot.assembly import assemble
from bot.questions import place, sets
from bot.questions.checks import CheckRules
from bot.questions.results import QuestionResult
from bot.questions.runner import Runner, respondent
from bot.questions.selection import resolved
from rag.languages.english import English
from rag.languages.english.words import countries, variants
from rag.languages.general import Language
from rag.library import Library
from rag.types import Answer, AnswerType, Wanted
from rag.understanding.conversation import Turn
from rag.understanding.questions import understand

OWN = Path(__file__).resolve().parents[1] / "corpus" / "questions.yaml"
CASES = DATA.parent / "cases"
MOST = 150
"""Pairs of questions of a collection."""

_NAME = re.compile(r"[A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3}")
PORTFOLIOS = "agriculture defence energy finance foreign trade".split()
_COUNTRIES = {variant: word for variant, word in variants() if word in countries()}
_COUNTRIES |= {word: word for word in _COUNTRIES.values()}
_MINISTER = re.compile(
    rf"\b({'|'.join(_COUNTRIES)})(?:'s)? ((?i:{'|'.join(PORTFOLIOS)})) (?i:minister) "
    r"([A-Z][\w'-]+(?: (?:de |van )?[A-Z][\w'-]+)?)"
)
_BEFORE_HIM = re.compile(r"\b(?:by|of|with|to|for|from|about|at|against|on|than) $")


class WithoutOffices(English):
    """English that asks for no office."""

    @staticmethod
    def wanted(question: str) -> Wanted:
        """See `Language`."""
        return replace(English.wanted(question), office=None)


class WithoutPronouns(English):
    """English that carries the question before along, whoever is meant."""

    with_person = Language.with_person


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and a second one about a person, in full and with a pronoun."""

    first: Question
    second: Question
    pronoun: str


def main() -> None:
    """Print the report."""
    parser(__doc__).parse_args()
    collections = (squad2(), xquad(), new_wiki())
    news = ministers()
    libraries = {each.name: library_of(each) for each in (*collections, news)}
    print("# Two rules of English\n\nMade by `python benchmarks/rules.py`.\n")
    print("Of `rag/languages/english`, each on and off. An unanswerable question for a minister is")
    print("for a portfolio that no story gives anybody of the country.")
    print("\n## Offices\n")
    print("| questions | answerable | right, on | off | unanswerable | answered, on | off |")
    print("|---|---|---|---|---|---|---|")
    for each in (news, *collections):
        asked = [q for q in each.questions if understand(q.text).wanted.office]
        print_offices(each.name, asked, libraries[each.name])
    print("\n## Pronouns\n")
    print("| the person is named by | pairs | right, asked in full | pronoun, on | off |")
    print("|---|---|---|---|---|")
    for where in ("answer", "question"):
        for each in collections:
            found = [*pairs(each, where)]
            found = found[:: max(1, len(found) // MOST)][:MOST]
            print_pronouns(f"the first {where}, {each.name}", found, libraries[each.name])
    print("\n## The project's questions, and cases\n")
    print("| rules | corpus/questions.yaml | cases |\n|---|---|---|")
    for name, variant in (
        ("both on", English),
        ("offices off", WithoutOffices),
        ("pronouns off", WithoutPronouns),
    ):
        with spoken(variant):
            print(f"| {name} | {own_questions()} | {cases()} |", flush=True)


@contextlib.contextmanager
def spoken(variant: type[English]) -> Iterator[None]:
    """Let English have other rules."""
    known = rag.languages._KNOWN  # noqa: SLF001 - a program has no other English
    rag.languages._KNOWN = (variant("en"),)  # noqa: SLF001
    forget()
    yield
    rag.languages._KNOWN = known  # noqa: SLF001
    forget()


def forget() -> None:
    """Forget which language texts were in."""
    rag.languages.language.cache_clear()
    rag.languages._detected.cache_clear()  # noqa: SLF001


def ask(library: Library, text: str, history: Sequence[Turn] = ()) -> Answer:
    """Ask a question."""
    return asyncio.run(library.ask(text, history=history, keep=False))


def is_right(answer: Answer, question: Question) -> bool:
    """Return whether the first claim answers, as SQuAD counts words, or is a sentence that does."""
    if not answer.claims:
        return False
    claim = answer.claims[0].text
    return overlap(claim, question.answers) >= 1 / 2 or holds(claim, question.answers)


def print_offices(name: str, asked: Sequence[Question], library: Library) -> None:
    """Print a row: how many answers are right, and how many of the unanswerable are answered."""
    right, false = [], []
    answerable = [question for question in asked if question.answers]
    others = [question for question in asked if not question.answers]
    for variant in (English, WithoutOffices):
        with spoken(variant):
            right.append(sum(is_right(ask(library, q.text), q) for q in answerable))
            false.append(sum(bool(ask(library, q.text).claims) for q in others))
    print(
        f"| {name} | {len(answerable)} | {right[0]} | {right[1]} "
        f"| {len(others)} | {false[0]} | {false[1]} |",
        flush=True,
    )


def ministers() -> Collection:
    """Return the stories of Reuters that name a minister of a country, and two kinds of questions.

    One is for a minister who is named there, the other for a minister of another portfolio of the
    same country, whom no story names in this form.
    """
    found: dict[tuple[str, str], set[str]] = {}
    stories = {}
    for file in sorted((DATA / "reuters21578").glob("*.sgm")):
        for body in re.findall(r"<BODY>(.*?)</BODY>", file.read_text("latin-1"), re.DOTALL):
            text = " ".join(html.unescape(body).split())
            for country, portfolio, name in _MINISTER.findall(text):
                known = found.setdefault((_COUNTRIES[country], portfolio.lower()), set())
                known.add(name.removesuffix("'s"))
                stories[text] = f"reuters/{len(stories)}"
    paragraphs = tuple(Paragraph(key, key, "", text) for text, key in stories.items())
    asked = [
        question(country, portfolio, tuple(sorted(found.get((country, portfolio), ()))))
        for country in sorted({country for country, _ in found})
        for portfolio in sorted(PORTFOLIOS)
    ]
    return Collection("reuters-ministers", paragraphs, tuple(asked))


def question(country: str, portfolio: str, names: tuple[str, ...]) -> Question:
    """Return a question for a country's minister."""
    text = f"Who is {country}'s {portfolio} minister?"
    return Question(text, frozenset(names), names, "", country)


def pairs(collection: Collection, where: str) -> Iterator[Pair]:
    """Yield pairs of questions about one paragraph, whose first asks who."""
    texts = {paragraph.id: paragraph.text for paragraph in collection.paragraphs}
    people = {
        answer
        for question in collection.questions
        if understand(question.text).wanted.kind is AnswerType.PERSON
        for answer in question.answers
        if _NAME.fullmatch(answer) and f"the {answer}" not in texts[question.paragraph]
    }
    for _, group in groupby(collection.questions, key=lambda question: question.paragraph):
        some = [question for question in group if question.answers]
        for first in some:
            wanted = understand(first.text).wanted
            if wanted.kind is not AnswerType.PERSON or not people.intersection(first.answers):
                continue
            named = (name for name in _NAME.findall(first.text[1:]) if name in people)
            for name in first.answers if where == "answer" else named:
                second = next(iter(with_pronoun(some, first, name)), None)
                if second:
                    yield Pair(first, *second)
                    break


def with_pronoun(
    some: Iterable[Question], first: Question, name: str
) -> Iterator[tuple[Question, str]]:
    """Yield the questions that name a person or a last name, each with a pronoun instead."""
    last = re.escape(name.rsplit(maxsplit=1)[-1])
    form = re.compile(rf"(?<!the )\b(?:[A-Z]\w+ )*{last}\b([’']s?(?!\w))?(?! [A-Z])")
    for question in some:
        found = form.search(question.text)
        if question is first or not found or form.search(question.text, found.end()):
            continue
        before, after = question.text[: found.start()], question.text[found.end() :]
        him = _BEFORE_HIM.search(before) or not after.strip(" ?.")
        pronoun = "his" if found[1] else "him" if him else "he"
        yield question, f"{before}{pronoun}{after}"


def print_pronouns(name: str, found: Sequence[Pair], library: Library) -> None:
    """Print a row: how many second questions are answered right."""
    counts = [sum(is_right(ask(library, pair.second.text), pair.second) for pair in found)]
    for variant in (English, WithoutPronouns):
        with spoken(variant):
            counts.append(
                sum(
                    is_right(ask(library, pair.pronoun, (Turn.of(before),)), pair.second)
                    for pair in found
                    for before in [ask(library, pair.first.text)]
                )
            )
    print(f"| {name} | {len(found)} | {' | '.join(map(str, counts))} |", flush=True)


def own_questions() -> str:
    """Return how many of the project's own questions hold."""
    questions = sets.load(OWN)
    assembly = place.assembly_over(questions.corpus, assemble())
    results: list[QuestionResult] = []
    with assembly.library() as library:
        place.index(library)
        runner = Runner(
            respond=respondent(library), rules=CheckRules(texts=place.texts(library)), model=None
        )
        every = resolved(questions, library.article_ids()).questions
        asyncio.run(runner.run(every, results.append))
    return f"{sum(result.holds for result in results)} of {len(results)}"


def cases() -> str:
    """Return how many of the cases hold."""
    spec = importlib.util.spec_from_file_location("cases", CASES / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        asyncio.run(module.main(CASES / "reader.yaml", verbose=False))
    held = re.search(r"held (\d+)/(\d+)", printed.getvalue())
    return f"{held[1]} of {held[2]}" if held else "-"


if __name__ == "__main__":
    main()
