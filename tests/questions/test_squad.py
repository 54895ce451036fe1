import json

import pytest

from bot.questions import sets
from bot.questions.squad import Imported, ImportFailed, squad
from fake_embedder import FakeEmbedder
from rag.library import Library

BRIDGE = "Awa Diop opened the bridge in May 2003. Its 511 metres cross the Senegal."
TOLL = "A lorry pays 2,700,000 francs a year."
EN = "quiz-en/bridges"
MARKET = "The market of Ségou sells Malian cotton on Mondays, and fish on every other day."


def answer(text, within=BRIDGE):
    return {"text": text, "answer_start": within.find(text)}


def asked(question, *answers, **more):
    return {"question": question, "id": "5a", "answers": [*answers], **more}


def titled(title, *paragraphs):
    said = [{"context": context, "qas": list(qas)} for context, qas in paragraphs]
    return {"title": title, "paragraphs": said}


def written(path, *data, version="v2.0"):
    path.write_text(json.dumps({"version": version, "data": list(data)}), encoding="utf-8")
    return path


def quiet(done, total, what):
    pass


def made_of(folder):
    """The text of each file that was made, by its name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def test_a_file_becomes_articles_and_questions(tmp_path):
    file = written(
        tmp_path / "dev.json",
        titled(
            "West_African_Bridges",
            (
                BRIDGE,
                [
                    asked("Who opened it?", answer("Awa Diop"), answer("Awa"), answer("awa diop")),
                    asked("How long is it? ", answer("511 metres")),
                    asked("What did it cost?", is_impossible=True, plausible_answers=[]),
                ],
            ),
        ),
        titled("Markets", (MARKET, [asked("What's sold: fish?", answer("fish", MARKET))])),
    )

    made = squad([file], tmp_path / "made", quiet)

    assert made == Imported(
        folder=tmp_path / "made",
        articles=2,
        questions=4,
        refusals=1,
        remarks=(
            (
                "questions to be refused because their own paragraph does not answer them, though "
                "another article may: 1"
            ),
        ),
    )
    assert made_of(tmp_path / "made") == {
        "articles/west-african-bridges-01.json": (
            '{\n  "title": "West African Bridges",\n'
            '  "text": "Awa Diop opened the bridge in May 2003. '
            'Its 511 metres cross the Senegal."\n}\n'
        ),
        "articles/markets-01.json": (
            '{\n  "title": "Markets",\n  "text": "The market of Ségou sells Malian cotton on '
            'Mondays, and fish on every other day."\n}\n'
        ),
        "questions.yaml": """\
corpus: articles

questions:
  - ask: Who opened it?
    expect: [[Awa Diop, Awa]]
    cites: [west-african-bridges-01.json#1]
    tags: [west-african-bridges]
  - ask: How long is it?
    expect: [511 metres]
    cites: [west-african-bridges-01.json#1]
    tags: [west-african-bridges]
  - ask: What did it cost?
    refuse: true
    tags: [west-african-bridges]
  - ask: 'What''s sold: fish?'
    expect: [fish]
    cites: [markets-01.json#1]
    tags: [markets]
""",
    }


def test_the_set_loads_with_every_question_and_each_is_known_by_its_own_id(tmp_path):
    """The same words twice are questions of their own; ingestion reads each article it cites."""
    same = asked("Who opened it?", answer("Awa Diop"))
    english = written(tmp_path / "quiz.en.json", titled("Bridges", (BRIDGE, [same, same])))
    ivorian = titled("Côte d'Ivoire_(1960–)", (f" {BRIDGE}\n", [same]), (MARKET, []))
    french = written(tmp_path / "quiz.fr.json", ivorian)

    made = squad([english, french], tmp_path / "made", quiet)

    ivory = "quiz-fr/cote-d-ivoire-1960"
    questions = sets.load(made.set_path).questions
    assert [
        (question.id, question.text, question.cites, question.tags) for question in questions
    ] == [
        (f"who-opened-it{number}", same["question"], (f"{stem}-01.json#1",), tuple(stem.split("/")))
        for number, stem in (("", EN), ("-2", EN), ("-3", ivory))
    ]
    articles = made.folder / "articles"
    with Library.open(tmp_path / "home", corpus=articles, embedder=FakeEmbedder()) as library:
        assert library.refresh().skipped == ()
        assert {article.id: article.text for article in library.articles()} == {
            f"{EN}-01.json#1": BRIDGE,
            f"{ivory}-01.json#1": BRIDGE,
            f"{ivory}-02.json#1": MARKET,
        }


@pytest.mark.parametrize(
    ("gold", "start", "expected"),
    [
        ("May 200", 30, "May 2003"),
        ("wa Diop opene", 1, "Awa Diop opened"),
        ("200", -1, "2003"),
        ("11 metres", 999, "511 metres"),
        ("the\n Senegal", 0, "the Senegal"),
        ("$5", 0, "$5"),
        ("cross\u200b the", 0, "cross the"),
        ("pays 2,70", -1, "pays 2,700,000"),
    ],
)
def test_a_gold_answer_is_widened_to_whole_words_and_numbers(gold, start, expected, tmp_path):
    """Changes of gold answers are told."""
    said = {"text": gold, "answer_start": start}
    text = f"{BRIDGE} {TOLL}"
    file = written(tmp_path / "dev.json", titled("Bridges", (text, [asked("What?", said)])))

    made = squad([file], tmp_path / "made", quiet)

    assert sets.load(made.set_path).questions[0].expect == ((expected,),)
    widened = "gold answers that began or ended within a word, now widened to whole words: 1"
    nowhere = "gold answers that do not stand in their paragraph, kept as they are: 1"
    told = {"$5": (nowhere,), "the\n Senegal": (), "cross\u200b the": ()}
    assert made.remarks == told.get(gold, (widened,))


def test_what_cannot_be_asked_is_left_out_and_told(tmp_path):
    file = written(
        tmp_path / "dev.json",
        titled(
            "",
            (" ", [asked("Who?", answer("Awa"))]),
            (BRIDGE, [asked(" "), asked("Where?"), asked("Who?", answer("Awa"))]),
        ),
    )

    made = squad([file], tmp_path / "made", quiet)

    assert (made.articles, made.questions, made.left_out) == (
        1,
        1,
        (
            f"{file}: no title, paragraph 1: it has no text to answer from",
            f"{file}: no title, paragraph 2, question 1: it has no words",
            f"{file}: no title, paragraph 2, question 2: it has no gold answer",
        ),
    )


FORM = (
    'expected is SQuAD\'s form: {"data": [{"title": …, "paragraphs": [{"context": …, "qas": '
    '[{"question": …, "answers": [{"text": …, "answer_start": …}]}]}]}]}'
)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"data": [\n  {]', f":2: is not JSON at column 4; {FORM}"),
        (b"[]", f" is not of the form at its beginning; {FORM}"),
        (
            b'{"data": [{"paragraphs": [{"qas": []}]}]}',
            f" is not of the form at data.0.paragraphs.0.context; {FORM}",
        ),
        (b'{"data": "\xff"}', " is not UTF-8 text; save it as UTF-8"),
        (b'{"data": []}', " holds no question that can be asked."),
        (None, " cannot be read: No such file or directory; check the path"),
    ],
)
def test_a_file_that_is_not_of_the_form_says_what_was_expected(content, complaint, tmp_path):
    """And leaves nothing behind."""
    file = tmp_path / "dev.json"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ImportFailed) as caught:
        squad([file], tmp_path / "made", quiet)

    assert str(caught.value) == f"{file}{complaint}"
    assert not (tmp_path / "made").exists()


REMEDY = "check the disk, or name another folder with --into"


def question_file(tmp_path):
    one = asked("Who?", answer("Awa"))
    return written(tmp_path / "dev.json", titled("Bridges", (BRIDGE, [one])))


def test_a_place_that_is_taken_or_cannot_be_written_is_told(tmp_path):
    file = question_file(tmp_path)
    told = []
    for place in (tmp_path, file, file / "made"):
        with pytest.raises(ImportFailed) as caught:
            squad([file], place, quiet)
        told.append(str(caught.value))

    assert told == [
        f"{tmp_path} is not empty; empty it, or name another folder with --into",
        f"{file} is a file; name a folder with --into",
        f"{file}/made cannot be written: Not a directory; {REMEDY}",
    ]
    assert [*tmp_path.iterdir()] == [file]


def test_a_folder_is_filled_whole_or_not_at_all(tmp_path):
    """The rest of a killed run is cleared."""
    file = question_file(tmp_path)
    (tmp_path / ".made.half").write_text("", encoding="utf-8")
    with pytest.raises(ImportFailed, match="made cannot be written: Not a directory; "):
        squad([file], tmp_path / "made", quiet)
    assert sorted(each.name for each in tmp_path.iterdir()) == [".made.half", "dev.json"]
    (tmp_path / ".made.half").unlink()
    into = tmp_path / "made"
    into.mkdir()
    (tmp_path / ".made.half" / "articles").mkdir(parents=True)
    (tmp_path / ".made.half" / "articles" / "old.json").write_text("{", encoding="utf-8")

    squad([file], into, quiet)

    assert sorted(made_of(into)) == ["articles/bridges-01.json", "questions.yaml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dev.json", "made"]
