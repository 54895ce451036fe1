import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

import pytest
from babel import Locale

from bot.corpus.editors import Rejection
from bot.texts import EDITOR, GROUP, READER, for_question, texts
from chat.vocabulary import given, placeholders
from rag.index.stores import Extent
from rag.reasons import Reason
from rag.replying import known
from rag.types import Outcome, Topic
from spoken import (
    ARABIC,
    ENGLISH,
    FRENCH,
    LANGUAGES,
    PORTUGUESE,
    REASONS,
    RUSSIAN,
    SPANISH,
    reasons,
)

ALL = LANGUAGES.values()
OWN = {"code", "name", "day_pattern", "first_day_pattern"}
NUMBERS = (*range(200), 1_000, 1_000_000)
CATEGORIES = {"zero", "one", "two", "few", "many", "other"}


def is_plural(value):
    return isinstance(value, Mapping) and {*value} <= CATEGORIES


def values(spoken):
    """Each text or plural of a language, under a name that all languages have for it."""
    for name in (field.name for field in fields(spoken) if field.name not in OWN):
        value = reasons(spoken) if name == "reasons" else getattr(spoken, name)
        if isinstance(value, Mapping) and not is_plural(value):
            yield from ((f"{name} {key}", each) for key, each in value.items())
        else:
            yield name, value


def said(spoken):
    """Each text of a language, plurals form by form."""
    for name, value in values(spoken):
        yield from ((name, text) for text in (value.values() if is_plural(value) else (value,)))


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_every_language_says_everything_with_the_same_placeholders(spoken):
    wanted = {name: placeholders(text) for name, text in said(ENGLISH)}

    assert all(text.strip() == text != "" for _, text in said(spoken))
    assert {name for name, _ in said(spoken)} == set(wanted)
    assert [
        name
        for name, text in said(spoken)
        if not name.startswith("reasons ") and placeholders(text) | {"n"} != wanted[name] | {"n"}
    ] == []


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_no_remark_shows_a_path_of_the_machine(spoken):
    paths = {"home", "path", "store", "corpus"}
    assert [text for name, text in said(spoken) if paths & placeholders(text)] == []


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_every_remark_is_worded_with_values_that_it_has(spoken):
    assert len(REASONS) == len(Reason) + len(Rejection)
    assert {*reasons(spoken)} == {*REASONS}
    assert [
        (reason, text)
        for reason, kind in REASONS.items()
        for name, text in said(spoken)
        if name == f"reasons {reason}" and not placeholders(text) <= given(kind)
    ] == []


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_every_plural_has_the_forms_of_its_language(spoken):
    form_of = Locale(spoken.code).plural_form
    wanted = {form_of(number) for number in NUMBERS}
    plurals = {name: {*value} for name, value in values(spoken) if is_plural(value)}

    assert {
        name for name, forms in plurals.items() if not (forms >= wanted or "other" in forms)
    } == set()
    assert {name for name, forms in plurals.items() if not wanted >= forms} == set()
    assert {name for name, value in values(ENGLISH) if is_plural(value)} <= {*plurals}


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_commands_are_described_as_telegram_takes_it(spoken):
    assert tuple(spoken.commands) == (*READER, *EDITOR)
    assert set(GROUP) < set(READER)
    for command, description in spoken.commands.items():
        assert re.fullmatch("[a-z0-9_]{1,32}", command)
        assert 1 <= len(description) <= 256


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_help_names_every_command(spoken):
    named, editors = (
        set(re.findall(r"^/(\w+) – \w", spoken.how_to(edit=edit), re.MULTILINE))
        for edit in (False, True)
    )

    assert named == set(READER) - {"start", "help"}
    assert editors == set(EDITOR)


@pytest.mark.parametrize("spoken", ALL, ids=LANGUAGES)
def test_nothing_is_exclaimed_and_no_line_is_long(spoken):
    for _, text in said(spoken):
        assert "!" not in text
        assert len(text) <= 1000
    assert (set(spoken.outcomes), set(spoken.topics)) == (set(Outcome), set(Topic))
    assert len(spoken.inline_ask) <= 64


def test_french_marks_stand_off_by_a_narrow_space_that_does_not_break():
    for _, text in said(FRENCH):
        assert not re.search(r"(?<![\u202f/])[:;?»](?![\w/])", text), text
        assert not re.search("«(?!\u202f)", text), text
        assert "'" not in text


def test_russian_counts_in_three_forms():
    forms = {1: "статью", 2: "статьи", 5: "статей", 11: "статей", 21: "статью", 104: "статьи"}
    counted = {number: RUSSIAN.counted(RUSSIAN.reading, number) for number in forms}
    assert counted == {number: f"Читаю {number} {form}…" for number, form in forms.items()}


def test_arabic_counts_in_five_forms():
    forms = {1: "مقالًا واحدًا", 2: "مقالين", 3: "3 مقالات", 11: "11 مقالًا", 100: "100 مقال"}
    counted = {number: ARABIC.counted(ARABIC.reading, number) for number in forms}
    assert counted == {number: f"أقرأ {form}…" for number, form in forms.items()}


def test_a_name_of_the_other_direction_is_isolated_and_its_own_marks_are_taken_out():
    about = [Reason.ABOUT(topic=topic) for topic in ("Goïta", "غويتا \u202egnp")]

    assert [[spoken.worded(each) for each in about] for spoken in (ENGLISH, ARABIC)] == [
        ["Articles about Goïta:", "Articles about \u2068غويتا gnp\u2069:"],
        ["مقالات عن \u2068Goïta\u2069:", "مقالات عن \u2068غويتا gnp\u2069:"],
    ]


def test_a_number_with_decimals_a_day_and_the_first_of_a_month_are_each_languages_own():
    days = (date(2025, 6, 1), date(2025, 6, 24), None)

    assert [(each.number(1234.5, 2), *map(each.day, days)) for each in ALL] == [
        ("1,234.50", "1 June 2025", "24 June 2025", "no date"),
        ("1\u202f234,50", "1er juin 2025", "24 juin 2025", "sans date"),
        ("1.234,50", "1 de junio de 2025", "24 de junio de 2025", "sin fecha"),
        ("1.234,50", "1º de junho de 2025", "24 de junho de 2025", "sem data"),
        ("1,234.50", "1 يونيو 2025", "24 يونيو 2025", "بلا تاريخ"),
        ("1\u00a0234,50", "1 июня 2025", "24 июня 2025", "без даты"),
    ]


def test_a_remark_is_worded_in_each_language_with_the_remark_that_is_part_of_it():
    full = Reason.NOT_KEPT(error=Reason.NO_RECORDS())
    left_out = Reason.LEFT_OUT(n=3)

    assert [(each.worded(full), each.worded(left_out)) for each in ALL] == [
        (
            "This answer is not kept: no records",
            "3 sentences were left out, which the articles do not bear out.",
        ),
        (
            "Cette réponse n’est pas conservée\u202f: aucun enregistrement",
            "3 phrases que les articles ne confirment pas ont été écartées.",
        ),
        (
            "Esta respuesta no se ha guardado: no contiene registros",
            "Se han omitido 3 frases que los artículos no confirman.",
        ),
        (
            "Esta resposta não foi guardada: não contém registros",
            "Foram omitidas 3 frases que os artigos não confirmam.",
        ),
        ("هذا الجواب غير محفوظ: لا سجلات فيه", "حُذفت 3 جمل لا تؤيدها المقالات."),
        (
            "Этот ответ не сохранён: записей нет",
            "Пропущено 3 предложения: статьи их не подтверждают.",
        ),
    ]


def test_start_tells_in_three_lines_how_many_articles_there_are_and_of_which_dates():
    extent = known(Extent(2, date(2025, 6, 1), date(2026, 1, 24)))

    assert [language.start(extent, examples=True).splitlines()[0] for language in ALL] == [
        "I know 2 articles, from 1 June 2025 to 24 January 2026.",
        "Je connais 2 articles, du 1er juin 2025 au 24 janvier 2026.",
        "Conozco 2 artículos, del 1 de junio de 2025 al 24 de enero de 2026.",
        "Conheço 2 artigos, de 1º de junho de 2025 a 24 de janeiro de 2026.",
        "لديّ مقالان، من 1 يونيو 2025 إلى 24 يناير 2026.",
        "У меня 2 статьи, с 1 июня 2025 по 24 января 2026.",
    ]
    assert {len(language.start(extent, examples=True).splitlines()) for language in ALL} == {3}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (
            "2024-06-01",
            "2024-06-30",
            [
                "From articles of 1 to 30 June 2024.",
                "D’après les articles du 1er au 30 juin 2024.",
                "Según artículos del 1 al 30 de junio de 2024.",
                "Com base em artigos de 1º a 30 de junho de 2024.",
                "من المقالات المنشورة بين 1 و30 يونيو 2024.",
                "По статьям с 1 по 30 июня 2024.",
            ],
        ),
        (
            "2024-03-04",
            "2024-06-30",
            [
                "From articles of 4 March to 30 June 2024.",
                "D’après les articles du 4 mars au 30 juin 2024.",
                "Según artículos del 4 de marzo al 30 de junio de 2024.",
                "Com base em artigos de 4 de março a 30 de junho de 2024.",
                "من المقالات المنشورة بين 4 مارس و30 يونيو 2024.",
                "По статьям с 4 марта по 30 июня 2024.",
            ],
        ),
    ],
)
def test_a_period_names_the_year_and_the_month_of_both_its_days_once(first, last, said):
    days = {"first": Reason.DAY(day=first), "last": Reason.DAY(day=last)}

    assert [language.worded(Reason.IN_PERIOD(**days)) for language in ALL] == said


def test_start_says_no_more_of_dates_than_is_known():
    day = date(2025, 6, 2)

    assert [
        ENGLISH.start(known(Extent(count, published, published)), examples=False).splitlines()[0]
        for count, published in ((1, day), (3, None), (0, None))
    ] == ["I know 1 article, of 2 June 2025.", "I know 3 articles.", "There are no articles yet."]


def test_a_time_to_wait_is_never_told_shorter_than_it_is():
    waits = {0: "1 s", 0.2: "1 s", 59.2: "60 s", 119: "119 s", 120: "2 min", 121: "3 min"}
    waits |= {7199: "120 min", 7201: "3 h"}
    assert {wait: ENGLISH.duration(wait) for wait in waits} == waits


def test_an_answer_is_framed_in_its_questions_language_where_that_is_sure():
    questions = {
        "Who won the election?": ENGLISH,
        "Qui a accompagné le président ?": FRENCH,
        "¿Quién acompañó al presidente?": SPANISH,
        "Quem acompanhou o presidente a Moscou?": PORTUGUESE,
        "من رافق الرئيس إلى موسكو؟": ARABIC,
        "Кто сопровождал президента?": RUSSIAN,
        "Арестован ли президент?": RUSSIAN,
        "трамваи": RUSSIAN,
        "ترام": ARABIC,
    }
    unsure = ("Sadio Camara", "Wer begleitete den Präsidenten?", "", "2024?")

    assert {
        each: for_question(each, app) for each in questions for app in ("en", "fr")
    } == questions
    assert [for_question(each, "ru") for each in unsure] == [RUSSIAN] * len(unsure)


def test_a_language_is_told_by_the_beginning_of_its_code():
    codes = {"fr": FRENCH, "fr-CA": FRENCH, "RU": RUSSIAN, "ru_RU": RUSSIAN, "en-GB": ENGLISH}
    codes |= {"pt-br": PORTUGUESE, "es": SPANISH, "ar": ARABIC}
    codes |= dict.fromkeys(("de", "", None), ENGLISH)
    assert {code: texts(code) for code in codes} == codes
