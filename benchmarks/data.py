"""The public collections that Griot is measured on, read from ../shared/data, never shipped."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

HELD_TITLES = frozenset({"Imperialism", "Warsaw", "French_and_Indian_War", "Force"})
"""The four titles of squad2 on which nothing is trained, fitted or chosen."""

FITTING_TITLES = frozenset(
    {
        *{"Scottish_Parliament", "Harvard_University"},
        *{"Colonial_history_of_the_United_States", "Australian_Senate", "Ice_hockey", "Latin"},
        *{"Second-wave_feminism", "Precipitation", "Unemployment_in_the_United_States", "Oxford"},
    }
)
"""Titles of squad2 and of new Wikipedia on which the reader is not trained: what is fitted and
chosen beside it, is so on them."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A passage of a collection; `article` groups what counts as one in judging."""

    id: str
    article: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the ids of what answers it, and the answers' words where they are known.

    `paragraph` is where the question was asked; an unanswerable one has no `relevant`.
    """

    text: str
    relevant: frozenset[str]
    answers: tuple[str, ...]
    paragraph: str
    title: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Paragraphs and the questions that are asked of them."""

    name: str
    paragraphs: tuple[Paragraph, ...]
    questions: tuple[Question, ...]

    def every(self, step: int) -> "Collection":
        """Give the collection with every `step`-th of its questions."""
        return Collection(self.name, self.paragraphs, self.questions[::step])

    def answerable(self, *, yes: bool = True) -> "Collection":
        """Give the collection with its answerable questions only, or with the others only."""
        kept = tuple(question for question in self.questions if bool(question.answers) == yes)
        return Collection(self.name, self.paragraphs, kept)

    def titled(self, titles: Iterable[str]) -> "Collection":
        """Give the collection with only the questions of some titles; all paragraphs stay."""
        wanted = frozenset(titles)
        kept = tuple(question for question in self.questions if question.title in wanted)
        return Collection(self.name, self.paragraphs, kept)


def squad(name: str, path: Path, titles: Iterable[str] | None = None) -> Collection:
    """Read a file in SQuAD's format, whole or only some titles of it."""
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
                answers = tuple(dict.fromkeys(one["text"] for one in asked["answers"]))
                if asked.get("is_impossible"):
                    answers = ()
                relevant = frozenset({key}) if answers else frozenset()
                questions.append(Question(asked["question"].strip(), relevant, answers, key, title))
    return Collection(name, tuple(paragraphs), tuple(questions))


def squad2() -> Collection:
    """Give the half of SQuAD 2.0's development set: 646 paragraphs, 6,078 questions."""
    return squad("squad2", DATA / "squad2" / "dev-v2.0.json")


def xquad(language: str = "en") -> Collection:
    """Give the 32 titles of XQuAD that are not in squad2."""
    path = DATA / "xquad" / f"xquad.{language}.json"
    ours = {question.title for question in squad2().questions}
    titles = {article["title"] for article in json.loads(path.read_text(encoding="utf-8"))["data"]}
    return squad(f"xquad-{language}", path, titles - ours)


def new_wiki() -> Collection:
    """Give SQuADShifts' new Wikipedia part: what things are fitted on."""
    return squad("new_wiki", DATA / "squadshifts" / "new_wiki_v1.0.json")


def time_1963() -> Collection:
    """Give the TIME collection: 423 articles, 83 queries with relevance judgements."""
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
    """A claim, the text that it was written from, and whether people hold it for borne out.

    `known` is what the claim may take for granted: the question. `group` is what claims share that
    must not be parted between fitting and reporting: the question, or the article. `agreed` says
    whether nobody judged otherwise.
    """

    claim: str
    text: str
    supported: bool
    group: str
    source: str
    agreed: bool = True
    known: str = ""


def attributionbench() -> tuple[Judged, ...]:
    """Give AttributionBench's development part: 1,198 claims with their references."""
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
    """Give the sentences of QAGS' summaries, `cnndm` or `xsum`, by the majority of three votes.

    The collection parts "10,000" and "98.7" after their marks; they are joined again.
    """
    path = DATA / "qags" / f"mturk_{part}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Judged(
            _joined(said["sentence"]),
            _joined(row["article"]),
            votes > 1,
            row["article"],
            part,
            votes in {0, 3},
        )
        for row in rows
        for said in row["summary_sentences"]
        for votes in [sum(one["response"] == "yes" for one in said["responses"])]
    )


def _joined(text: str) -> str:
    return re.sub(r"(?<=\d)([.,]) (?=\d)", r"\1", text)
