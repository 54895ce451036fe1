"""The ecosystem seam: Documents in, Griot out as a LlamaIndex node parser and retriever.

Imports llama-index-core, which takes seconds; asking never imports this module.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    TextNode,
)

from rag.extract import extract
from rag.library import PASSAGES, Library
from rag.passages import cut
from rag.types import Article, Evidence, Format, RawPage

_FIELDS = ("url", "title", "outlet", "published")


def articles_from(documents: Iterable[Document]) -> tuple[Article, ...]:
    """Give the articles that any LlamaIndex reader's documents hold.

    Metadata may tell `url`, `title`, `outlet` and `published`; without a URL the document's id
    becomes the article's.

    Raises:
        SourceError: a document holds no article text.
    """
    return tuple(extract(_page(document)) for document in documents)


class PassageParser(NodeParser):
    """Parts documents into Griot's passages: runs of whole sentences, with their true offsets.

    Each node's `start_char_idx` and `end_char_idx` count in the article's normalised text.
    """

    @classmethod
    def class_name(cls) -> str:
        """Name the class as LlamaIndex serialises it."""
        return "PassageParser"

    def _parse_nodes(
        self,
        nodes: Sequence[BaseNode],
        show_progress: bool = False,  # noqa: ARG002, FBT001, FBT002 - LlamaIndex's own signature
        **_: Any,  # noqa: ANN401 - as above
    ) -> list[BaseNode]:
        return [passage for node in nodes for passage in _nodes(node)]


class GriotRetriever(BaseRetriever):
    """Griot's retrieval for LlamaIndex's query engines and agents.

    A node's metadata are `article_id`, `title`, `outlet`, `url` and `published`; its score is
    Griot's own, and its offsets count in the article's text.
    """

    def __init__(self, library: Library, k: int = PASSAGES) -> None:
        self._library = library
        self._k = k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        evidence = self._library.search(query_bundle.query_str, self._k)
        return [NodeWithScore(node=_node(one), score=one.score) for one in evidence]


def _page(document: BaseNode) -> RawPage:
    metadata = document.metadata
    return RawPage(
        location=document.node_id,
        format=Format.RECORD,
        content=document.get_content(metadata_mode=MetadataMode.NONE),
        fields={name: str(metadata[name]) for name in _FIELDS if metadata.get(name)},
    )


def _nodes(document: BaseNode) -> list[TextNode]:
    article = extract(_page(document))
    return [
        TextNode(
            text=one.passage.text_in(article),
            start_char_idx=one.passage.start,
            end_char_idx=one.passage.end,
            metadata={**document.metadata, **_told(article)},
            relationships={NodeRelationship.SOURCE: document.as_related_node_info()},
        )
        for one in cut(article.id, article.text)
    ]


def _node(evidence: Evidence) -> TextNode:
    passage, article = evidence.passage, evidence.article
    return TextNode(
        id_=f"{article.id}:{passage.start}-{passage.end}",
        text=evidence.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=_told(article),
    )


def _told(article: Article) -> dict[str, str]:
    """Give what is known of an article, in the form of node metadata."""
    told = {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
    }
    return {name: value for name, value in told.items() if value}
