"""The format of question sets: what may stand in one, and the JSON schema that editors read.

Every scalar comes as the text that is written, so that `expect: [2021-05-24, no]` are two texts.
A key's description is shown by editors and in the message about a value that cannot be used.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self, TypeVar

import regex
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from bot.questions.folding import fold, stands_in
from rag.text.detection import LANGUAGES
from rag.types import PASSAGES

EMPTY = "is empty"

_TEXT_SCHEMA = {"type": ["string", "number", "boolean"]}
_TEXTS_SCHEMA = {"anyOf": [_TEXT_SCHEMA, {"type": "array", "items": _TEXT_SCHEMA, "minItems": 1}]}
_EXPECTED_SCHEMA = {
    "anyOf": [_TEXT_SCHEMA, {"type": "array", "items": _TEXTS_SCHEMA, "minItems": 1}]
}
_RETRIEVES_SCHEMA = {
    "anyOf": [
        *_TEXTS_SCHEMA["anyOf"],
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
    ]
}


def _listed(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _some(given: Sequence[Any]) -> Sequence[Any]:
    if not given:
        raise ValueError(EMPTY)
    return given


def _alternatives(given: object) -> object:
    return [_listed(each) for each in given] if isinstance(given, list) else [_listed(given)]


def _ranked(given: object) -> object:
    listed = _listed(given)
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return dict.fromkeys(listed, PASSAGES)
    return given


def _visible(text: str) -> str:
    if not fold(text):
        raise ValueError("is nothing that could be seen in an answer; remove it")
    return text


def _pattern(text: str) -> str:
    try:
        regex.compile(text)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(
            "is no regular expression; mend it, or put \\ before a sign that is meant as itself, "
            "as in 'about 5\\.2 %'"
        ) from error
    if "\b" in text:
        raise ValueError(
            "has a backspace where \\b was meant; write it in '…', as YAML reads \\ in \"…\" itself"
        )
    return text


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError("must be a language by its two letters, such as en")
    return text


Item = TypeVar("Item")
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), WithJsonSchema(_TEXT_SCHEMA)
]
Seen = Annotated[Text, AfterValidator(_visible)]
_Some = AfterValidator(_some)
OneOrMore = Annotated[
    tuple[Item, ...], BeforeValidator(_listed), _Some, WithJsonSchema(_TEXTS_SCHEMA)
]
Expected = Annotated[
    tuple[Annotated[tuple[Seen, ...], _Some], ...],
    BeforeValidator(_alternatives),
    _Some,
    WithJsonSchema(_EXPECTED_SCHEMA),
]
Count = Annotated[int, Field(ge=1)]
Ranks = Annotated[
    dict[Text, Count], BeforeValidator(_ranked), _Some, WithJsonSchema(_RETRIEVES_SCHEMA)
]
Share = Annotated[float, Field(gt=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Language = Annotated[
    str, AfterValidator(_language), WithJsonSchema({"type": "string", "pattern": "^[a-z]{2}$"})
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Defaults(_Model):
    """Defaults for every question of a set."""

    repeat: Count = 1
    """How often it is asked, as a whole number from 1."""
    share: Share = 1.0
    """The share of the times it is asked that must hold, such as 0.8."""
    mode: Literal["reader", "model"] | None = None
    """Who must have written the answer, reader or model."""
    language: Language | None = None
    """The language of the answer by its two letters, such as en."""
    max_claims: Count | None = None
    """The most claims it may have, as a whole number from 1."""
    max_ms: Milliseconds | None = None
    """The milliseconds it may take, such as 500; fails only with --gate-times."""
    tags: OneOrMore[Text] = ()
    """Names for --tag, such as [visit]."""


class CannedQuestion(Defaults):
    """A question, or a conversation whose last answer counts, and what is expected."""

    id: Annotated[Text, AfterValidator(lambda text: " ".join(text.split()))] = ""
    """A short name, such as minister; made from the question by default."""
    ask: Text | None = None
    """A question, such as Who came?"""
    conversation: OneOrMore[Text] | None = None
    """Questions such as [Who came?, And when?]; the checks are for the last answer."""
    expect: Expected = ()
    """Texts in the answer or its quotes, such as [all, [of, or]]: any of a list in the list."""
    claims: Expected = ()
    """Texts in the answer itself, such as [all, [of, or]]: any of a list in the list."""
    reject: OneOrMore[Seen] = ()
    """Texts that are neither in the answer nor its quotes, such as [Lavrov]."""
    matches: OneOrMore[Annotated[Text, AfterValidator(_pattern)]] = ()
    """Regular expressions that are found in the answer or its quotes, such as '\\d+ %'."""
    cites: OneOrMore[Text] = ()
    """Articles that must be cited, by id or a unique part of it, such as [visit.md]."""
    quote: OneOrMore[Seen] = ()
    """Texts in a cited quote, such as [accompanied him]."""
    retrieves: Ranks = Field(default_factory=dict)
    """Articles that must be read, by id, or with the rank that is enough, such as {visit.md: 3}."""
    answerable: bool | None = None
    """Whether it must be answered at all, true or false."""
    refuse: bool | None = None
    """Whether the articles do not say, true or false; an answer that is unsure does not."""
    reply: bool | None = None
    """Whether the answer is about the bot or its collection, true or false."""
    unsure: bool | None = None
    """Whether the closest quotes are shown as unsure, true or false."""
    disagree: bool | None = None
    """Whether the articles must be shown to differ, true or false."""
    judge: Text | None = None
    """A rubric, as text, that the chat model judges the answer by; it never fails one."""
    known_failure: Text | None = None
    """The reason why it is known to fail; it is reported and fails no run."""

    _line: int = 0

    @property
    def line(self) -> int:
        """Its first line in the set, from 1; 0 where it was not read from one."""
        return self._line

    def at(self, line: int) -> Self:
        """Return it with its first line in the set."""
        placed = self.model_copy()
        placed._line = line  # noqa: SLF001 - its own class's
        return placed

    @property
    def turns(self) -> tuple[str, ...]:
        """The questions of the conversation."""
        return self.conversation or (self.ask or "",)

    @property
    def text(self) -> str:
        """The question whose answer counts."""
        return self.turns[-1]

    @property
    def texts(self) -> Expected:
        """The texts that quotes should hold: all entries, any text of each."""
        return (*self.expect, *self.claims, *((text,) for text in self.quote))

    @property
    def wants_answer(self) -> bool | None:
        """True if its checks ask for an answer, False for a refusal; None where either will do."""
        if self.unsure:
            return False
        if self.refuse is not None:
            return not self.refuse
        if self.answerable is not None:
            return self.answerable
        return True if self.reply or self._needing_an_answer else None

    @property
    def _needing_an_answer(self) -> list[str]:
        """The checks of the question that no refusal can pass; an unsure one has quotes."""
        passed = OF_QUOTES if self.unsure else ()
        return [name for name in OF_AN_ANSWER if getattr(self, name) and name not in passed]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.ask is not None and self.conversation is not None:
            raise ValueError("`ask` and `conversation` are both given; remove one")
        if self.ask is None and self.conversation is None:
            raise ValueError(
                "a question needs `ask:` or `conversation:`; what belongs to the question above "
                "begins without `- `"
            )
        if self.model_fields_set.isdisjoint(CHECKS):
            raise ValueError(
                "this question checks nothing; add `expect:`, `cites:`, `refuse: true` or another "
                "check"
            )
        if self.answerable is not None and self.answerable is self.refuse:
            raise ValueError("`answerable` and `refuse` contradict each other; remove one")
        if self.unsure and (self.answerable or self.refuse is False):
            name = "answerable: true" if self.answerable else "refuse: false"
            raise ValueError(f"`unsure` and `{name}` contradict each other; remove one")
        if self.wants_answer is False and self._needing_an_answer:
            name = self._needing_an_answer[0]
            raise ValueError(f"a refusal cannot pass `{name}`; remove it, or expect an answer")
        if both := _both(self.reject, self.texts):
            raise ValueError(f"“{both}” is both expected and rejected; remove it from `reject:`")
        return self


def _both(rejected: Iterable[str], expected: Iterable[Sequence[str]]) -> str | None:
    """Return a rejected text that every alternative of some expected text contains."""
    folded = [[fold(text) for text in each] for each in expected]
    found = (
        text
        for text in rejected
        for each in folded
        if all(stands_in(text, expected) for expected in each)
    )
    return next(found, None)


CHECKS = tuple(
    "expect claims reject matches cites quote retrieves answerable refuse reply unsure disagree "
    "judge mode language max_claims max_ms".split()
)
"""The keys of a question that are checks, in the order of reports."""

OF_AN_ANSWER = ("expect", "claims", "matches", "cites", "quote", "disagree")
"""The checks that no refusal can pass."""

OF_QUOTES = ("expect", "matches", "cites", "quote")
"""Those of them that quotes can pass without a claim."""


class SetModel(_Model):
    """A question set of Griot's."""

    corpus: Text = "."
    """The folder of the articles, as seen from the set's own, such as articles."""
    defaults: Defaults = Defaults()
    """Keys that hold for every question, such as {repeat: 3}."""
    questions: Annotated[tuple[CannedQuestion, ...], _Some]
    """A list in which each question begins with `- ask: …`, its checks under it."""


def schema() -> dict[str, Any]:
    """Return the JSON schema of a set, for editors."""
    model = _tidy(SetModel.model_json_schema())
    model["properties"]["questions"]["minItems"] = 1
    model["$defs"]["CannedQuestion"]["oneOf"] = [
        {"required": ["ask"]},
        {"required": ["conversation"]},
    ]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model}


def _tidy(given: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Remove Pydantic's titles, None and empty defaults, which no set can spell."""
    if isinstance(given, list):
        return [_tidy(each) for each in given if each != {"type": "null"}]
    if not isinstance(given, dict):
        return given
    kept = {
        key: _tidy(value)
        for key, value in given.items()
        if key != "title" and (key != "default" or (value and not isinstance(value, dict)))
    }
    only = kept.get("anyOf", ())
    return (
        {**only[0], **{k: v for k, v in kept.items() if k != "anyOf"}} if len(only) == 1 else kept
    )
