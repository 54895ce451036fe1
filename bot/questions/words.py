"""How every report words questions, runs and numbers; pure."""

from collections import Counter
from collections.abc import Iterable

from bot.console import counted
from bot.program import ExitStatus
from bot.questions.comparison import Comparison
from bot.questions.format import CHECKS, CannedQuestion
from bot.questions.measures import Unit
from bot.questions.results import KNOWN, QuestionResult, SetRun, Verdict
from rag.types import Answer
from rag.view import Source, view

NOTHING = "–"
"""A number that is unknown."""

# Questions


def asked(question: CannedQuestion) -> str:
    """Return what was asked, the questions of a conversation one after the other."""
    return " → ".join(question.turns)


def expectations(question: CannedQuestion) -> dict[str, str]:
    """Return what each check expects, by its name in the set."""
    given = ((name, getattr(question, name)) for name in CHECKS)
    return {name: _expectation(value) for name, value in given if value not in (None, (), {})}


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
    return shown.text or answer.reply or str(shown.lead or "")


def citations(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Return each citation: its mark with the article's id, the page and the copies; the quote."""
    return tuple((_cited(source), source.quote) for source in view(answer).sources)


def _cited(source: Source) -> str:
    page = f", {source.page}" if source.page else ""
    also = f" ({source.also_in})" if source.also else ""
    return f"[{source.mark}] {source.article.id}{page}{also}"


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


def holds(run: SetRun, baseline: Comparison | None = None) -> bool:
    """True if something was asked, nothing fails, and nothing of the baseline is missing."""
    return bool(run.results) and not (run.falls_short or (baseline and baseline.missing))


def conclusion(run: SetRun, baseline: Comparison | None = None) -> str:
    """Return in one line whether a run holds, or why it does not."""
    if not run.results:
        return "Nothing was asked."
    if run.status == ExitStatus.NO_ANSWER:
        return "Could not run: no question had an answer."
    total = counted(len(run.results), "question")
    if holds(run, baseline):
        known = sum(result.known for result in run.results)
        return f"Passed: {total}{f', {counted(known, KNOWN)}' if known else ''}."
    short = not_passed(run.falls_short)
    because = [f"{', '.join(short)} of {total}"] if short else []
    if baseline and baseline.missing:
        because.append(f"{counted(len(baseline.missing), 'question')} of the baseline missing")
    return f"Not passed: {'; '.join(because)}."


def not_passed(results: Iterable[QuestionResult]) -> tuple[str, ...]:
    """Return how many questions did not pass, by verdict: "2 failed", "1 error"."""
    counts = Counter(result.verdict for result in results)
    return tuple(
        counted(counts[each], "error") if each is Verdict.ERROR else f"{counts[each]:,} {each}"
        for each in (Verdict.FAILED, Verdict.FLAKY, Verdict.ERROR)
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
    return f"{between} of {counted(len(often), 'question')} passed in each of {rounds:,} rounds"


def advisory(run: SetRun) -> str:
    """Return which checks that do not gate did not hold or could not be made, and how often."""
    checks = [check for each in run.attempts for check in each.checks if not check.gates]
    counts = Counter((check.name, check.held) for check in checks)
    facts = []
    for name in dict.fromkeys(check.name for check in checks):
        held, fallen, unmade = (counts[name, held] for held in (True, False, None))
        if fallen:
            facts.append(f"{name} failed in {fallen:,} of {held + fallen:,}")
        if unmade:
            facts.append(f"{name} could not be checked in {unmade:,} of {held + fallen + unmade:,}")
    return ", ".join(facts)


# Numbers


def number(value: float | None, unit: str) -> str:
    """Write a number: "1,204", "97.5%", "0.912", "340 ms"."""
    if value is None:
        return NOTHING
    match unit:
        case Unit.SHARE:
            return f"{value:.1f}%"
        case Unit.SCORE:
            return f"{value:.3f}"
        case Unit.TIME:
            return f"{value:,.0f} ms"
        case Unit.COST:
            return f"{value:,.4f}"
    return f"{value:,.0f}"


def share(value: float | None) -> str:
    """Write a share: one half is "50.0%"."""
    return number(None if value is None else 100 * value, Unit.SHARE)


def difference(before: float | None, after: float | None, unit: str) -> str:
    """Write a change: "+2", "-1.5 points", "=" where both look alike, "" where one is unknown."""
    if before is None or after is None:
        return ""
    if number(before, unit) == number(after, unit):
        return "="
    by = number(abs(after - before), unit).replace("%", " points")
    return f"{'-' if after < before else '+'}{by}"
