"""The servers that an index may be kept on, in place of its folder."""

from dataclasses import dataclass, field
from typing import Any

from rag.index.tables import Server

TENANT, DATABASE = "default_tenant", "default_database"
"""Chroma's own names of the tenant and the database that are there from the start."""

GRAPH: dict[str, Any] = {"hnsw": {"space": "cosine", "ef_search": 4000}}
"""How Chroma finds vectors, in a folder or on a server: by their cosine, so many passages in view.
Of the 50 nearest to a question among 100,000, 1,600 find .951 and 4,000 .986, in 2.8 ms more
(benchmarks/scale.md). A distributed Chroma takes the cosine only."""


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
