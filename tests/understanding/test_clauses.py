"""Clauses are told from phrases in many languages, in words that the examples do not have."""

import pytest
import yaml

from paths import ROOT
from rag.languages import language
from rag.models.embedder import EmbeddedModel
from rag.understanding.clauses import Clauses
from rag.understanding.conversation import Turn
from rag.understanding.questions import by_itself, understand

pytestmark = pytest.mark.models

FOLLOWUPS = ROOT / "benchmarks" / "followups.yaml"


class Notes:
    """Remembers in a dictionary."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, value):
        self.kept[key] = value


@pytest.fixture(scope="module")
def clauses():
    return Clauses(EmbeddedModel(), Notes())


@pytest.mark.parametrize(
    "words",
    [
        "the passengers were rescued",
        "la víctima llevaba casco?",
        "o clube vai recorrer?",
        "le club fera appel ?",
        "цены снизятся?",
        "كان الضحية يرتدي خوذة؟",
        "من مديرة الشركة؟",
    ],
)
def test_what_asks_by_itself_is_a_clause(clauses, words):
    assert clauses.is_clause(words)


def test_hardly_an_ellipsis_is_taken_for_a_clause(clauses):
    """Of those that the choice of what they stand in for is measured with."""
    phrases = [
        rest
        for code, rows in yaml.safe_load(FOLLOWUPS.read_text(encoding="utf-8")).items()
        for row in rows
        for rest, ellipsis in [language(code).continued(row.split("|")[1].strip())]
        if ellipsis
    ]
    assert sum(map(clauses.is_clause, phrases)) <= len(phrases) / 100


def test_the_examples_are_embedded_once():
    """Another run remembers them."""
    notes = Notes()
    told = [Clauses(EmbeddedModel(), notes).is_clause("цены снизятся?") for _ in range(2)]
    assert (told, len(notes.kept)) == ([True, True], 1)


@pytest.mark.parametrize(
    ("typed", "alone"),
    [
        ("E o clube vai recorrer?", "o clube vai recorrer?"),
        ("E ele vai recorrer?", "ele vai recorrer? (Quem perdeu o jogo)"),
    ],
)
def test_a_clause_stands_alone_or_carries_the_question_before(typed, alone):
    """By whether it has a subject of its own."""
    before = Turn("Quem perdeu o jogo?", "Quem perdeu o jogo?", ("Varnsk",), ("Varnsk perdeu.",))
    question = understand(typed, [before], languages=["pt"])
    own = by_itself(question, before)
    assert (own.text, own.ellipsis, own.quoted) == (alone, "", ())
