from datetime import date

import pytest

from rag.types import DatingEvent, Period
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
        ("Who bought 2,024 books?", "en", None),
        ("Who came?", "en", None),
        ("What may happen in 2024?", "en", YEAR),
        ("Which articles are from June 2024?", "en", JUNE),
        ("сколько статей за 2024 год?", "ru", YEAR),
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
        ("Who ruled from 2023 onwards?", "en", days("2023-01-01", "2024-09-04")),
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
        ("Что произошло в мае 2024 года?", "ru", "Что произошло?"),
        ("Что произошло в 2024 году?", "ru", "Что произошло?"),
        ("сколько статей за 2024 год?", "ru", "сколько статей?"),
        ("Who ruled Mali from 2023 onwards?", "en", "Who ruled Mali?"),
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


@pytest.mark.parametrize(
    ("question", "code", "first", "last"),
    [
        ("What changed between 2023 and 2024?", "en", "2023-01-01", "2024-12-31"),
        ("What happened between May and July 2024?", "en", "2024-05-01", "2024-07-31"),
        ("Who spoke from 1 to 5 June?", "en", "2024-06-01", "2024-06-05"),
        ("Who spoke from 28 May until 5 June 2023?", "en", "2023-05-28", "2023-06-05"),
        ("Who spoke between November and February?", "en", "2023-11-01", "2024-02-29"),
        ("What happened before May 2024?", "en", "0001-01-01", "2024-04-30"),
        ("What happened before 2023?", "en", "0001-01-01", "2022-12-31"),
        ("Qui a parlé entre mai et juillet 2024 ?", "fr", "2024-05-01", "2024-07-31"),
        ("Qui a parlé du 1er au 5 juin ?", "fr", "2024-06-01", "2024-06-05"),
        ("¿Qué pasó entre mayo y julio de 2024?", "es", "2024-05-01", "2024-07-31"),
        ("¿Qué pasó del 1 al 5 de junio?", "es", "2024-06-01", "2024-06-05"),
        ("O que aconteceu de maio a julho de 2024?", "pt", "2024-05-01", "2024-07-31"),
        ("Was geschah zwischen Mai und Juli 2024?", "de", "2024-05-01", "2024-07-31"),
        ("Cosa è successo tra maggio e luglio 2024?", "it", "2024-05-01", "2024-07-31"),
        ("Что произошло между маем и июлем 2024 года?", "ru", "2024-05-01", "2024-07-31"),
        ("Что произошло с 1 по 5 июня?", "ru", "2024-06-01", "2024-06-05"),
        ("Что произошло до мая 2024 года?", "ru", "0001-01-01", "2024-04-30"),
        ("ماذا حدث بين مايو ويوليو 2024؟", "ar", "2024-05-01", "2024-07-31"),
    ],
)
def test_a_period_may_have_two_ends_or_the_last_alone(question, code, first, last):
    """What the first end leaves out is as at the last."""
    asked = understand(question, languages=(code,), today=date(2024, 9, 4))
    assert asked.period == days(first, last)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("What is the difference between Gao and Kidal?", "en"),
        ("How do you get from Gao to Mopti?", "en"),
        ("Who came before Goïta?", "en"),
        ("What did he say before he left?", "en"),
        ("Qu'y a-t-il entre Gao et Mopti ?", "fr"),
        ("Как доехать с вокзала до порта?", "ru"),
        ("Who may win between 5 and 7 seats?", "en"),
    ],
)
def test_what_lies_between_other_things_is_no_period(question, code):
    assert understand(question, languages=(code,), today=date(2024, 9, 4)).period is None


@pytest.mark.parametrize(
    ("question", "code", "event", "before", "undated"),
    [
        ("Who has governed since the coup?", "en", "the coup", False, "Who has governed?"),
        ("After the coup, who governed?", "en", "the coup", False, "who governed?"),
        ("What was said before the strike?", "en", "the strike", True, "What was said?"),
        ("Qui gouverne depuis le putsch ?", "fr", "le putsch", False, "Qui gouverne?"),
        ("¿Quién gobernó antes del golpe?", "es", "golpe", True, "¿Quién gobernó?"),
        ("Quem governa desde o golpe?", "pt", "o golpe", False, "Quem governa?"),
        ("Кто правил после переворота?", "ru", "переворота", False, "Кто правил?"),
        ("من حكم بعد الانقلاب؟", "ar", "الانقلاب", False, "من حكم؟"),
    ],
)
def test_an_event_may_date_what_is_asked(question, code, event, before, undated):
    asked = understand(question, languages=(code,))
    assert (asked.dated_by, asked.undated) == (DatingEvent(event, before), undated)


@pytest.mark.parametrize(
    "question",
    [
        "Who came after Goïta?",
        "Who has died since 2023?",
        "What did bread cost before?",
        "/all Who has governed since the coup?",
        "What happened after the rain that fell on the town in the first week had gone?",
    ],
)
def test_a_name_a_year_or_a_long_clause_is_no_event(question):
    assert understand(question, today=date(2024, 9, 4)).dated_by is None
