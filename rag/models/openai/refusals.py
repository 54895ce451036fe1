"""What a server's refusal means, by its status and its words, however it is worded."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from rag.models.endpoint import SERVER_ERROR, TOO_MANY_REQUESTS

READ = 20_000  # characters of an error that are looked at


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that a server answers: what it says to people, and all its words."""

    status: int
    said: str
    words: str

    @classmethod
    def read(cls, status: int, text: str) -> Self:
        """Read an answer that is no success."""
        return cls(status, *_read(text))

    @classmethod
    def within(cls, body: Mapping[str, Any], text: str) -> Self:
        """Read the event of a stream that tells of an error: as JSON, and as it was sent."""
        return cls.read(_status(body), text)

    @property
    def overflows(self) -> bool:
        """Whether the messages are too long for the model."""
        return self.status == _TOO_LARGE or bool(_OVERFLOW.search(self.words))

    @property
    def knows_no_model(self) -> bool:
        """Whether the server has no model of that name."""
        return not (self.closed or self.too_many) and bool(_NO_MODEL.search(self.words))

    @property
    def exhausted(self) -> bool:
        """Whether no quota or credit is left."""
        return self.status == _PAYMENT or bool(_NO_QUOTA.search(self.words))

    @property
    def closed(self) -> bool:
        """Whether the key is refused, or is missing."""
        return self.status in _CLOSED

    @property
    def too_many(self) -> bool:
        """Whether the server is asked too often."""
        return self.status == TOO_MANY_REQUESTS

    @property
    def not_found(self) -> bool:
        """Whether nothing is at the address."""
        return self.status == _NOT_FOUND

    @property
    def server_failed(self) -> bool:
        """Whether the server itself is to blame."""
        return self.status >= SERVER_ERROR

    @property
    def invalid(self) -> bool:
        """Whether a part of the request is refused, other than its length or its model."""
        return self.status in _INVALID and not (self.overflows or self.knows_no_model)

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed later."""
        return self.server_failed or (self.too_many and not self.exhausted)


_INVALID, _CLOSED = frozenset({400, 422}), frozenset({401, 403})
_PAYMENT, _NOT_FOUND, _TOO_LARGE = 402, 404, 413

# As OpenAI, llama.cpp, vLLM, Ollama, Mistral, Groq, LM Studio, Gemini and Anthropic word it.
_OVERFLOW = re.compile(
    r"context[ _-]?(?:length|size|window)|exceed_context|maximum model length"
    r"|input (?:token count|length)\b.*exceed|prompt is too long"
    r"|reduce (?:the length|your message)",
    re.IGNORECASE | re.DOTALL,
)
_NO_MODEL = re.compile(
    r"model_not_(?:found|supported)|(?:invalid|unknown|no such|not a valid) model\b"
    r"|no models? loaded"
    r"|\bmodels?\b.{0,120}?(?:not found|not exist|n't exist)",
    re.IGNORECASE | re.DOTALL,
)
_NO_QUOTA = re.compile(r"insufficient[_ ](?:quota|credit|balance|funds)", re.IGNORECASE)
_STATUS = re.compile(r"[45][0-9][0-9]")
_STATUS_WORDS = {
    401: re.compile(r"invalid_api_key|authentication", re.IGNORECASE),
    429: re.compile(r"rate[_ ]limit", re.IGNORECASE),
    400: re.compile(r"invalid_request", re.IGNORECASE),
}
_SAID = ("error", "detail", "message", "msg", "metadata", "raw")
_WORDS = (*_SAID, "code", "type", "param", "loc")


def said(text: str) -> str:
    """Give what an error's body, which may be JSON of many shapes, a page or nothing, says."""
    return _read(text)[0]


def is_error(body: Any) -> bool:  # noqa: ANN401 - whatever the server sent
    """Say whether an event of a stream tells of an error.

    Raises:
        AttributeError: it is no JSON object.
    """
    told = body.get("error") or body.get("object") == "error"
    return bool(told or (body.get("detail") and "choices" not in body))


def _read(text: str) -> tuple[str, str]:
    """Give what a body says to people, and all its words."""
    try:
        body = json.loads(text)
        to_people, words = " ".join(_strings(body, _SAID)), " ".join(_strings(body, _WORDS))
    except (ValueError, RecursionError):
        to_people = words = re.sub(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>", " ", text[:READ])
    return to_people[:READ], words[:READ]


def _strings(body: Any, names: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """Give the strings that stand under these names, however deep."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for one in body:
            yield from _strings(one, names)
    elif isinstance(body, dict):
        for name in names:
            yield from _strings(body.get(name), names)


def _status(body: Mapping[str, Any]) -> int:
    """Give the status that an error within a stream amounts to; a server error where none is."""
    error = body.get("error")
    code = str((error if isinstance(error, dict) else body).get("code"))
    if _STATUS.fullmatch(code):
        return int(code)
    words = " ".join(_strings(body, _WORDS))
    return next((one for one, named in _STATUS_WORDS.items() if named.search(words)), SERVER_ERROR)
