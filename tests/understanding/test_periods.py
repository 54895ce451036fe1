from datetime import date

import pytest

from rag.types import Period
from rag.understanding.questions import understand

YEAR = Period(date(2024, 1, 1), date(2024, 12, 31))
JUNE = Period(date(2024, 6, 1), date(2024, 6, 30))


@pytest.mark.parametrize(
    ("question", "code", "period"),
    [
        ("What happened in June 2024?", "en", JUNE),
        ("Who spoke in Tolmin in 2024?", "en", YEAR),
        ("Que s'est-il passé en juin 2024 ?", "fr", JUNE),
        ("Что произошло в июне 2024 года?", "ru", JUNE),
        ("What happened on 23 June 2024?", "en", None),
        ("What changed between 2023 and 2024?", "en", None),
        ("Who bought 2,024 books?", "en", None),
        ("Who came?", "en", None),
    ],
)
def test_a_year_or_a_month_of_one_is_a_period(question, code, period):
    assert understand(question, languages=(code,)).period == period
