"""The exceptions, drawn as a tree; each message names the remedy.

```
GriotError
├── CorpusError      nothing to read, or a path that cannot be read at all
├── SourceError      one file or page that is skipped, with the reason
│   └── Refused          a server answered that it does not send it
├── StorageError     the folder of the index, or its servers
│   ├── IndexLocked      another process is writing
│   ├── IndexDamaged     the catalog or a search store cannot be read
│   ├── IndexMismatch    made by another embedding model or a newer Griot
│   ├── StorageFull      the disk has no room, or refuses the write
│   └── EngineGone       a server of the index does not answer
├── ModelError       a model that Griot needs
│   ├── EmbeddingError   the embedding model or its endpoint fails
│   ├── ReaderError      the embedded reader fails
│   ├── ContextOverflow  more was sent than a chat model can read at once
│   └── TextCut          a chat model was stopped by its limit of tokens
├── Stopped          a long piece of work was stopped before its end
├── CassetteError    a request has no recorded answer, or a recording cannot be used
├── ArticleNotFound  no article, or more than one, by that name
└── AnswerNotFound   no answer, or more than one, by that id
```

Foreign exceptions are translated where they are met, chained, and never reach a person.
"""

from rag.reasons import Reason, Remark


class GriotError(Exception):
    """The root: whatever Griot raises on purpose. `str()` is a line for a person.

    `remark` is the line as data, of the kind `OTHER` where it was given as a text.
    """

    def __init__(self, said: str | Remark) -> None:
        super().__init__(str(said))
        self.remark = said if isinstance(said, Remark) else Reason.OTHER(text=said)


class CorpusError(GriotError):
    """There is nothing to read: the folder is missing, empty, or holds no article."""


class SourceError(GriotError):
    """One source cannot become an article. Ingestion skips it and says why."""

    def __init__(self, said: Remark) -> None:
        super().__init__(said)


class Refused(SourceError):
    """A server did not send a page: its status, and the seconds that it asks to wait, or 0."""

    def __init__(self, said: Remark, status: int, wait: float) -> None:
        super().__init__(said)
        self.status = status
        self.wait = wait

    @property
    def passes(self) -> bool:
        """Whether the server may send it later."""
        return self.status in {408, 425, 429} or self.status >= 500  # noqa: PLR2004 - as HTTP has them


class StorageError(GriotError):
    """The index cannot be used as it is."""


class IndexLocked(StorageError):
    """Another process is writing to the index."""


class IndexDamaged(StorageError):
    """A store in the index folder cannot be read."""


class IndexMismatch(StorageError):
    """The index was made with another embedding model, or by a newer Griot."""


class StorageFull(StorageError):
    """The disk is full, or the index folder is read-only."""


class EngineGone(StorageError):
    """The database or the vector server of the index does not answer, or refuses to."""


class ModelError(GriotError):
    """A model cannot be used."""


class EmbeddingError(ModelError):
    """The embedding model cannot be loaded, or its endpoint does not answer as it should."""


class ReaderError(ModelError):
    """The embedded reader cannot be loaded or run."""


class ContextOverflow(ModelError):
    """The messages are longer than the chat model's context; sending less may succeed."""


class TextCut(ModelError):
    """A chat model's text reached the limit of tokens; what came before is its beginning."""


class Stopped(GriotError):
    """A long piece of work was stopped by its `Progress`; what was done before is kept."""


class CassetteError(GriotError):
    """A request has no recorded answer, or the recorded answers cannot be read or written."""


class ArticleNotFound(GriotError):
    """No article, or more than one, has that id."""


class AnswerNotFound(GriotError):
    """No answer that was kept, or more than one, has that id or begins its id so."""
