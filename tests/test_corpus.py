"""The project's own question set, asked of the embedded reader, and some of it of the bot.

Each question is a test of its own. What is known to fall short does not fail; `pytest -rx` tells
why it does.
"""

import re
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from bot.assembly import Assembly
from bot.questions import place
from bot.questions.checks import CheckRules
from bot.questions.results import SetRun, Verdict
from bot.questions.runner import Runner, ask, respondent
from bot.questions.selection import resolved
from bot.questions.sets import load
from bot.settings import Settings, names
from bot.texts import for_question
from fake_bot_api import FakeBotApi
from paths import ROOT
from rag.reasons import Reason
from rag.types import Outcome
from telegram_bot.bots import BotThread
from telegram_bot.scene import answers

pytestmark = pytest.mark.models

SET = load(ROOT / "corpus" / "questions.yaml")
HARBOUR = load(ROOT / "tests" / "harbour" / "questions.yaml")
"""Tables, comparisons and time, over dated articles."""

SOME = 5
"""One of so many questions is asked of the bot."""

CHECKS = """
expect claims reject matches cites quote retrieves answerable refuse disagree judge mode language
max_claims max_ms
""".split()


@contextmanager
def opened(questions, home):
    """The library of a set's articles, whatever the settings here say."""
    with pytest.MonkeyPatch.context() as environment:
        for name in names():
            environment.delenv(name, raising=False)
        settings = Settings(_env_file=None, home=home)
    with place.assembly_over(questions.corpus, Assembly(settings)).library() as library:
        place.index(library)
        yield library


def asked(questions, library):
    """The run of a set."""
    selected = resolved(questions, library.article_ids()).questions
    run = SetRun(
        set_path=str(questions.path), digest=questions.digest, griot="", when=datetime.now(UTC)
    )
    rules = CheckRules(texts=place.texts(library))
    runner = Runner(respond=respondent(library), rules=rules)
    return ask(run, selected, runner, report=lambda *_: None)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The articles of corpus/, indexed once."""
    with opened(SET, tmp_path_factory.mktemp("corpus")) as library:
        yield library


@pytest.fixture(scope="module")
def results(library):
    """The result of each question, by its id; all are asked once."""
    return asked(SET, library).by_id


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """The result of each question of the second set, by its id."""
    with opened(HARBOUR, tmp_path_factory.mktemp("harbour")) as library:
        yield asked(HARBOUR, library).by_id


@pytest.mark.parametrize("question", SET.questions, ids=[question.id for question in SET.questions])
def test_a_question_is_answered_as_the_set_expects(question, results):
    holds(question, results[question.id])


@pytest.mark.parametrize("question", HARBOUR.questions, ids=[each.id for each in HARBOUR.questions])
def test_a_question_of_tables_comparisons_and_time_is_answered(question, harbour):
    holds(question, harbour[question.id])


def holds(question, result):
    """Assert that a question is answered as its set expects; what is known to fail may."""
    fallen = "\n".join(map(str, result.shortfalls))
    assert result.verdict is not Verdict.ERROR, fallen
    if result.known:
        pytest.xfail(question.known_failure)
    assert result.holds, fallen


def test_the_set_of_the_readme_holds(tmp_path):
    """As it stands there, over the articles of corpus/."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    written = re.search(r"^```yaml\n(corpus:.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1]
    path = tmp_path / "questions.yaml"
    path.write_text(written.replace("corpus: .", f"corpus: {ROOT / 'corpus'}"), encoding="utf-8")
    questions = load(path)
    with opened(questions, tmp_path / "home") as library:
        done = asked(questions, library)
    assert [result.verdict for result in done.results] == [Verdict.PASSED] * 3


def test_the_bot_shows_what_the_library_answers(library, results, tmp_path):
    """Of some of the set's questions, every claim and quote, or that the articles do not say."""
    alone = [question for question in SET.questions if question.ask][::SOME]
    with FakeBotApi() as api, BotThread(api, library, tmp_path):
        people = [api.person(number) for number in range(1, len(alone) + 1)]
        for person, question in zip(people, alone, strict=True):
            api.say(person, question.ask)
        for person, question in zip(people, alone, strict=True):
            api.wait(lambda person=person: answers(api, person.id))
            shown = "\n".join(message.text for message in api.messages(person.id))
            answer = results[question.id].attempts[0].given
            told = [each.text for each in answer.claims]
            told += [quoted.quote for quoted in answer.citations]
            assert [text for text in told if bare(text) not in bare(shown)] == []
            refusal = for_question(question.ask, None).worded(Reason.NOT_SAID())
            assert (refusal in shown) is (answer.outcome is Outcome.NOT_IN_CORPUS)


def bare(text):
    """A text without white space, which is lost where a message ends."""
    return "".join(text.split())


def test_the_set_has_questions_of_every_kind():
    """Facts, lists, numbers, names, misspellings, follow-ups, and what must be refused."""
    tags = Counter(tag for question in SET.questions for tag in question.tags)
    wanted = Counter(question.wants_answer for question in SET.questions)
    assert len(SET.questions) >= 40
    assert wanted[False] >= 12
    assert all(question.tags for question in SET.questions)
    few = {
        *("fact", "list", "number", "date", "name", "paraphrase", "typo", "yes-no", "follow-up"),
        *("disagreement", "agreement", "several", "refusal", "near-miss", "premise", "furniture"),
    }
    assert {tag for tag in few if tags[tag] < 2} == set()


def test_the_set_uses_every_check():
    used = {name for question in SET.questions for name in question.model_fields_set}
    assert sorted(set(CHECKS) - used) == []


def test_most_of_what_should_be_answered_and_refused_gates():
    """A set most of which is known to fall short would gate nothing."""
    gating = Counter(
        question.wants_answer for question in SET.questions if question.known_failure is None
    )
    assert gating[True] >= 25
    assert gating[False] >= 12
