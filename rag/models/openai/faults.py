"""What can go wrong with a chat server: its refusals read, and each fault a line with a remedy."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from rag.errors import ContextOverflow, ModelError, TextCut
from rag.models.endpoint import NO_ADDRESS, SERVER_ERROR, TOO_MANY_REQUESTS, Server
from rag.models.redact import one_line
from rag.reasons import Remark

_CHECK_URL = "Check GRIOT_LLM_URL, which for most servers ends in /v1."
_ASK_AGAIN = "Ask again, and look into the server's log."


class Failure(Exception):
    """A call that failed: `error` is for the person, `down` if the server itself is to blame.

    `retry` is as `stamina` takes it: whether another try may succeed, or after how many seconds.
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
    def overflows(self) -> bool:
        """True if the messages are too long for the model."""
        return self.status == _TOO_LARGE or bool(_OVERFLOW.search(self.words))

    @property
    def knows_no_model(self) -> bool:
        """True if the server has no model of that name."""
        return not (self.closed or self.too_many) and bool(_NO_MODEL.search(self.words))

    @property
    def exhausted(self) -> bool:
        """True if no quota or credit is left."""
        return self.status == _PAYMENT or bool(_NO_QUOTA.search(self.words))

    @property
    def closed(self) -> bool:
        """True if the key is refused or missing."""
        return self.status in _CLOSED

    @property
    def too_many(self) -> bool:
        """True if the server is asked too often."""
        return self.status == TOO_MANY_REQUESTS

    @property
    def not_found(self) -> bool:
        """True if nothing is at the address."""
        return self.status == _NOT_FOUND

    @property
    def server_failed(self) -> bool:
        """True if the server itself is to blame."""
        return self.status >= SERVER_ERROR

    @property
    def invalid(self) -> bool:
        """True if a part of the request is refused, other than its length or its model."""
        return self.status in _INVALID and not (self.overflows or self.knows_no_model)

    @property
    def passes(self) -> bool:
        """True if the same request may succeed later."""
        return self.server_failed or (self.too_many and not self.exhausted)


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
    """The failures of one model of one server."""

    server: Server

    def left_alone(self, left: float) -> ModelError:
        """Return the error of a call that is not let through for so many seconds."""
        return self._error(
            "has failed repeatedly",
            f"It is tried again in {math.ceil(left)} s; {Remark.griot} doctor says what is wrong.",
        )

    def no_address(self) -> Failure:
        """The host's name is none."""
        return Failure(ModelError(f"{self.server.prefix}_URL {NO_ADDRESS}"))

    def unreachable(self, reason: str) -> Failure:
        """No connection was made, for a reason in the system's words."""
        what = f"cannot be reached ({one_line(reason, self.server.key)})"
        remedy = "Start the server, or set GRIOT_LLM_URL to one that runs."
        return Failure(self._error(what, remedy), retry=True, down=True)

    def no_connection(self, seconds: float) -> Failure:
        """No connection was made in time."""
        what = f"took no connection within {seconds:g} s"
        return Failure(self._error(what, "Check that it runs, and GRIOT_LLM_URL."), down=True)

    def lost(self, error: Exception) -> Failure:
        """The connection ended before anything was written."""
        what = f"closed the connection without an answer ({type(error).__name__})"
        remedy = "Look into the server's log, and check GRIOT_LLM_URL."
        return Failure(self._error(what, remedy), retry=True, down=True)

    def silent(self, seconds: float, *, begun: bool) -> Failure:
        """Nothing was written in time, or nothing more once the reply had begun."""
        if begun:
            what = f"has said nothing for {seconds:g} s"
            remedy = "Ask again; if it stays so, restart the server."
        else:
            what = f"wrote nothing within {seconds:g} s"
            remedy = (
                "A local model reads long prompts slowly: lower GRIOT_LLM_CONTEXT, or set "
                "GRIOT_LLM_MODEL to a smaller one."
            )
        return Failure(self._error(what, remedy), down=True)

    def cut(self) -> Failure:
        """The reply ended before it was whole."""
        return Failure(self._error("broke off before its answer was whole", _ASK_AGAIN))

    def malformed(self, body: str, *, wanted: str = "a chat completion") -> Failure:
        """The answer is of another form than the one wanted."""
        what = f"answered without {wanted}{self._quoted(_words(body)[0])}"
        return Failure(self._error(what, _CHECK_URL))

    def empty(self, max_tokens: int | None) -> Failure:
        """The reply holds no text; `max_tokens` if it ended at that limit."""
        within = f" within {max_tokens} tokens" if max_tokens else ""
        remedy = f"Ask again, or set GRIOT_LLM_MODEL (now {self.server.model}) to another model."
        return Failure(self._error(f"wrote no text{within}", remedy))

    def withheld(self) -> Failure:
        """A filter of the server's stopped the text."""
        remedy = f"Set GRIOT_LLM_MODEL (now {self.server.model}) to another model."
        return Failure(self._error("withheld its answer (content_filter)", remedy))

    def length(self, max_tokens: int) -> Failure:
        """The limit of tokens stopped the text."""
        what = f"reached {max_tokens} tokens before its answer was whole"
        return Failure(self._error(what, "Ask a narrower question.", TextCut))

    def refusal(self, refusal: Refusal, *, retry: bool | float = True) -> Failure:
        """Return the failure for a refusal; `retry` counts if it may pass."""
        quoted = f"{refusal.status}{self._quoted(refusal.message)}"
        if refusal.overflows:
            what = f"cannot read that much at once ({quoted})"
            remedy = "Set GRIOT_LLM_CONTEXT to the tokens that the model takes."
            return Failure(self._error(what, remedy, ContextOverflow))
        what, remedy = self._refused(refusal)
        error = self._error(f"{what} ({quoted})", remedy)
        return Failure(error, retry=refusal.passes and retry, down=refusal.server_failed)

    def _refused(self, refusal: Refusal) -> tuple[str, str]:
        """Return what happened and the remedy: the first case that holds."""
        model, key = self.server.model, self.server.key
        lists = f"Set GRIOT_LLM_MODEL to one that {Remark.griot} doctor lists"
        elsewhere = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
        cases = (
            (
                refusal.knows_no_model,
                f"knows no model {model}",
                f"{lists}; with Ollama, run: ollama pull {model}",
            ),
            (refusal.exhausted, "has no quota left for this key", f"Add credit, or {elsewhere}"),
            (refusal.closed and not key, "asks for a key", "Set GRIOT_LLM_KEY."),
            (refusal.closed, "refuses the key", "Set GRIOT_LLM_KEY to one that it accepts."),
            (refusal.too_many, "takes no more for now", f"Wait a while, or {elsewhere}"),
            (refusal.not_found, "has nothing at that address", _CHECK_URL),
            (refusal.server_failed, "failed", _ASK_AGAIN),
            (True, "refuses the request", f"Check GRIOT_LLM_URL and GRIOT_LLM_MODEL ({model})."),
        )
        return next((what, remedy) for holds, what, remedy in cases if holds)

    def _error(self, what: str, remedy: str, kind: type[ModelError] = ModelError) -> ModelError:
        return kind(f"The chat server {self.server.host} {what}. {remedy}")

    def _quoted(self, text: str) -> str:
        line = one_line(text, self.server.key)
        return f": {line}" if line else ""
