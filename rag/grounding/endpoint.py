"""A verifier behind a server, which is asked for a yes or a no."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rag.grounding.support import Pair
from rag.models.endpoint import Endpoint, Server

if TYPE_CHECKING:
    import httpx

ASKED_AT_ONCE = 4


class EndpointVerifier:
    """A verifier behind any server that answers `POST …/v1/chat/completions` as OpenAI's does.

    It is asked as MiniCheck is (https://arxiv.org/abs/2404.10774): a document and a claim, for a
    yes or a no. `url` is the server's base, with or without `/v1`, or the whole address.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str | None = None,
        *,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        server = Server.of(url, model, key, prefix="GRIOT_VERIFY")
        self._endpoint = Endpoint(
            server, "/chat/completions", kind="verifying", transport=transport
        )
        self._model = model

    @property
    def name(self) -> str:
        """See `Verifier`."""
        return self._model

    def load(self) -> None:
        """See `Verifier`; the server loads its model when it is asked."""

    def support(self, pairs: Sequence[Pair]) -> list[float]:
        """See `Verifier`: 1 for a yes, 0 for a no."""
        if not pairs:
            return []
        with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(pairs))) as pool:
            return list(pool.map(self._asked, pairs))

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._endpoint.close()

    def _asked(self, pair: Pair) -> float:
        content = f"Document: {' '.join(pair.sentences)}\nClaim: {pair.statement}"
        payload = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
        }
        return self._endpoint.post(payload, _judged, otherwise="neither yes nor no")


def _judged(body: Any) -> float:  # noqa: ANN401 - whatever the server sent
    """Return 1 for a yes and 0 for a no, of a chat completion.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, IndexError: it is neither.
    """
    said = body["choices"][0]["message"]["content"].strip().rstrip(".").casefold()
    return {"yes": 1.0, "no": 0.0}[said]
