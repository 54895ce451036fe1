"""SQuAD-format files -> what the reader learns from: answerable questions, and unanswerable ones.

Few collections have unanswerable questions, so more are made of answerable ones, anew each epoch:
the question asked of another paragraph that shares its words but lacks its answer, and the question
with one of its names, numbers or opposites exchanged ("What is the largest ..." of a paragraph that
tells the smallest), as the writers of SQuAD 2.0 did by hand (https://arxiv.org/abs/1806.03822).
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tokenizers import Tokenizer

from rag.models.onnx import MOST_QUESTION_TOKENS
from rag.models.reader import CLS, SEP

MOST_TOKENS = 224
"""Question and context together; a longer context is cut to a window that holds the answer."""

LEXICAL_HITS = 12

UNMARKED = 0.15
"""The share of the questions that lose their question mark, as in a chat."""

OTHER_PARAGRAPH, SAME_ARTICLE, EXCHANGED = 0.12, 0.06, 0.14
"""For what share of the answerable questions an epoch makes each kind of unanswerable one."""


@dataclass(frozen=True, slots=True)
class Context:
    """A paragraph in tokens; `offsets` are the tokens' half-open character ranges in `text`."""

    title: str
    text: str
    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question asked of the `context`-th paragraph.

    `answers` are token ranges of the context, the last token within, and how often each was given;
    none where the paragraph does not answer.
    """

    text: str
    context: int
    answers: tuple[tuple[tuple[int, int], int], ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What the model sees: tokens, where the context begins, and the answers' places among them."""

    ids: tuple[int, ...]
    context_start: int
    answers: tuple[tuple[tuple[int, int], float], ...]


@dataclass(frozen=True)
class Questions:
    """The contexts and questions of some files."""

    contexts: list[Context]
    questions: list[Question]


def load(
    files: Sequence[Path],
    tokenizer: Tokenizer,
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
) -> Questions:
    """Reads SQuAD-format files: all titles, or `only` some, `without` others."""
    contexts: list[Context] = []
    questions: list[Question] = []
    for file in files:
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            title = article["title"]
            if (only and title not in only) or title in without:
                continue
            for paragraph in article["paragraphs"]:
                text = paragraph["context"]
                encoding = tokenizer.encode(text, add_special_tokens=False)
                context = Context(title, text, tuple(encoding.ids), tuple(encoding.offsets))
                asked = [_question(one, context, len(contexts)) for one in paragraph["qas"]]
                contexts.append(context)
                questions += [one for one in asked if one is not None]
    return Questions(contexts, questions)


def _question(record: dict, context: Context, place: int) -> Question | None:
    """A record of a `qas` list; None where no token holds its answer."""
    text = " ".join(record["question"].split())
    if record.get("is_impossible") or not record["answers"]:
        return Question(text, place, (), ())
    ranges: Counter[tuple[int, int]] = Counter()
    for answer in record["answers"]:
        start = answer["answer_start"]
        tokens = tokens_within(context.offsets, start, start + len(answer["text"]))
        if tokens is not None:
            ranges[tokens] += 1
    if not ranges:
        return None
    words = tuple(dict.fromkeys(answer["text"].lower() for answer in record["answers"]))
    return Question(text, place, tuple(ranges.items()), words)


def tokens_within(
    offsets: Sequence[tuple[int, int]], start: int, end: int
) -> tuple[int, int] | None:
    """The first and the last token that a character range touches; None if it touches none."""
    touched = [place for place, (left, right) in enumerate(offsets) if left < end and right > start]
    return (touched[0], touched[-1]) if touched else None


class Examples:
    """The examples of each epoch, the same for the same seed and epoch."""

    def __init__(self, source: Questions, tokenizer: Tokenizer, seed: int) -> None:
        self._source = source
        self._tokenizer = tokenizer
        self._seed = seed
        self._answerable = [one for one in source.questions if one.answers]
        self._by_title: dict[str, list[int]] = defaultdict(list)
        for place, context in enumerate(source.contexts):
            self._by_title[context.title].append(place)
        self._alike = _alike(source)

    def epoch(self, number: int) -> list[Example]:
        """Every question once, and unanswerable ones made of the answerable."""
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311 - reproducible on purpose
        examples = [self._example(one, chance) for one in self._source.questions]
        for one in self._answerable:
            drawn = chance.random()
            if drawn < OTHER_PARAGRAPH:
                made = self._elsewhere(one, self._alike(one), chance)
            elif drawn < OTHER_PARAGRAPH + SAME_ARTICLE:
                title = self._source.contexts[one.context].title
                made = self._elsewhere(one, self._by_title[title], chance)
            elif drawn < OTHER_PARAGRAPH + SAME_ARTICLE + EXCHANGED:
                made = self._exchanged(one, chance)
            else:
                continue
            if made is not None:
                examples.append(self._example(made, chance))
        chance.shuffle(examples)
        return examples

    def plain(self) -> list[Example]:
        """Every question once and nothing made of it: what a measurement is taken on."""
        chance = random.Random(self._seed)  # noqa: S311 - reproducible on purpose
        return [self._example(one, chance) for one in self._source.questions]

    def _elsewhere(
        self, question: Question, places: Sequence[int], chance: random.Random
    ) -> Question | None:
        """The question asked of another of these paragraphs, one that holds none of its answers."""
        lacking = [
            place
            for place in places
            if place != question.context
            and not any(
                word in self._source.contexts[place].text.lower() for word in question.words
            )
        ]
        return Question(question.text, chance.choice(lacking), (), ()) if lacking else None

    def _exchanged(self, question: Question, chance: random.Random) -> Question | None:
        text = exchanged(question.text, self._source.contexts[question.context].text, chance)
        return Question(text, question.context, (), ()) if text else None

    def _example(self, question: Question, chance: random.Random) -> Example:
        text = question.text.rstrip("?") if chance.random() < UNMARKED else question.text
        asked = self._tokenizer.encode(text, add_special_tokens=False).ids
        head = (CLS, *asked[:MOST_QUESTION_TOKENS], SEP)
        ids = self._source.contexts[question.context].ids
        start, end = _window(len(ids), MOST_TOKENS - len(head) - 1, question.answers, chance)
        kept = [
            ((first - start + len(head), last - start + len(head)), count)
            for (first, last), count in question.answers
            if start <= first and last < end
        ]
        total = sum(count for _, count in kept)
        return Example(
            ids=(*head, *ids[start:end], SEP),
            context_start=len(head),
            answers=tuple((place, count / total) for place, count in kept),
        )


def _window(
    length: int,
    most: int,
    answers: Sequence[tuple[tuple[int, int], int]],
    chance: random.Random,
) -> tuple[int, int]:
    """A range of at most `most` tokens; with answers, one that holds one of them."""
    if length <= most:
        return 0, length
    low, high = 0, length - most
    if answers:
        (first, last), _ = chance.choice(answers)
        low, high = max(0, min(high, last + 1 - most)), min(high, first)
    start = chance.randint(min(low, high), high)
    return start, start + most


def _alike(source: Questions):  # noqa: ANN202 - a function from a question to places of contexts
    """A function that gives the paragraphs that share most words with a question, by BM25."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", tokenizer_name="en_stem")
    schema.add_integer_field("place", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for place, context in enumerate(source.contexts):
        writer.add_document(tantivy.Document(text=context.text, place=place))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def places(question: Question) -> list[int]:
        words = " ".join(re.findall(r"\w+", question.text.lower()))
        hits = searcher.search(index.parse_query(words, ["text"]), LEXICAL_HITS).hits
        return [searcher.doc(address)["place"][0] for _, address in hits]

    return places


OPPOSITES = [
    ("first", "last"), ("largest", "smallest"), ("biggest", "smallest"), ("most", "least"),
    ("more", "less"), ("more", "fewer"), ("highest", "lowest"), ("higher", "lower"),
    ("before", "after"), ("north", "south"), ("northern", "southern"), ("east", "west"),
    ("eastern", "western"), ("increase", "decrease"), ("increased", "decreased"), ("won", "lost"),
    ("win", "lose"), ("old", "new"), ("oldest", "newest"), ("early", "late"), ("begin", "end"),
    ("began", "ended"), ("start", "stop"), ("started", "stopped"), ("founded", "dissolved"),
    ("born", "buried"), ("major", "minor"), ("longest", "shortest"), ("best", "worst"),
    ("good", "bad"), ("positive", "negative"), ("support", "oppose"), ("supported", "opposed"),
    ("allowed", "forbidden"), ("inside", "outside"), ("above", "below"), ("male", "female"),
    ("men", "women"), ("include", "exclude"), ("included", "excluded"), ("maximum", "minimum"),
    ("like", "dislike"), ("accepted", "rejected"), ("public", "private"), ("buy", "sell"),
    ("bought", "sold"), ("always", "never"), ("strong", "weak"), ("rich", "poor"),
    ("internal", "external"), ("domestic", "foreign"), ("joined", "left"), ("rise", "fall"),
]  # fmt: skip
_OPPOSITE = {one: other for pair in OPPOSITES for one, other in (pair, pair[::-1])}

_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]*[^\W_](?: [A-Z][\w’'-]*[^\W_])*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_WORD = re.compile(r"\b[a-z]+\b")
_VERB = re.compile(r"\b(is|are|was|were|did|does|do|can|has|have|could|would)\b(?! not)")

NEGATED = 0.05


def exchanged(question: str, context: str, chance: random.Random) -> str | None:
    """The question with a name, a number or a word of it exchanged, so that it asks another thing.

    A name or number comes from the context, a word is replaced by its opposite, and now and then
    the verb is negated. None where nothing can be exchanged.
    """
    verb = _VERB.search(question)
    if verb and chance.random() < NEGATED:
        return f"{question[: verb.end()]} not{question[verb.end() :]}"
    ways = [
        (found.span(), others)
        for pattern in (_NAME, _NUMBER)
        for found in pattern.finditer(question)
        if (others := _others(found[0], pattern, question, context))
    ]
    ways += [
        (found.span(), [_OPPOSITE[found[0]]])
        for found in _WORD.finditer(question)
        if found[0] in _OPPOSITE
    ]
    if not ways:
        return None
    (start, end), others = chance.choice(ways)
    return question[:start] + chance.choice(others) + question[end:]


def _others(one: str, pattern: re.Pattern[str], question: str, context: str) -> list[str]:
    """The context's other names, or numbers, that share no word with one of the question."""
    words = set(one.lower().split())
    return [
        other
        for other in dict.fromkeys(pattern.findall(context))
        if not words & set(other.lower().split())
        and other.lower() not in question.lower()
        and one.lower() not in other.lower()
        and (pattern is _NAME or len(one) == len(other))
    ]


def batches(
    examples: Sequence[Example], tokens: int, chance: random.Random
) -> Iterator[list[Example]]:
    """Batches of about so many tokens, padding counted: examples of like length, in any order."""
    cut = []
    pool = tokens // 2
    for begin in range(0, len(examples), pool):
        ordered = sorted(examples[begin : begin + pool], key=lambda one: len(one.ids))
        while ordered:
            size = max(1, tokens // len(ordered[-1].ids))
            cut.append(ordered[-size:])
            del ordered[-size:]
    chance.shuffle(cut)
    yield from cut
