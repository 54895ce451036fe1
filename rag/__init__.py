"""Articles, passages, evidence and answers: everything Griot knows without knowing people.

```python
import asyncio

from rag import Library

with Library.open(".griot", corpus="corpus") as library:
    library.refresh()
    answer = asyncio.run(library.ask("Who accompanied Goïta?"))
```

A name is imported from its module when it is first used, so importing the package costs nothing.
"""

TYPE_CHECKING = False  # typing's own constant would cost the import of typing, 8 ms
if TYPE_CHECKING:
    from rag.errors import (
        AnswerNotFound,
        ArticleNotFound,
        CassetteError,
        ContextOverflow,
        CorpusError,
        EmbeddingError,
        EngineGone,
        GriotError,
        IndexDamaged,
        IndexLocked,
        IndexMismatch,
        ModelError,
        ReaderError,
        Refused,
        SourceError,
        Stopped,
        StorageError,
        StorageFull,
        TextCut,
    )
    from rag.library import Library
    from rag.reasons import Reason, Remark
    from rag.types import Answer, Article, Citation, Claim, Edition, Evidence, Outcome, Passage
    from rag.understanding.conversation import Turn

__all__ = [
    "Answer",
    "AnswerNotFound",
    "Article",
    "ArticleNotFound",
    "CassetteError",
    "Citation",
    "Claim",
    "ContextOverflow",
    "CorpusError",
    "Edition",
    "EmbeddingError",
    "EngineGone",
    "Evidence",
    "GriotError",
    "IndexDamaged",
    "IndexLocked",
    "IndexMismatch",
    "Library",
    "ModelError",
    "Outcome",
    "Passage",
    "ReaderError",
    "Reason",
    "Refused",
    "Remark",
    "SourceError",
    "Stopped",
    "StorageError",
    "StorageFull",
    "TextCut",
    "Turn",
]


def __getattr__(name: str) -> object:
    """Import a public name."""
    from importlib import import_module

    if name in __all__:
        for module in ("rag.types", "rag.errors", "rag.reasons", "rag.library"):
            if found := getattr(import_module(module), name, None):
                return found
    raise AttributeError(f"module 'rag' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
