"""The servers that an index may be kept on, in place of its folder."""

from dataclasses import dataclass, field
from typing import Any

from rag.index.tables import Server

TENANT, DATABASE = "default_tenant", "default_database"
"""Chroma's own names of the tenant and the database that are there from the start."""

GRAPH: dict[str, Any] = {"hnsw": {"space": "cosine", "ef_search": 1600}}
"""How Chroma finds vectors, in a folder or on a server: by their cosine, so many passages in view.
Of the 50 nearest to a question among 10,000 and 99,000, 400 found .990 and .81, and 1,600 .997 and
.954, in 1.4 and 2.8 ms more (benchmarks/scale.md). A distributed Chroma takes the cosine only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaAddress:
    """A server of Chroma's, and whose part of it.

    `header` is sent with each request, as "Name: value". It, and the address, may hold a secret.
    """

    url: str = field(repr=False)
    header: str | None = field(default=None, repr=False)
    tenant: str = TENANT
    database: str = DATABASE


@dataclass(frozen=True, slots=True)
class Engines:
    """The catalog and the words in PostgreSQL, the vectors on Chroma's server."""

    database: Server
    chroma: ChromaAddress
