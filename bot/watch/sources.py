"""The list of sources, a file in the corpus folder: an address or a folder a line."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rag.errors import CorpusError
from rag.pages.sources import LIST
from rag.reasons import Reason


@dataclass(frozen=True, slots=True)
class Source:
    """A feed or a site by its address, or a folder by its path, by the name that people know it."""

    name: str
    folder: Path | None = None


def sources(corpus: Path) -> tuple[Source, ...]:
    """Return the corpus folder and what its list names, each once; `#` begins a comment.

    Folders are named as seen from the corpus folder.

    Raises:
        CorpusError: the list cannot be read.
    """
    path = corpus / LIST
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CorpusError(Reason.UNREADABLE_PATH(path=str(path), error=said or "")) from error
    lines = (line.strip() for line in text.splitlines())
    named = (line.partition(" #")[0].strip() for line in lines if not line.startswith("#"))
    found = [Source(str(corpus), corpus), *(_source(name, corpus) for name in named if name)]
    return tuple({source.name: source for source in found}.values())


def _source(name: str, corpus: Path) -> Source:
    if urlsplit(name).scheme in {"http", "https"}:
        return Source(name)
    return Source(name, corpus / Path(name).expanduser())
