"""The collections that Griot is measured on: public ones in ../shared/data, and one of our own."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.multilingual.texts import held as is_held
from tools.multilingual.texts import rows

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
NEWS = Path(__file__).with_name("news.jsonl")

HELD_TITLES = frozenset({"Imperialism", "Warsaw", "French_and_Indian_War", "Force"})
"""The four titles of squad2 on which nothing is trained, fitted or chosen."""

FITTING_TITLES = frozenset(
    {
        *{"Scottish_Parliament", "Harvard_University"},
        *{"Colonial_history_of_the_United_States", "Australian_Senate", "Ice_hockey", "Latin"},
        *{"Second-wave_feminism", "Precipitation", "Unemployment_in_the_United_States", "Oxford"},
    }
)
"""Titles of squad2 and of new Wikipedia for fitting and choosing; the reader is not trained on
them."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a collection; paragraphs with the same `article` count as one when judged."""

    id: str
    article: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the ids of the articles that answer it, and the answers' words where known.

    `paragraph` is the one that the question was written for. An unanswerable question has no
    `relevant`.
    """

    text: str
    relevant: frozenset[str]
    answers: tuple[str, ...]
    paragraph: str
    title: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Paragraphs and questions about them."""

    name: str
    paragraphs: tuple[Paragraph, ...]
    questions: tuple[Question, ...]

    def every(self, step: int) -> "Collection":
        """Return the collection with every `step`-th of its questions."""
        return Collection(self.name, self.paragraphs, self.questions[::step])

    def answerable(self, *, yes: bool = True) -> "Collection":
        """Return the collection with its answerable questions only, or with the others only."""
        kept = tuple(question for question in self.questions if bool(question.answers) == yes)
        return Collection(self.name, self.paragraphs, kept)

    def titled(self, titles: Iterable[str]) -> "Collection":
        """Return the collection with only the questions of some titles; all paragraphs stay."""
        wanted = frozenset(titles)
        kept = tuple(question for question in self.questions if question.title in wanted)
        return Collection(self.name, self.paragraphs, kept)


def squad(name: str, path: Path, titles: Iterable[str] | None = None) -> Collection:
    """Read a file in SQuAD's format: all titles, or only some."""
    wanted = None if titles is None else frozenset(titles)
    paragraphs, questions = [], []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"]
        if wanted is not None and title not in wanted:
            continue
        for number, paragraph in enumerate(article["paragraphs"]):
            key = f"{title}/{number:03}"
            readable = title.replace("_", " ")
            paragraphs.append(Paragraph(key, key, readable, paragraph["context"]))
            for asked in paragraph["qas"]:
                answers = tuple(dict.fromkeys(answer["text"] for answer in asked["answers"]))
                if asked.get("is_impossible"):
                    answers = ()
                relevant = frozenset({key}) if answers else frozenset()
                questions.append(Question(asked["question"].strip(), relevant, answers, key, title))
    return Collection(name, tuple(paragraphs), tuple(questions))


def squad2() -> Collection:
    """Return half of SQuAD 2.0's development set: 646 paragraphs, 6,078 questions."""
    return squad("squad2", DATA / "squad2" / "dev-v2.0.json")


def held_squad2() -> Collection:
    """Return the paragraphs of the held titles of squad2, and the answerable questions on them."""
    whole = squad2().answerable().titled(HELD_TITLES)
    kept = tuple(each for each in whole.paragraphs if each.article.partition("/")[0] in HELD_TITLES)
    return Collection(whole.name, kept, whole.questions)


def xquad_whole(language: str) -> Collection:
    """Return all of XQuAD in a language: 240 paragraphs of 48 titles, 1,190 questions."""
    return squad(f"xquad-all-{language}", DATA / "xquad" / f"xquad.{language}.json")


def xquad(language: str = "en") -> Collection:
    """Return the 32 titles of XQuAD that are not in squad2."""
    path = DATA / "xquad" / f"xquad.{language}.json"
    ours = {question.title for question in squad2().questions}
    titles = {article["title"] for article in json.loads(path.read_text(encoding="utf-8"))["data"]}
    return squad(f"xquad-{language}", path, titles - ours)


def new_wiki() -> Collection:
    """Return SQuADShifts' new Wikipedia part, which is for fitting."""
    return squad("new_wiki", DATA / "squadshifts" / "new_wiki_v1.0.json")


def held_out(most: int = 110) -> Collection:
    """Return questions that no model was trained on, of each set in `qa`, over their contexts.

    Persian, Arabic, Chinese, Japanese, Thai, English, and African languages over English and
    French. Of each set there are at most so many questions, and as many contexts beside theirs.
    """
    paragraphs: dict[str, Paragraph] = {}
    questions = []
    for path in sorted((DATA / "qa").glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        if "." in name or name == "squad-pt-sample":  # a translation of SQuAD
            continue
        held = [row for row in rows(path) if is_held(f"{name}/{row['title'] or row['context']}")]
        for number, row in enumerate(held[:: max(1, len(held) // (2 * most))]):
            text = row["context"]
            key = f"{name}/{len(paragraphs):05}"
            key = paragraphs.setdefault(text, Paragraph(key, key, "", text)).id
            if number % 2 == 0:
                answers = tuple(dict.fromkeys(one["text"] for one in row["answers"]))
                relevant = frozenset({key}) if answers else frozenset()
                questions.append(Question(row["question"], relevant, answers, key, name))
    return Collection("held", tuple(paragraphs.values()), tuple(questions))


def news() -> Collection:
    """Return 480 questions of our own about 30 small news articles, two fifths of them near misses.

    Both are in several languages. A question's title is "en" where it and its article are in
    English, "same" where both are in another language, and "across" where they are in two.
    """
    paragraphs: list[Paragraph] = []
    questions: list[Question] = []
    languages: dict[str, str] = {}
    for line in NEWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        key, language = row["article"], row["language"]
        if "text" in row:
            languages[key] = language
            paragraphs.append(Paragraph(key, key, "", row["text"]))
            continue
        answers = (row["answer"],) if row["answer"] else ()
        relevant = frozenset({key}) if answers else frozenset()
        own = "en" if language == "en" else "same"
        title = own if language == languages[key] else "across"
        questions.append(Question(row["question"], relevant, answers, key, title))
    return Collection("news", tuple(paragraphs), tuple(questions))


def time_1963() -> Collection:
    """Return the TIME collection: 423 articles, 83 queries with relevance judgements."""
    folder = DATA / "time"
    articles = re.split(r"\*TEXT (\d+) [^\n]*\n", (folder / "TIME.ALL").read_text("latin-1"))[1:]
    paragraphs = tuple(
        Paragraph(str(number), str(number), "", _prose(text.replace("*STOP", "")))
        for number, text in enumerate(articles[1::2], start=1)
    )
    judged = [
        line.split() for line in (folder / "TIME.REL").read_text().splitlines() if line.strip()
    ]
    relevant = {row[0]: frozenset(row[1:]) for row in judged}
    queries = re.split(r"\*FIND\s+(\d+)\s", (folder / "TIME.QUE").read_text("latin-1"))[1:]
    questions = tuple(
        Question(_prose(text.replace("*STOP", "")), relevant[number], (), "", "")
        for number, text in zip(queries[::2], queries[1::2], strict=True)
        if relevant.get(number)
    )
    return Collection("time", paragraphs, questions)


def _prose(text: str) -> str:
    """Undo the collection's line breaks, spaced stops and capitals, sentence by sentence."""
    text = re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split())).lower()
    return re.sub(r"(^|[.!?] )([a-z])", lambda found: found[1] + found[2].upper(), text)


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, the text that it was written from, and whether people judged it supported.

    `known` is the question, whose words the claim may take for granted. Claims of one `group` (a
    question or an article) are never split between fitting and reporting. `agreed` is true if all
    judges said the same.
    """

    claim: str
    text: str
    supported: bool
    group: str
    source: str
    agreed: bool = True
    known: str = ""


def attributionbench() -> tuple[Judged, ...]:
    """Return AttributionBench's development part: 1,198 claims with their references."""
    path = DATA / "attributionbench" / "dev.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Judged(
            row["claim"],
            "\n\n".join(row["references"]),
            row["attribution_label"] == "attributable",
            row["question"],
            row["src_dataset"],
            known=row["question"],
        )
        for row in rows
    )


def qags(part: str) -> tuple[Judged, ...]:
    """Return the sentences of QAGS' summaries, `cnndm` or `xsum`, judged by most of three votes.

    The collection has a space after the comma of "10,000" and the point of "98.7"; it is removed.
    """
    path = DATA / "qags" / f"mturk_{part}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Judged(
            _with_joined_numbers(sentence["sentence"]),
            _with_joined_numbers(row["article"]),
            votes > 1,
            row["article"],
            part,
            votes in {0, 3},
        )
        for row in rows
        for sentence in row["summary_sentences"]
        for votes in [sum(vote["response"] == "yes" for vote in sentence["responses"])]
    )


def _with_joined_numbers(text: str) -> str:
    return re.sub(r"(?<=\d)([.,]) (?=\d)", r"\1", text)
