"""What every report calls things; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.questions.format import CHECKS, Question
from bot.questions.results import Attempt, Result, Run, Status, Verdict, status
from bot.render import FAILURE, REFUSAL, marked
from rag.records import Record
from rag.types import Outcome


def counted(count: int, what: str) -> str:
    """Give a count with its noun: "1 question", "2 questions"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def named(names: Sequence[str], most: int) -> str:
    """Give the first of some names, and how many are left out."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left:,} more" if left > 0 else "")


# Questions

KNOWN = "known failure"
MENDED = "mended"


def verdict(result: Result) -> str:
    """Give what a question came to in one word or two, with k of N where it is unsteady."""
    if result.known:
        return KNOWN
    if result.mended:
        return MENDED
    if result.verdict is Verdict.UNSTEADY:
        return f"{Verdict.UNSTEADY} ({result.held} of {len(result.attempts)})"
    return result.verdict.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What did not hold, alike in so many of a question's attempts.

    `name` is the check's; "error" where there was no answer.
    """

    name: str
    detail: str
    times: int
    of: int
    gates: bool

    def __str__(self) -> str:
        often = f" ({self.times} of {self.of})" if self.of > 1 else ""
        return f"{self.name}: {self.detail}{often}{'' if self.gates else '; does not gate'}"


def shortfalls(result: Result) -> tuple[Shortfall, ...]:
    """Give everything that did not hold for a question, and each once."""
    found = Counter(one for attempt in result.attempts for one in _fallen(attempt))
    return tuple(
        Shortfall(name=name, detail=detail, times=times, of=len(result.attempts), gates=gates)
        for (name, detail, gates), times in found.items()
    )


def _fallen(attempt: Attempt) -> Iterator[tuple[str, str, bool]]:
    if attempt.error:
        yield "error", attempt.error, True
    for one in attempt.checks:
        if one.held is False or (one.gates and not one.held):
            yield one.name, one.detail, one.gates


def worth_telling(result: Result) -> bool:
    """Say whether there is more to tell of a question than that it passed."""
    return result.verdict is not Verdict.PASSED or result.mended or bool(shortfalls(result))


def asked(question: Question) -> str:
    """Give what was asked, the questions of a conversation one after the other."""
    return " → ".join(question.turns)


def expectations(question: Question) -> tuple[tuple[str, str], ...]:
    """Give what is expected of the answer: each check by its name in the set."""
    given = ((name, getattr(question, name)) for name in CHECKS)
    return tuple((name, _told(one)) for name, one in given if one not in (None, (), {}))


def _told(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:,.0f}"
        case dict():
            return ", ".join(f"{name} within the first {most}" for name, most in value.items())
        case tuple():
            return ", ".join(one if isinstance(one, str) else " or ".join(one) for one in value)
    return str(value)


def answer(record: Record) -> str:
    """Give what was answered, each claim with the marks of its citations."""
    match record.outcome:
        case Outcome.FAILED:
            return FAILURE
        case Outcome.NOT_IN_CORPUS:
            return REFUSAL
    return " ".join(f"{one.text} {marked(one.marks)}".rstrip() for one in record.claims)


def citations(record: Record) -> tuple[tuple[str, str], ...]:
    """Give each citation: its mark with the article's id, and the quote."""
    return tuple(
        (f"[{mark}] {one.edition.id}", one.quote) for mark, one in enumerate(record.citations, 1)
    )


def telling(result: Result) -> Attempt:
    """Give the attempt that tells most of how a question fared: the first that does not hold."""
    return next((one for one in result.attempts if not one.holds), result.attempts[0])


# Runs


def circumstances(run: Run) -> str:
    """Say what a run was of, how it was done and when."""
    said = (
        "" if run.whole else "part of the set",
        counted(run.articles, "article"),
        run.model or "embedded reader",
        "replayed" if run.replayed else "",
        f"Griot {run.griot}",
        f"{run.when:%Y-%m-%d %H:%M %Z}",
    )
    return " · ".join(one for one in said if one)


def holds(run: Run, missing: Sequence[str] = ()) -> bool:
    """Say whether a run holds: nothing falls short, and nothing of the baseline is missing.

    One of nothing does not.
    """
    return bool(run.results) and not (run.falls_short or missing)


def conclusion(run: Run, missing: Sequence[str] = ()) -> str:
    """Say in one line whether a run holds, or why it does not."""
    if not run.results:
        return "Nothing was asked."
    if status(run) == Status.COULD_NOT_RUN:
        return "Could not run: no question had an answer."
    total = counted(len(run.results), "question")
    if holds(run, missing):
        known = sum(one.known for one in run.results)
        return f"Holds: {total}{f', {counted(known, KNOWN)}' if known else ''}."
    told = fared(Counter(one.verdict for one in run.falls_short))
    because = [f"{', '.join(told)} of {total}"] if told else []
    if missing:
        because.append(f"{counted(len(missing), 'question')} of the baseline missing")
    return f"Falls short: {'; '.join(because)}."


def fared(counts: Mapping[Verdict, int]) -> tuple[str, ...]:
    """Tell how many questions did not pass, by how they fared: "2 failed", "1 error"."""
    return tuple(
        counted(counts[one], "error") if one is Verdict.ERROR else f"{counts[one]:,} {one}"
        for one in (Verdict.FAILED, Verdict.UNSTEADY, Verdict.ERROR)
        if counts[one]
    )


def spread(run: Run) -> str:
    """Say how rounds of the same questions differed; nothing where each was asked once."""
    rounds = max((len(one.attempts) for one in run.results), default=1)
    if rounds == 1:
        return ""
    often = [one for one in run.results if len(one.attempts) == rounds]
    held = [sum(one.attempts[number].holds for one in often) for number in range(rounds)]
    between = f"{min(held):,}" if min(held) == max(held) else f"{min(held):,} to {max(held):,}"
    return f"{between} of {counted(len(often), 'question')} held in each of {rounds:,} rounds"


def unheeded(results: Iterable[Result]) -> str:
    """Say which checks that do not gate did not hold or could not be made, and how often."""
    checks = [each for result in results for at in result.attempts for each in at.checks]
    counts = Counter((one.name, one.held) for one in checks if not one.gates)
    told = []
    for name in dict.fromkeys(name for name, _ in counts):
        held, fallen, unmade = (counts[name, held] for held in (True, False, None))
        if fallen:
            told.append(f"{name} did not hold in {fallen:,} of {held + fallen:,}")
        if unmade:
            told.append(f"{name} could not be made in {unmade:,} of {held + fallen + unmade:,}")
    return ", ".join(told)
