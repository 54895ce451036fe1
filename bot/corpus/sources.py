"""The list of sources, a file in the corpus folder: an address or a folder a line."""

from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError
from rag.pages.links import is_address, without_credentials
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
    named = map(_named, listing(corpus).splitlines())
    found = [Source(str(corpus), corpus), *(source_of(name, corpus) for name in named if name)]
    return tuple({source.name: source for source in found}.values())


def listing(corpus: Path) -> str:
    """Return the text of the list, "" where there is none.

    Raises:
        CorpusError: it cannot be read.
    """
    path = corpus / LIST
    try:
        return path.read_text(encoding="utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CorpusError(Reason.UNREADABLE_PATH(path=str(path), error=said or "")) from error


def source_of(name: str, corpus: Path) -> Source:
    """Return the source that a line of the list names."""
    if is_address(name):
        return Source(name)
    try:
        folder = Path(name).expanduser()
    except RuntimeError:  # a person whom this system does not know
        folder = Path(name)
    return Source(name, corpus / folder)


def with_line(text: str, name: str) -> str:
    """Return a list with another source, the last one."""
    between = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{between}{name}\n"


def without_line(text: str, name: str) -> str:
    """Return a list without a source; everything else stays as it stands there."""
    return "".join(line for line in text.splitlines(keepends=True) if _named(line) != name)


def _named(line: str) -> str:
    """Return the source that a line names, without credentials; "" for none."""
    said = line.strip()
    return "" if said.startswith("#") else without_credentials(said.partition(" #")[0].strip())
