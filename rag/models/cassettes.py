"""Recorded answers of servers, replayed without one: cassettes.

A cassette is a folder with a JSON file for each request and its answer. `Recorder` and `Replayer`
are transports of httpx, so that everything of a client but the network is exercised by a replay:

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
"""What a folder's cassettes were recorded with."""

_KEY = "[key]"
_REFUSED = frozenset({400, 422})
_SECRET_NAME = re.compile(r"key|token|secret|signature|password|auth", re.IGNORECASE)
_ENDED = re.compile(r'^data: ?\[DONE\]|"finish_reason": ?"', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What requests depend on beside the questions, to be the same when they are replayed.

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
        said = asdict(self) | {"today": self.today.isoformat()}
        with _writing(Path(folder)) as made:
            text = json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True)
            (made / SESSION).write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, folder: Path | str) -> Self:
        """Read what `write` wrote.

        Raises:
            CassetteError: nothing was recorded there.
        """
        try:
            said = json.loads((Path(folder) / SESSION).read_text(encoding="utf-8"))
            return cls(**said | {"today": date.fromisoformat(said["today"])})
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CassetteError(
                f"{folder} holds no recorded answers; record them with: "
                f"{Remark.griot} check --record {shlex.quote(str(folder))}"
            ) from error


@dataclass(frozen=True, slots=True)
class _Request:
    """What tells one request from another: neither the host nor a header. `body` is JSON."""

    method: str
    path: str
    body: Any

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, as hexadecimal digits."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:HASH]


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer. `body` are its lines as they were streamed, each without the line feed."""

    status: int
    content_type: str
    body: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Take:
    """A request and one answer to it, in the file of that name."""

    name: str
    request: _Request
    response: _Response


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on to a transport, and keeps what is answered in a folder.

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
        """Give the transport's answer, which is kept once it has been read to its end."""
        await request.aread()
        response = await self._transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)

        def ended(content: bytes) -> None:
            self._keep(request, response, content)

        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Tape(response.stream, ended),
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
        redacted = _redacting(request)
        asked = _request(request)
        lines = redacted(text).split("\n")
        self._write(asked, _Response(response.status_code, content_type, lines))

    def _write(self, request: _Request, response: _Response) -> None:
        self._takes[request.hash] += 1
        number = self._takes[request.hash]
        written = {"request": asdict(request), "response": asdict(response)}
        text = json.dumps(written, ensure_ascii=False, indent=2, sort_keys=True)
        with _writing(self._folder) as folder:
            if number == 1:
                for earlier in folder.glob(f"{request.hash}-*.json"):
                    earlier.unlink()
            path = folder / f"{request.hash}-{number}.json"
            path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace", newline="\n")


class Replayer(httpx.AsyncBaseTransport):
    """Answers requests from a folder that a `Recorder` filled, without any connection.

    The takes of equal requests are given in their order, the last one again and again. Each
    request is compared whole with the recorded one.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._read: Mapping[str, Sequence[_Take]] | None = None
        self._given: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Give the recorded answer.

        Raises:
            CassetteError: none was recorded for this request; the message shows the nearest one.
        """
        await request.aread()
        asked = _request(request)
        takes = [one for one in self._takes.get(asked.hash, ()) if one.request == asked]
        if not takes:
            raise CassetteError(self._missing(asked))
        take = takes[min(self._given[asked.hash], len(takes) - 1)]
        self._given[asked.hash] += 1
        content = "\n".join(take.response.body).encode("utf-8", "replace")
        headers = {"Content-Type": take.response.content_type}
        return httpx.Response(take.response.status, headers=headers, content=content)

    @property
    def _takes(self) -> Mapping[str, Sequence[_Take]]:
        """The takes in their order, by the hash of their request; read when first needed."""
        if self._read is None:
            takes: dict[str, list[_Take]] = {}
            for path in sorted(self._folder.glob("*-*.json"), key=_number):
                take = _take(path)
                takes.setdefault(path.name.partition("-")[0], []).append(take)
            self._read = takes
        return self._read

    def _missing(self, asked: _Request) -> str:
        what = f"{self._folder} holds no answer to this {asked.method} {asked.path}"
        kept = [take for takes in self._takes.values() for take in takes]
        if not kept:
            return f"{what}, nor any other; record it with: {Remark.griot} check --record"
        lines = _lines(asked)
        nearest = max(kept, key=lambda one: _likeness(_lines(one.request), lines))
        told = "; ".join(_differences(_lines(nearest.request), lines))
        return f"{what}; the nearest, {nearest.name}, differs: {told}; record it anew"


@contextmanager
def _writing(folder: Path) -> Iterator[Path]:
    """Make a folder to write into, and say what to do where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except OSError as error:
        raise CassetteError(
            f"cannot write to {folder} ({error.strerror}); check its permissions and the disk"
        ) from error


class _Tape(httpx.AsyncByteStream):
    """Gives a stream on, and all of it to `ended` when it has been read to its end."""

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


def _request(request: httpx.Request) -> _Request:
    """Give what is kept of a request, without its secrets."""
    redacted = _redacting(request)
    text = redacted(request.content.decode("utf-8", "backslashreplace"))
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = text
    told = urlencode([one for one in _query(request) if not _SECRET_NAME.search(one[0])])
    path = redacted(request.url.path)
    return _Request(request.method, f"{path}?{told}" if told else path, body)


def _query(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.url.query.decode("ascii", "replace"), keep_blank_values=True)


def _redacting(request: httpx.Request) -> Callable[[str], str]:
    """Give what replaces a request's keys in a text, also as JSON and addresses write them."""
    keys = [
        value.rpartition(" ")[2]
        for name, value in [*request.headers.items(), *_query(request)]
        if _SECRET_NAME.search(name)
    ]
    written = {
        form
        for key in keys
        if len(key) >= SHORTEST_KEY
        for form in (key, json.dumps(key)[1:-1], quote(key, safe=""))
    }
    if not written:
        return lambda text: text
    longest_first = sorted(written, key=lambda form: (-len(form), form))
    pattern = re.compile("|".join(re.escape(form) for form in longest_first))
    return lambda text: pattern.sub(_KEY, text)


def _is_whole(status: int, content_type: str, text: str) -> bool:
    """Say whether an answer is worth keeping: one that ended, or a refusal of the request."""
    if status in _REFUSED:
        return True
    streamed = content_type.startswith("text/event-stream")
    return httpx.codes.is_success(status) and (not streamed or bool(_ENDED.search(text)))


def _take(path: Path) -> _Take:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        request, response = _Request(**written["request"]), _Response(**written["response"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CassetteError(f"{path} is no recorded answer; record it anew") from error
    return _Take(path.name, request, response)


def _number(path: Path) -> tuple[str, int]:
    """Give what takes are ordered by: 10 comes after 9."""
    name, _, number = path.stem.partition("-")
    return name, int(number) if number.isdecimal() else 0


def _lines(request: _Request) -> list[str]:
    """Write a request in lines, those of its texts parted as they are."""
    text = json.dumps(asdict(request), ensure_ascii=False, indent=0, sort_keys=True)
    return text.replace("\\n", "\n").split("\n")


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _differences(kept: Sequence[str], asked: Sequence[str]) -> Iterator[str]:
    """Show where a request differs from the recorded one, in the first few places."""
    matcher = SequenceMatcher(None, kept, asked, autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    for _, start, end, other_start, other_end in changes[:DIFFERENCES]:
        one, other = " ".join(kept[start:end]), " ".join(asked[other_start:other_end])
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
        cut = max(len([*shared]) - SHARED, 0)
        yield f"recorded {_clipped(one, cut)}, asked {_clipped(other, cut)}"
    if len(changes) > DIFFERENCES:
        yield f"and {len(changes) - DIFFERENCES} more"


def _clipped(text: str, start: int) -> str:
    end = start + SHOWN
    return f"“{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}”"
