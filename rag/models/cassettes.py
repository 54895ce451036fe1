"""Recorded answers of servers, replayed without one: cassettes.

A cassette is a folder with a JSON file for each request and its answer. `Recorder` and `Replayer`
are transports of httpx, so that a replay runs everything of a client but the network:

```python
OpenAIModel(url, model, key, transport=Recorder(folder, httpx.AsyncHTTPTransport()))
OpenAIModel(url, model, transport=Replayer(folder))
```
"""

import hashlib
import json
import re
import shlex
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode

import httpx

from rag.errors import CassetteError
from rag.reasons import Remark

HASH = 16  # hexadecimal digits of a file's name
SHORTEST_KEY = 8  # characters; a shorter one is no secret, and a word that texts may hold
DIFFERENCES = 3  # that are shown
SHOWN = 60  # characters of each
SHARED = 20  # characters that lead up to a difference

SESSION = "session.json"
"""The file that says what a folder's cassettes were recorded with."""

_KEY = "[key]"
_REFUSED = frozenset({400, 422})
_SECRET_NAME = re.compile(r"key|token|secret|signature|password|auth", re.IGNORECASE)
_ENDED = re.compile(r'^data: ?\[DONE\]|"finish_reason": ?"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The settings that requests depend on, which must be the same when they are replayed.

    `path` is that of the server's address, `context` in tokens, `today` what dates count from.
    """

    model: str
    path: str
    context: int
    today: date

    def write(self, folder: Path | str) -> None:
        """Write it beside the cassettes.

        Raises:
            CassetteError: the folder cannot be written.
        """
        with _writable(Path(folder)) as made:
            _write(made / SESSION, asdict(self) | {"today": self.today.isoformat()})

    @classmethod
    def read(cls, folder: Path | str) -> Self:
        """Read what `write` wrote.

        Raises:
            CassetteError: nothing was recorded there.
        """
        try:
            fields = json.loads((Path(folder) / SESSION).read_text(encoding="utf-8"))
            return cls(**fields | {"today": date.fromisoformat(fields["today"])})
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CassetteError(
                f"{folder} holds no recorded answers; record them with: "
                f"{Remark.griot} check --record {shlex.quote(str(folder))}"
            ) from error


@dataclass(frozen=True, slots=True)
class _Request:
    """Return what identifies a request; the host and the headers do not."""

    method: str
    path: str
    body: Any  # JSON

    @classmethod
    def of(cls, request: httpx.Request) -> Self:
        """Return what is kept of a request, without its secrets."""
        redacted = _redaction(request)
        content = redacted(request.content.decode("utf-8", "backslashreplace"))
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = content
        query = urlencode([pair for pair in _query(request) if not _SECRET_NAME.search(pair[0])])
        path = redacted(request.url.path)
        return cls(request.method, f"{path}?{query}" if query else path, body)

    @property
    def hash(self) -> str:
        """The SHA-256 of the canonical JSON, in hexadecimal digits."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:HASH]

    @property
    def lines(self) -> list[str]:
        """The request in lines, its texts in those of their own."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=0, sort_keys=True)
        return text.replace("\\n", "\n").split("\n")


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer. `body` are its lines as they were streamed, without line feeds."""

    status: int
    content_type: str
    body: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Take:
    """A request and one answer to it, in the file of that name."""

    name: str
    request: _Request
    response: _Response

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(path.name, _Request(**kept["request"]), _Response(**kept["response"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CassetteError(f"{path} is no recorded answer; record it anew") from error


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on to a transport, and keeps the answers in a folder.

    Kept are answers that ended whole, and refusals of the request itself (400, 422), which a
    client may learn from. What is cancelled, cut or for the moment (load, a wrong key) is not.
    Equal requests become numbered takes; the first take of a recording replaces all earlier ones.

    Headers are not kept; secrets in addresses are left out, and the key is replaced wherever it
    occurs. Texts are UTF-8.
    """

    def __init__(self, folder: Path | str, transport: httpx.AsyncBaseTransport) -> None:
        self._folder = Path(folder)
        self._transport = transport
        self._takes: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the transport's answer, which is kept once it has been read to its end."""
        await request.aread()
        response = await self._transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)

        def ended(content: bytes) -> None:
            self._keep(request, response, content)

        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Tee(response.stream, ended),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    def _keep(self, request: httpx.Request, response: httpx.Response, content: bytes) -> None:
        # A response made anew decodes what came compressed.
        text = httpx.Response(200, headers=response.headers, content=content).text
        content_type = response.headers.get("content-type", "")
        if not _is_whole(response.status_code, content_type, text):
            return
        asked = _Request.of(request)
        lines = _redaction(request)(text).split("\n")
        answer = _Response(response.status_code, content_type, lines)
        self._takes[asked.hash] += 1
        number = self._takes[asked.hash]
        with _writable(self._folder) as folder:
            if number == 1:
                for earlier in folder.glob(f"{asked.hash}-*.json"):
                    earlier.unlink()
            take = {"request": asdict(asked), "response": asdict(answer)}
            _write(folder / f"{asked.hash}-{number}.json", take)


class Replayer(httpx.AsyncBaseTransport):
    """Answers requests from a folder that a `Recorder` filled, without any connection.

    Equal requests get their takes in order, and the last one again and again. Each request is
    compared whole with the recorded one.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._loaded: Mapping[str, Sequence[_Take]] | None = None
        self._replayed: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded answer.

        Raises:
            CassetteError: none was recorded for this request; the message shows the nearest one.
        """
        await request.aread()
        asked = _Request.of(request)
        takes = [take for take in self._takes.get(asked.hash, ()) if take.request == asked]
        if not takes:
            raise CassetteError(self._missing(asked))
        answer = takes[min(self._replayed[asked.hash], len(takes) - 1)].response
        self._replayed[asked.hash] += 1
        content = "\n".join(answer.body).encode("utf-8", "replace")
        headers = {"Content-Type": answer.content_type}
        return httpx.Response(answer.status, headers=headers, content=content)

    @property
    def _takes(self) -> Mapping[str, Sequence[_Take]]:
        """The takes in their order, by the hash of their request; read when first needed."""
        if self._loaded is None:
            takes: dict[str, list[_Take]] = {}
            for path in sorted(self._folder.glob("*-*.json"), key=_number):
                takes.setdefault(path.name.partition("-")[0], []).append(_Take.read(path))
            self._loaded = takes
        return self._loaded

    def _missing(self, asked: _Request) -> str:
        what = f"{self._folder} holds no answer to this {asked.method} {asked.path}"
        kept = [take for takes in self._takes.values() for take in takes]
        if not kept:
            return f"{what}, nor any other; record it with: {Remark.griot} check --record"
        nearest = max(kept, key=lambda take: _matcher(take.request, asked).ratio())
        differences = "; ".join(_differences(nearest.request, asked))
        return f"{what}; the nearest, {nearest.name}, differs: {differences}; record it anew"


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Make a folder to write into, or raise a `CassetteError` with the remedy."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except OSError as error:
        raise CassetteError(
            f"cannot write to {folder} ({error.strerror}); check its permissions and the disk"
        ) from error


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    text = json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace", newline="\n")


class _Tee(httpx.AsyncByteStream):
    """Passes a stream on, and all of it to `ended` when it has been read to its end."""

    def __init__(self, stream: httpx.AsyncByteStream, ended: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._ended = ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = []
        async for part in self._stream:
            parts.append(part)
            yield part
        self._ended(b"".join(parts))

    async def aclose(self) -> None:
        await self._stream.aclose()


def _query(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.url.query.decode("ascii", "replace"), keep_blank_values=True)


def _redaction(request: httpx.Request) -> Callable[[str], str]:
    """Return what replaces a request's keys in a text, also as JSON and addresses write them."""
    keys = [
        value.rpartition(" ")[2]
        for name, value in [*request.headers.items(), *_query(request)]
        if _SECRET_NAME.search(name)
    ]
    forms = {
        form
        for key in keys
        if len(key) >= SHORTEST_KEY
        for form in (key, json.dumps(key)[1:-1], quote(key, safe=""))
    }
    if not forms:
        return lambda text: text
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join(re.escape(form) for form in longest_first))
    return lambda text: pattern.sub(_KEY, text)


def _is_whole(status: int, content_type: str, text: str) -> bool:
    """True if an answer is worth keeping: it ended, or it refuses the request."""
    if status in _REFUSED:
        return True
    streamed = content_type.startswith("text/event-stream")
    return httpx.codes.is_success(status) and (not streamed or bool(_ENDED.search(text)))


def _number(path: Path) -> tuple[str, int]:
    """Return what takes are ordered by: 10 comes after 9."""
    name, _, number = path.stem.partition("-")
    return name, int(number) if number.isdecimal() else 0


def _matcher(kept: _Request, asked: _Request) -> "SequenceMatcher[str]":
    return SequenceMatcher(None, kept.lines, asked.lines, autojunk=False)


def _differences(kept: _Request, asked: _Request) -> Iterator[str]:
    """Yield the first few differences of a request from the recorded one."""
    changes = [change for change in _matcher(kept, asked).get_opcodes() if change[0] != "equal"]
    for _, start, end, asked_start, asked_end in changes[:DIFFERENCES]:
        texts = [" ".join(kept.lines[start:end]), " ".join(asked.lines[asked_start:asked_end])]
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))
        cut = max(len([*alike]) - SHARED, 0)
        recorded, now = (_clipped(text, cut) for text in texts)
        yield f"recorded {recorded}, asked {now}"
    if len(changes) > DIFFERENCES:
        yield f"and {len(changes) - DIFFERENCES} more"


def _clipped(text: str, start: int) -> str:
    end = start + SHOWN
    return f"“{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}”"
