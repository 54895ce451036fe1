"""The ecosystem seam: LlamaIndex's documents in; Griot out as a part of LlamaIndex.

Griot goes out as a node parser, a retriever and a query engine. Imports llama-index-core, which
takes seconds; asking never imports this module.
"""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.node_parser import NodeParser
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import (
    BaseNode,
    Document,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    TextNode,
)

from rag.errors import SourceError
from rag.library import Library
from rag.pages import text
from rag.pages.extract import extract
from rag.text import escaped
from rag.text.passages import cut
from rag.types import PASSAGES, Answer, Article, Citation, Edition, RawPage, Skipped
from rag.view import marked, view

_FIELDS = ("url", "title", "outlet", "published")


def articles_from(documents: Iterable[Document]) -> tuple[Article | Skipped, ...]:
    """Return the articles that any LlamaIndex reader's documents hold, for `Library.add`.

    Metadata may tell `url`, `title`, `outlet` and `published`; a document's id may be its URL.
    Without one the id becomes the article's, so that it has to be the same each time. A document
    without article text becomes the reason for which it is skipped.
    """
    return tuple(_article(document) for document in documents)


def _article(document: Document) -> Article | Skipped:
    page = _page(document)
    try:
        return extract(page)
    except SourceError as error:
        return Skipped(page.location, error.remark)


class PassageParser(NodeParser):
    """Splits documents into Griot's passages: runs of whole sentences, with their true offsets.

    Each node's `start_char_idx` and `end_char_idx` count in the article's normalised text.
    """

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex serialises the class."""
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

    A node's metadata are `article_id`, `title`, `outlet`, `url`, `published` and, of a document
    with pages, `page`; its score is Griot's own, and its offsets count in the article's text.
    """

    def __init__(self, library: Library, k: int = PASSAGES) -> None:
        self._library = library
        self._k = k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        evidence = self._library.search(query_bundle.query_str, self._k)
        return [
            NodeWithScore(
                node=_node(each.article, each.passage.start, each.passage.end, each.text),
                score=each.score,
            )
            for each in evidence
        ]


class GriotQueryEngine(BaseQueryEngine):
    """Griot's answers for LlamaIndex's programs.

    A response is the answer with its marks, "… [1]"; the n-th of its `source_nodes` is what [n]
    cites: the verbatim quote with its range in the article's text. Its score is how well it bears
    out a claim, in [0, 1], or None if only a note cites it; its metadata name as `also` the
    addresses of the article's copies. `metadata` are the `outcome`, the `confidence` and the
    `mode`, and if there are any the `model`, the `unanswered` parts, the `notes` (what is
    unanswered and what the articles differ on) and the `remarks`. A refusal has no source.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        super().__init__(callback_manager=None)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        # A thread of its own, as the caller's may be running an event loop.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._aquery(query_bundle)).result()

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await self._library.ask(query_bundle.query_str))


def _response(answer: Answer) -> Response:
    shown = view(answer)
    known = {
        "outcome": answer.outcome.value,
        "confidence": answer.confidence,
        "mode": answer.mode,
        "model": answer.model,
        "unanswered": list(answer.unanswered),
        "notes": [f"{note.remark} {marked(note.sources)}".strip() for note in shown.notes],
        "remarks": [str(remark) for remark in shown.remarks],
    }
    return Response(
        response=shown.text or answer.reply or str(shown.lead or ""),
        source_nodes=[_cited(answer, source.citation) for source in shown.sources],
        metadata={name: value for name, value in known.items() if value or value == 0},
    )


def _cited(answer: Answer, citation: Citation) -> NodeWithScore:
    claims = (claim for claim in answer.claims if citation in claim.citations)
    node = _node(citation.article, citation.start, citation.end, citation.quote)
    if also := answer.also.get(citation.article.id):
        node.metadata["also"] = [each.url or each.id for each in also]
    return NodeWithScore(node=node, score=max((claim.support for claim in claims), default=None))


def _page(document: BaseNode) -> RawPage:
    metadata, name = document.metadata, escaped(document.node_id)
    fields = {field: [str(metadata[field])] for field in _FIELDS if metadata.get(field)}
    if "#" not in name:  # else it may be one of several parts of a page
        fields["url"] = [*fields.get("url", ()), name]
    return text.page(document.get_content(metadata_mode=MetadataMode.NONE), name, fields)


def _nodes(document: BaseNode) -> list[TextNode]:
    article = extract(_page(document))
    return [
        TextNode(
            text=each.passage.text_in(article),
            start_char_idx=each.passage.start,
            end_char_idx=each.passage.end,
            metadata={**document.metadata, **_metadata(article, each.passage.start)},
            relationships={NodeRelationship.SOURCE: document.as_related_node_info()},
        )
        for each in cut(article.id, article.text)
    ]


def _node(article: Edition, start: int, end: int, text: str) -> TextNode:
    return TextNode(
        id_=f"{article.id}:{start}-{end}",
        text=text,
        start_char_idx=start,
        end_char_idx=end,
        metadata=_metadata(article, start),
    )


def _metadata(article: Edition, start: int) -> dict[str, str | int]:
    known = {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
        "page": article.page(start),
    }
    return {name: value for name, value in known.items() if value}
