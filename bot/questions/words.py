"""The words that every report uses; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.console import ExitStatus, counted
from bot.questions.format import CHECKS, CannedQuestion
from bot.questions.results import Attempt, QuestionResult, SetRun, Verdict, status
from rag.types import Answer
from rag.view import view


def listed(names: Sequence[str], most: int) -> str:
    """Return the first of some names, and how many are left out."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left:,} more" if left > 0 else "")


# Questions

KNOWN = "known failure"
MENDED = "mended"


def verdict(result: QuestionResult) -> str:
    """Return a question's verdict in one word or two, with k of N where it is unsteady."""
    if result.known:
        return KNOWN
    if result.mended:
        return MENDED
    if result.verdict is Verdict.UNSTEADY:
        return f"{Verdict.UNSTEADY} ({result.held} of {len(result.attempts)})"
    return result.verdict.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A check that did not hold, alike in `times` of a question's attempts.

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


def shortfalls(result: QuestionResult) -> tuple[Shortfall, ...]:
    """Return everything that did not hold for a question, each once."""
    found = Counter(fallen for attempt in result.attempts for fallen in _fallen(attempt))
    return tuple(
        Shortfall(name=name, detail=detail, times=times, of=len(result.attempts), gates=gates)
        for (name, detail, gates), times in found.items()
    )


def _fallen(attempt: Attempt) -> Iterator[tuple[str, str, bool]]:
    if attempt.error:
        yield "error", attempt.error, True
    for check in attempt.checks:
        if check.held is False or (check.gates and not check.held):
            yield check.name, check.detail, check.gates


def worth_telling(result: QuestionResult) -> bool:
    """True if there is more to tell of a question than that it passed."""
    return result.verdict is not Verdict.PASSED or result.mended or bool(shortfalls(result))


def asked(question: CannedQuestion) -> str:
    """Return what was asked, the questions of a conversation one after the other."""
    return " → ".join(question.turns)


def expectations(question: CannedQuestion) -> tuple[tuple[str, str], ...]:
    """Return each check by its name in the set, and what it expects."""
    given = ((name, getattr(question, name)) for name in CHECKS)
    return tuple(
        (name, _expectation(value)) for name, value in given if value not in (None, (), {})
    )


def _expectation(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:,.0f}"
        case dict():
            return ", ".join(f"{name} within the first {most}" for name, most in value.items())
        case tuple():
            return ", ".join(each if isinstance(each, str) else " or ".join(each) for each in value)
    return str(value)


def answer(answer: Answer) -> str:
    """Return an answer, each claim with the marks of its citations."""
    shown = view(answer)
    return shown.text or str(shown.lead or "")


def citations(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Return each citation: its mark with the article's id, and the quote."""
    return tuple(
        (f"[{source.mark}] {source.article.id}", source.quote) for source in view(answer).sources
    )


def telling(result: QuestionResult) -> Attempt:
    """Return the attempt that shows best why a question failed: the first that does not hold."""
    failed = (attempt for attempt in result.attempts if not attempt.holds)
    return next(failed, result.attempts[0])


# Runs


def circumstances(run: SetRun) -> str:
    """Return what a run was of, what answered, and when."""
    facts = (
        "" if run.whole else "part of the set",
        counted(run.articles, "article"),
        run.model or "embedded reader",
        "replayed" if run.replayed else "",
        f"Griot {run.griot}",
        f"{run.when:%Y-%m-%d %H:%M %Z}",
    )
    return " · ".join(filter(None, facts))


def holds(run: SetRun, missing: Sequence[str] = ()) -> bool:
    """True if nothing falls short, nothing of the baseline is missing, and something was asked."""
    return bool(run.results) and not (run.falls_short or missing)


def conclusion(run: SetRun, missing: Sequence[str] = ()) -> str:
    """Return in one line whether a run holds, or why it does not."""
    if not run.results:
        return "Nothing was asked."
    if status(run) == ExitStatus.NO_ANSWER:
        return "Could not run: no question had an answer."
    total = counted(len(run.results), "question")
    if holds(run, missing):
        known = sum(result.known for result in run.results)
        return f"Holds: {total}{f', {counted(known, KNOWN)}' if known else ''}."
    short = not_passed(Counter(result.verdict for result in run.falls_short))
    because = [f"{', '.join(short)} of {total}"] if short else []
    if missing:
        because.append(f"{counted(len(missing), 'question')} of the baseline missing")
    return f"Falls short: {'; '.join(because)}."


def not_passed(counts: Mapping[Verdict, int]) -> tuple[str, ...]:
    """Return how many questions did not pass, by verdict: "2 failed", "1 error"."""
    return tuple(
        counted(counts[each], "error") if each is Verdict.ERROR else f"{counts[each]:,} {each}"
        for each in (Verdict.FAILED, Verdict.UNSTEADY, Verdict.ERROR)
        if counts[each]
    )


def spread(run: SetRun) -> str:
    """Return how rounds of the same questions differed; "" where each was asked once."""
    rounds = max((len(result.attempts) for result in run.results), default=1)
    if rounds == 1:
        return ""
    often = [result for result in run.results if len(result.attempts) == rounds]
    held = [sum(result.attempts[number].holds for result in often) for number in range(rounds)]
    between = f"{min(held):,}" if min(held) == max(held) else f"{min(held):,} to {max(held):,}"
    return f"{between} of {counted(len(often), 'question')} held in each of {rounds:,} rounds"


def unheeded(results: Iterable[QuestionResult]) -> str:
    """Return which checks that do not gate did not hold or could not be made, and how often."""
    attempts = (attempt for result in results for attempt in result.attempts)
    checks = [check for attempt in attempts for check in attempt.checks if not check.gates]
    counts = Counter((check.name, check.held) for check in checks)
    facts = []
    for name in dict.fromkeys(check.name for check in checks):
        held, fallen, unmade = (counts[name, held] for held in (True, False, None))
        if fallen:
            facts.append(f"{name} did not hold in {fallen:,} of {held + fallen:,}")
        if unmade:
            facts.append(f"{name} could not be made in {unmade:,} of {held + fallen + unmade:,}")
    return ", ".join(facts)
