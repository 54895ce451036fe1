"""The format of question sets: what may stand in one, and the JSON schema that tells editors so.

Every scalar comes as the text that is written, so that `expect: [2021-05-24, no]` are two texts.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.questions.folding import fold, stands_in
from rag.text.detection import is_known
from rag.types import PASSAGES

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


def _empty() -> PydanticCustomError:
    return PydanticCustomError("empty", "is empty")


def _wrong_value(message: str) -> PydanticCustomError:
    """Return the error of a key's value; the message goes on from the key's name."""
    return PydanticCustomError("wrong_value", message)


def _senseless(message: str) -> PydanticCustomError:
    """Return the error of a question whose keys make no sense together."""
    return PydanticCustomError("senseless_question", message)


def _filled(text: str) -> str:
    if not text.strip():
        raise _empty()
    return text.strip()


def _visible(text: str) -> str:
    if not fold(text):
        raise _wrong_value("is nothing that could be seen in an answer; remove it")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(given: object) -> object:
    return [given] if isinstance(given, str) else given


def _some(given: Sequence[Any]) -> Sequence[Any]:
    if not given:
        raise _empty()
    return given


def _alternatives(given: object) -> object:
    return [_listed(each) for each in given] if isinstance(given, list) else [_listed(given)]


def _within(given: object) -> object:
    listed = _listed(given)
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return dict.fromkeys(listed, PASSAGES)
    return given


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise _wrong_value(
            "is no regular expression; mend it, or put \\ before a sign that is meant as itself, "
            "as in 'about 5\\.2 %'"
        ) from error
    if "\b" in text:
        raise _wrong_value(
            "has a backspace where \\b was meant; write it in '…', as YAML reads \\ in \"…\" itself"
        )
    return text


def _language(text: str) -> str:
    if not is_known(text):
        raise _wrong_value("must be a language by its two letters, such as en")
    return text


Text = Annotated[str, AfterValidator(_filled), WithJsonSchema(_TEXT_SCHEMA)]
Texts = Annotated[
    tuple[Text, ...], BeforeValidator(_listed), AfterValidator(_some), WithJsonSchema(_TEXTS_SCHEMA)
]
Id = Annotated[Text, AfterValidator(_one_line)]
_Looked = Annotated[Text, AfterValidator(_visible)]
_Any = Annotated[tuple[_Looked, ...], AfterValidator(_some)]
Looked = Annotated[
    tuple[_Looked, ...],
    BeforeValidator(_listed),
    AfterValidator(_some),
    WithJsonSchema(_TEXTS_SCHEMA),
]
Expected = Annotated[
    tuple[_Any, ...],
    BeforeValidator(_alternatives),
    AfterValidator(_some),
    WithJsonSchema(_EXPECTED_SCHEMA),
]
Patterns = Annotated[
    tuple[Annotated[Text, AfterValidator(_pattern)], ...],
    BeforeValidator(_listed),
    AfterValidator(_some),
    WithJsonSchema(_TEXTS_SCHEMA),
]
Ranks = Annotated[
    dict[Text, Annotated[int, Field(ge=1)]],
    BeforeValidator(_within),
    AfterValidator(_some),
    WithJsonSchema(_RETRIEVES_SCHEMA),
]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Language = Annotated[
    str,
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "pattern": "^[a-z]{2}$"}),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Defaults(_Model):
    """Defaults for every question of a set."""

    repeat: Count = Field(default=1, description="How often it is asked.")
    share: Share = Field(
        default=1.0, description="The share of the times that it is asked which must hold."
    )
    mode: Literal["reader", "model"] | None = Field(
        default=None, description="Who must have written the answer."
    )
    language: Language | None = Field(
        default=None, description="The language of the answer, by its two letters."
    )
    max_claims: Count | None = Field(default=None, description="The most claims it may have.")
    max_ms: Milliseconds | None = Field(
        default=None, description="The milliseconds it may take; gates only with --gate-times."
    )
    tags: Texts = Field(default=(), description="Tags, for --tag.")


class Wanted(StrEnum):
    """The outcome that a question should have."""

    ANSWER = "answer"
    REFUSAL = "refusal"


class CannedQuestion(Defaults):
    """A question, or a conversation whose last answer counts, and what is expected."""

    id: Id = Field(default="", description="Made from the question by default.")
    ask: Text | None = Field(default=None, description="The question.")
    conversation: Texts | None = Field(
        default=None,
        description="Questions one after the other; the checks are for the last answer.",
    )
    expect: Expected = Field(
        default=(),
        description="Texts in the answer or its quotes: all of them; of a list in the list, any.",
    )
    claims: Expected = Field(
        default=(),
        description="Texts in the answer itself: all of them; of a list in the list, any.",
    )
    reject: Looked = Field(
        default=(), description="Texts that are neither in the answer nor its quotes."
    )
    matches: Patterns = Field(
        default=(),
        description="Regular expressions that must be found in the answer or its quotes.",
    )
    cites: Texts = Field(
        default=(), description="Articles that must be cited, by id or a unique part of it."
    )
    quote: Looked = Field(default=(), description="Texts in a cited quote.")
    retrieves: Ranks = Field(
        default_factory=dict,
        description="Articles that must be read, and within which rank.",
    )
    answerable: bool | None = Field(default=None, description="Whether it must be answered at all.")
    refuse: bool | None = Field(default=None, description="Whether the articles do not say.")
    disagree: bool | None = Field(
        default=None, description="Whether the articles must be shown to differ."
    )
    judge: Text | None = Field(
        default=None, description="A rubric that the chat model judges the answer by; never gates."
    )
    known_failure: Text | None = Field(
        default=None, description="Why it is known to fail; it is reported and does not gate."
    )

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
    def wanted(self) -> Wanted | None:
        """The outcome that its checks ask for; None where any will do."""
        if self.refuse is not None:
            return Wanted.REFUSAL if self.refuse else Wanted.ANSWER
        if self.answerable is not None:
            return Wanted.ANSWER if self.answerable else Wanted.REFUSAL
        return Wanted.ANSWER if self._needing_an_answer else None

    @property
    def _needing_an_answer(self) -> list[str]:
        """The checks of the question that no refusal can pass."""
        return [name for name in OF_AN_ANSWER if getattr(self, name)]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.ask is not None and self.conversation is not None:
            raise _senseless("`ask` and `conversation` are both given; remove one")
        if self.ask is None and self.conversation is None:
            raise _senseless(
                "a question needs `ask:` or `conversation:`; what belongs to the question above "
                "begins without `- `"
            )
        if self.model_fields_set.isdisjoint(CHECKS):
            raise _senseless(
                "this question checks nothing; add `expect:`, `cites:`, `refuse: true` or another "
                "check"
            )
        if self.answerable is not None and self.answerable is self.refuse:
            raise _senseless("`answerable` and `refuse` contradict each other; remove one")
        if self.wanted is Wanted.REFUSAL and self._needing_an_answer:
            name = self._needing_an_answer[0]
            raise _senseless(f"a refusal cannot pass `{name}`; remove it, or expect an answer")
        expected = (*self.expect, *self.claims, *((text,) for text in self.quote))
        if both := _both(self.reject, expected):
            raise _senseless(f"“{both}” is both expected and rejected; remove it from `reject:`")
        return self


def _both(rejected: Iterable[str], expected: Iterable[Sequence[str]]) -> str | None:
    """Return a rejected text that every alternative of some expected text contains."""
    folded = [[fold(text) for text in each] for each in expected]
    return next(
        (
            text
            for text in rejected
            for each in folded
            if all(stands_in(text, expected) for expected in each)
        ),
        None,
    )


CHECKS = tuple(
    "expect claims reject matches cites quote retrieves answerable refuse disagree judge "
    "mode language max_claims max_ms".split()
)
"""The keys of a question that are checks, in the order of reports."""

OF_AN_ANSWER = ("expect", "claims", "matches", "cites", "quote", "disagree")
"""The checks that no refusal can pass."""


class SetModel(_Model):
    """A question set of Griot's."""

    corpus: Text = Field(default=".", description="The folder of the articles, from the set's own.")
    defaults: Defaults = Field(default=Defaults(), description="For every question.")
    questions: Annotated[tuple[CannedQuestion, ...], AfterValidator(_some)]


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
    kept = {key: _tidy(one) for key, one in given.items() if not _is_own(key, one)}
    only = kept.get("anyOf", ())
    return (
        {**only[0], **{k: v for k, v in kept.items() if k != "anyOf"}} if len(only) == 1 else kept
    )


def _is_own(key: str, value: object) -> bool:
    return key == "title" or (key == "default" and (not value or isinstance(value, dict)))
