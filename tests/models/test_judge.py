import pytest

from rag.errors import ModelError
from rag.models.judge import EmbeddedJudge, Statement

TRIP = (
    "President Assimi Goïta travelled to Moscow on Sunday. He was accompanied by the foreign "
    "minister, Abdoulaye Diop."
)


@pytest.fixture(scope="module")
def judge():
    return EmbeddedJudge()


def supported(judge, claim, question=""):
    return judge.judge([Statement(claim, TRIP, question)])[0].supported


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Goïta travelled to Moscow.", "Goïta travelled to Paris."),
        ("Diop accompanied the president.", "The flood destroyed a bridge."),
        ("Goïta est allé à Moscou.", "Goïta est resté à Bamako."),
        ("Гойта поехал в Москву.", "Гойта поехал в Париж."),
    ],
)
def test_a_true_claim_is_told_from_a_false_one(judge, true, false):
    """What the premise says is likelier to be supported, in whatever language it is claimed."""
    assert supported(judge, true) > supported(judge, false)


def test_a_short_answer_is_judged_with_its_question(judge):
    """The same words answer one question and not another."""
    assert supported(judge, "Moscow", "Where did Goïta travel?") > supported(
        judge, "Moscow", "Who accompanied Goïta?"
    )


def test_a_judgement_is_the_same_in_any_company(judge):
    """The probabilities add up to 1, and what is judged beside a claim changes nothing."""
    statements = [
        Statement("Goïta travelled to Moscow.", TRIP),
        Statement("Moscow", TRIP, "Where did Goïta travel?"),
        Statement("", ""),
        Statement("why " * 400, "because " * 4000, "who " * 400),
    ]
    together = judge.judge(statements)
    assert [sum(one) for one in together] == pytest.approx([1.0] * 4)
    alone = [judge.judge([one])[0] for one in statements]
    assert [list(one) for one in together] == [pytest.approx(list(one), abs=1e-4) for one in alone]
    assert judge.judge([]) == []


def test_a_missing_file(tmp_path):
    """A missing file is named, with what to do."""
    with pytest.raises(ModelError, match=r"absent is missing\. Install griot again"):
        EmbeddedJudge(model=tmp_path / "absent").load()
