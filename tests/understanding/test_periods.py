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
        ("What may happen in 2024?", "en", YEAR),
        ("/all What happened in June 2024?", "en", None),
        # Without a day to count from, these are none
        ("What happened last week?", "en", None),
        ("What happened in June?", "en", None),
    ],
)
def test_a_year_or_a_month_of_one_is_a_period(question, code, period):
    assert understand(question, languages=(code,)).period == period


def days(first, last, *, relative=False):
    return Period(date.fromisoformat(first), date.fromisoformat(last), relative)


LAST_WEEK = days("2024-08-26", "2024-09-01", relative=True)
LAST_MONTH = days("2024-08-01", "2024-08-31", relative=True)


@pytest.mark.parametrize(
    ("question", "code", "period"),
    [
        ("What happened last week?", "en", LAST_WEEK),
        ("Who spoke yesterday?", "en", days("2024-09-03", "2024-09-03", relative=True)),
        ("Who spoke this month?", "en", days("2024-09-01", "2024-09-04", relative=True)),
        ("Qu'a dit le maire le mois dernier ?", "fr", LAST_MONTH),
        ("¿Qué pasó la semana pasada?", "es", LAST_WEEK),
        ("Что случилось на прошлой неделе?", "ru", LAST_WEEK),
        ("What did they decide in June?", "en", JUNE),
        ("Что решили в июне?", "ru", JUNE),
        ("O que aconteceu em junho?", "pt", JUNE),
        ("¿Qué decidieron en diciembre?", "es", days("2023-12-01", "2023-12-31")),
        ("Who has died since 2023?", "en", days("2023-01-01", "2024-09-04")),
        ("Qui a parlé depuis mars ?", "fr", days("2024-03-01", "2024-09-04")),
        ("Who is April Jones?", "en", None),
        ("Who may come in the end?", "en", None),
        ("What will happen next week?", "en", None),
    ],
)
def test_a_period_is_counted_from_a_day(question, code, period):
    """A month without its year is the last one that has begun."""
    asked = understand(question, languages=(code,), today=date(2024, 9, 4))
    assert asked.period == period


@pytest.mark.parametrize(
    ("question", "code", "undated"),
    [
        ("Who spoke in Gao in 2024?", "en", "Who spoke in Gao?"),
        ("What may change in June 2024?", "en", "What may change?"),
        ("Who spoke last week in Gao?", "en", "Who spoke in Gao?"),
        ("Qui a parlé la semaine dernière ?", "fr", "Qui a parlé?"),
        ("Кто говорил в Гао в прошлом месяце?", "ru", "Кто говорил в Гао?"),
        ("Who spoke?", "en", ""),
    ],
)
def test_a_question_of_a_period_is_known_without_its_words_too(question, code, undated):
    asked = understand(question, languages=(code,), today=date(2024, 9, 4))
    assert asked.undated == undated


@pytest.mark.parametrize(
    ("question", "code", "ordering"),
    [
        ("Who gave the latest talk?", "en", (True, "Who gave the talk?", ())),
        ("Who gave the first talk?", "en", (False, "Who gave the talk?", ("first",))),
        ("Кто читал последнюю лекцию?", "ru", (True, "Кто читал лекцию?", ("последнюю",))),
        ("¿Cuánto cuesta ahora?", "es", (True, "¿Cuánto cuesta ahora?", ())),
        ("What does it cost today?", "en", (True, "What does it cost today?", ())),
        ("How long did it last?", "en", None),
        ("Who fell in the First World War?", "en", None),
        ("Wer sprach letzte Woche?", "de", None),
    ],
)
def test_a_question_may_ask_for_the_newest_or_the_oldest(question, code, ordering):
    assert understand(question, languages=(code,)).ordering == ordering
