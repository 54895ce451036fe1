"""A minimal LlamaIndex program over Chroma with Griot's embedding model, for comparison.

    python benchmarks/llamaindex_chroma.py FOLDER < ARTICLES    indexes JSON lines
    python benchmarks/llamaindex_chroma.py FOLDER QUESTION...   prints the passages retrieved

It needs the package llama-index-vector-stores-chroma, which Griot does not.
"""

import json
import sys
from typing import Any

import chromadb
from chromadb.config import Settings
from command_line import parser
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding

from rag.models.embedder import EmbeddedModel


class Embedding(BaseEmbedding):
    """The embedded model as a LlamaIndex embedding."""

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - as the class it extends
        super().__init__(**data)
        self._model = EmbeddedModel()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._model.texts(texts).tolist()
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main() -> None:
    """Print the passages for a question; without one, index the articles of standard input."""
    options = parser(__doc__)
    options.add_argument("folder", metavar="FOLDER", help="of Chroma's database")
    options.add_argument("words", nargs="*", metavar="QUESTION")
    arguments = options.parse_args()

    from llama_index.vector_stores.chroma import ChromaVectorStore  # type: ignore[import-untyped]

    settings = Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(arguments.folder, settings=settings)
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("articles"))
    if not arguments.words:
        documents = [Document(text=json.loads(line)["text"]) for line in sys.stdin]
        context = StorageContext.from_defaults(vector_store=store)
        VectorStoreIndex.from_documents(documents, context, embed_model=Embedding())
        return
    index = VectorStoreIndex.from_vector_store(store, embed_model=Embedding())
    retriever = index.as_retriever(similarity_top_k=8)
    for found in retriever.retrieve(" ".join(arguments.words)):
        print(found.score, found.text)


if __name__ == "__main__":
    main()
