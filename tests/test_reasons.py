import json

import pytest

from rag.errors import GriotError, IndexLocked
from rag.reasons import Reason, as_json, of_json

LOCKED = IndexLocked(Reason.LOCKED(home=".griot"))


@pytest.mark.parametrize(
    ("remark", "line"),
    [
        (Reason.EMPTY(), "empty"),
        (Reason.TOO_LARGE(size=200, most=64), "200 MiB is over the 64 MiB limit; split it"),
        (
            Reason.LEFT_OUT(n=1),
            "A sentence was left out, which the articles do not bear out.",
        ),
        (
            Reason.LEFT_OUT(n=3),
            "3 sentences were left out, which the articles do not bear out.",
        ),
        (Reason.NOT_KEPT(error=LOCKED.remark), f"This answer is not kept: {LOCKED}"),
        (Reason.OTHER(text="a {brace}"), "a {brace}"),
    ],
)
def test_a_remark_is_a_line_in_english(remark, line):
    assert str(remark) == line


def test_an_error_is_a_line_and_the_same_as_data():
    assert (str(LOCKED), GriotError("gone").remark) == (
        "another griot is writing to .griot; try again when it is done",
        Reason.OTHER(text="gone"),
    )


def test_a_remark_comes_back_from_json():
    said = (Reason.LEFT_OUT(n=2), Reason.NOT_KEPT(error=LOCKED.remark))

    assert [of_json(remark) for remark in json.loads(json.dumps(said, default=as_json))] == [*said]
