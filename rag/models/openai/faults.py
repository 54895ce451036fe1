"""What can go wrong with a chat server: each fault a line that names the remedy."""

import math
from dataclasses import dataclass, field

from rag.command import griot
from rag.errors import ContextOverflow, ModelError, TextCut
from rag.models.openai import refusals
from rag.models.openai.redact import one_line
from rag.models.openai.refusals import Refusal

_MEND = "Check GRIOT_LLM_URL, which for most servers ends in /v1."


class Failure(Exception):
    """An attempt that failed: with what error, and what may be done about it.

    `passes` says that another try may succeed, after `wait` seconds where the server said so;
    `down` that the server itself is to blame.
    """

    def __init__(
        self,
        error: ModelError,
        *,
        passes: bool = False,
        down: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.passes = passes
        self.down = down
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Faults:
    """What can go wrong with one model of one server, each a line that names the remedy."""

    host: str
    model: str
    key: str | None = field(repr=False)

    def left_alone(self, left: float) -> ModelError:
        """Give the error of a call that is not let through for so many seconds."""
        return self._error(
            "has failed repeatedly",
            f"It is tried again in {math.ceil(left)} s; {griot('doctor')} says what is wrong.",
        )

    def unreachable(self, reason: str) -> Failure:
        """No connection was made, for a reason in the system's words."""
        what = f"cannot be reached ({one_line(reason, self.key)})"
        remedy = "Start the server, or set GRIOT_LLM_URL to one that runs."
        return Failure(self._error(what, remedy), passes=True, down=True)

    def no_connection(self, seconds: float) -> Failure:
        """No connection was made in time."""
        what = f"took no connection within {seconds:g} s"
        return Failure(self._error(what, "Check that it runs, and GRIOT_LLM_URL."), down=True)

    def lost(self, error: Exception) -> Failure:
        """The connection ended before anything was written."""
        what = f"closed the connection without an answer ({type(error).__name__})"
        remedy = "Look into the server's log, and check GRIOT_LLM_URL."
        return Failure(self._error(what, remedy), passes=True, down=True)

    def silent(self, seconds: float, *, begun: bool) -> Failure:
        """Nothing was written in time: nothing more, where the reply has begun."""
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
        what = "broke off before its answer was whole"
        return Failure(self._error(what, "Ask again, and look into the server's log."))

    def malformed(self, body: str, *, instead_of: str = "a chat completion") -> Failure:
        """What came is not what was asked for."""
        what = f"answered without {instead_of}{self._quoted(refusals.said(body))}"
        return Failure(self._error(what, _MEND))

    def empty(self, max_tokens: int | None) -> Failure:
        """The reply holds no text, and ended at the limit of tokens where one is given."""
        within = f" within {max_tokens} tokens" if max_tokens else ""
        remedy = f"Ask again, or set GRIOT_LLM_MODEL (now {self.model}) to another model."
        return Failure(self._error(f"wrote no text{within}", remedy))

    def withheld(self) -> Failure:
        """A filter of the server's stopped the text."""
        remedy = f"Set GRIOT_LLM_MODEL (now {self.model}) to another model."
        return Failure(self._error("withheld its answer (content_filter)", remedy))

    def length(self, max_tokens: int) -> Failure:
        """The text was stopped by its limit of tokens."""
        what = f"reached {max_tokens} tokens before its answer was whole"
        return Failure(self._error(what, "Ask a narrower question.", TextCut))

    def refusal(self, refusal: Refusal, wait: float | None = None) -> Failure:
        """Give the failure that an error of the server amounts to."""
        said = f"{refusal.status}{self._quoted(refusal.said)}"
        if refusal.overflows:
            what = f"cannot read that much at once ({said})"
            remedy = "Set GRIOT_LLM_CONTEXT to the tokens that the model takes."
            return Failure(self._error(what, remedy, ContextOverflow))
        what, remedy = self._refused(refusal, said)
        error, down = self._error(what, remedy), refusal.server_failed
        return Failure(error, passes=refusal.passes, down=down, wait=wait)

    def _refused(self, refusal: Refusal, said: str) -> tuple[str, str]:
        """Give what happened and the remedy: the first case that holds."""
        model, pull = self.model, f"with Ollama, run: ollama pull {self.model}"
        elsewhere = "set GRIOT_LLM_URL and GRIOT_LLM_KEY to another server's."
        cases = (
            (
                refusal.knows_no_model,
                f"knows no model {model}",
                f"Set GRIOT_LLM_MODEL to one that {griot('doctor')} lists; {pull}",
            ),
            (refusal.exhausted, "has no quota left for this key", f"Add credit, or {elsewhere}"),
            (refusal.closed and not self.key, "asks for a key", "Set GRIOT_LLM_KEY."),
            (refusal.closed, "refuses the key", "Set GRIOT_LLM_KEY to one that it accepts."),
            (refusal.too_many, "takes no more for now", f"Wait a while, or {elsewhere}"),
            (refusal.not_found, "has nothing at that address", _MEND),
            (refusal.server_failed, "failed", "Ask again, and look into the server's log."),
            (True, "refuses the request", f"Check GRIOT_LLM_URL and GRIOT_LLM_MODEL ({model})."),
        )
        what, remedy = next((what, remedy) for holds, what, remedy in cases if holds)
        return f"{what} ({said})", remedy

    def _error(self, what: str, remedy: str, kind: type[ModelError] = ModelError) -> ModelError:
        return kind(f"The chat server {self.host} {what}. {remedy}")

    def _quoted(self, text: str) -> str:
        line = one_line(text, self.key)
        return f": {line}" if line else ""
