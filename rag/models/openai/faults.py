"""The faults of a chat server, each a line that names the remedy."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from rag.errors import ContextOverflow, ModelError, TextCut
from rag.models.endpoint import SERVER_ERROR, TOO_MANY_REQUESTS, Server
from rag.models.redact import one_line
from rag.reasons import Remark

_AGAIN = "Ask again, and look into the server's log."
_ADDRESS = "Check GRIOT_LLM_URL, which for most servers ends in /v1."
_OTHER_MODEL = "GRIOT_LLM_MODEL (now {model}) to another model."
_ELSEWHERE = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
_SLOW = (
    "A local model reads long prompts slowly: lower GRIOT_LLM_CONTEXT, or set GRIOT_LLM_MODEL to a "
    "smaller one."
)
_MODELS = (
    "Set GRIOT_LLM_MODEL to one that {griot} doctor lists; with Ollama, run: ollama pull {model}"
)


class Fault(Enum):
    """A kind of fault: what the server did, and the remedy."""

    UNREACHABLE = (
        "cannot be reached ({reason})",
        "Start the server, or set GRIOT_LLM_URL to one that runs.",
    )
    NO_CONNECTION = (
        "took no connection within {seconds:g} s",
        "Check that it runs, and GRIOT_LLM_URL.",
    )
    LOST = (
        "closed the connection without an answer ({reason})",
        "Look into the server's log, and check GRIOT_LLM_URL.",
    )
    SLOW = ("wrote nothing within {seconds:.3g} s", _SLOW)
    STALLED = (
        "has said nothing for {seconds:g} s",
        "Ask again; if it stays so, restart the server.",
    )
    LEFT_ALONE = (
        "has failed repeatedly",
        "It is tried again in {seconds} s; {griot} doctor says what is wrong.",
    )
    CUT = ("broke off before its answer was whole", _AGAIN)
    LENGTH = (
        "reached {max_tokens} tokens before its answer was whole",
        "Ask a narrower question.",
    )
    EMPTY = ("wrote no text", "Ask again, or set " + _OTHER_MODEL)
    EMPTY_AT_LENGTH = ("wrote no text within {max_tokens} tokens", EMPTY[1])
    WITHHELD = ("withheld its answer (content_filter)", "Set " + _OTHER_MODEL)
    NO_COMPLETION = ("answered without a chat completion{quoted}", _ADDRESS)
    NO_LIST = ("answered without a list of models{quoted}", _ADDRESS)

    # Refusals
    OVERFLOW = (
        "cannot read that much at once ({refused})",
        "Set GRIOT_LLM_CONTEXT to the tokens that the model takes.",
    )
    NO_MODEL = ("knows no model {model} ({refused})", _MODELS)
    NO_QUOTA = ("has no quota left for this key ({refused})", "Add credit, or " + _ELSEWHERE)
    NO_KEY = ("asks for a key ({refused})", "Set GRIOT_LLM_KEY.")
    WRONG_KEY = ("refuses the key ({refused})", "Set GRIOT_LLM_KEY to one that it accepts.")
    TOO_MANY = ("takes no more for now ({refused})", "Wait a while, or " + _ELSEWHERE)
    NOT_FOUND = ("has nothing at that address ({refused})", _ADDRESS)
    FAILED = ("failed ({refused})", _AGAIN)
    REFUSED = (
        "refuses the request ({refused})",
        "Check GRIOT_LLM_URL and GRIOT_LLM_MODEL ({model}).",
    )


_RETRIED = {Fault.UNREACHABLE, Fault.LOST, Fault.TOO_MANY, Fault.FAILED}
_DOWN = {
    Fault.UNREACHABLE,
    Fault.NO_CONNECTION,
    Fault.LOST,
    Fault.SLOW,
    Fault.STALLED,
    Fault.FAILED,
}
_ERRORS: dict[Fault, type[ModelError]] = {
    Fault.OVERFLOW: ContextOverflow,
    Fault.LENGTH: TextCut,
}


class Failure(Exception):
    """A call that failed: `error` is for the person, `down` if the server itself is to blame.

    `retry` is as stamina takes it: whether another try may succeed, or after how many seconds.
    """

    def __init__(
        self, error: ModelError, *, retry: bool | float = False, down: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry = retry
        self.down = down


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that a server answered: its words for people, and all its words."""

    status: int
    message: str
    words: str

    @classmethod
    def of(cls, status: int, text: str) -> Self:
        """Read the body of an answer that is no success."""
        return cls(status, *_words(text))

    @classmethod
    def within(cls, body: Mapping[str, Any], text: str) -> Self:
        """Read an event of a stream that reports an error: as JSON, and as it was sent."""
        return cls.of(_status(body), text)

    @property
    def fault(self) -> Fault:
        """Return the first fault that its status and its words fit."""
        keyless, loaded = self.status in _CLOSED, self.status == TOO_MANY_REQUESTS
        signs = {
            Fault.OVERFLOW: self.status == _TOO_LARGE or _OVERFLOW.search(self.words),
            Fault.NO_MODEL: not (keyless or loaded) and _NO_MODEL.search(self.words),
            Fault.NO_QUOTA: self.status == _PAYMENT or _NO_QUOTA.search(self.words),
            Fault.WRONG_KEY: keyless,
            Fault.TOO_MANY: loaded,
            Fault.NOT_FOUND: self.status == _NOT_FOUND,
            Fault.FAILED: self.status >= SERVER_ERROR,
        }
        return next((fault for fault, holds in signs.items() if holds), Fault.REFUSED)

    @property
    def invalid(self) -> bool:
        """True if a part of the request is refused, other than its length or its model."""
        return self.status in _INVALID and self.fault not in {Fault.OVERFLOW, Fault.NO_MODEL}


_INVALID, _CLOSED = frozenset({400, 422}), frozenset({401, 403})
_PAYMENT, _NOT_FOUND, _TOO_LARGE = 402, 404, 413
_READ = 20_000  # characters of an error that are looked at

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
_MESSAGE = ("error", "detail", "message", "msg", "metadata", "raw")
_WORDS = (*_MESSAGE, "code", "type", "param", "loc")


def is_error(body: Any) -> bool:  # noqa: ANN401 - whatever the server sent
    """True if an event of a stream reports an error.

    Raises:
        AttributeError: it is no JSON object.
    """
    reported = body.get("error") or body.get("object") == "error"
    return bool(reported or (body.get("detail") and "choices" not in body))


def _words(text: str) -> tuple[str, str]:
    """Return the words for people, and all words, of JSON of many shapes, a page, or nothing."""
    try:
        body = json.loads(text)
        message, words = " ".join(_strings(body, _MESSAGE)), " ".join(_strings(body, _WORDS))
    except (ValueError, RecursionError):
        message = words = re.sub(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]*>", " ", text[:_READ])
    return message[:_READ], words[:_READ]


def _strings(body: Any, names: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield the strings under these names, however deep."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield from _strings(part, names)
    elif isinstance(body, dict):
        for name in names:
            yield from _strings(body.get(name), names)


def _status(body: Mapping[str, Any]) -> int:
    """Return the status that an error within a stream amounts to, by default a server error."""
    error = body.get("error")
    code = str((error if isinstance(error, dict) else body).get("code"))
    if _STATUS.fullmatch(code):
        return int(code)
    words = " ".join(_strings(body, _WORDS))
    found = (status for status, pattern in _STATUS_WORDS.items() if pattern.search(words))
    return next(found, SERVER_ERROR)


@dataclass(frozen=True, slots=True)
class Faults:
    """Makes the failures of one model of one server."""

    server: Server

    def __call__(
        self, fault: Fault, *, retry: bool | float = True, body: str = "", **values: object
    ) -> Failure:
        """Return the failure in whose line these values stand, `body` quoted.

        `retry` counts if it may pass.
        """
        values = {
            "model": self.server.model,
            "griot": Remark.griot,
            "quoted": self._quoted(_words(body)[0]),
            **values,
        }
        what, remedy = (part.format_map(values) for part in fault.value)
        error = _ERRORS.get(fault, ModelError)
        return Failure(
            error(f"The chat server {self.server.host} {what}. {remedy}"),
            retry=fault in _RETRIED and retry,
            down=fault in _DOWN,
        )

    def refusal(self, refusal: Refusal, *, retry: bool | float = True) -> Failure:
        """Return the failure that a refusal is."""
        fault = refusal.fault
        if fault is Fault.WRONG_KEY and not self.server.key:
            fault = Fault.NO_KEY
        return self(fault, retry=retry, refused=f"{refusal.status}{self._quoted(refusal.message)}")

    def _quoted(self, text: str) -> str:
        line = one_line(text, self.server.key)
        return f": {line}" if line else ""
