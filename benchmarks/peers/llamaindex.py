"""The smallest honest LlamaIndex program over Chroma, with Griot's embedding model.

    python benchmarks/peers/llamaindex.py FOLDER index CORPUS
    python benchmarks/peers/llamaindex.py FOLDER ask QUESTION
    python benchmarks/peers/llamaindex.py FOLDER search QUESTION...    prints JSON

It answers with CitationQueryEngine, for which the mock chat model writes. Files that are unchanged,
changed or gone are told by an ingestion pipeline with a document store, LlamaIndex's way.
"""

import sys
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings
from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.vector_stores.chroma import ChromaVectorStore  # type: ignore[import-untyped]
from peer import TOKENS, K, found

from rag.models.embedder import EmbeddedModel


class Embedding(BaseEmbedding):
    """The embedded model as a LlamaIndex embedding."""

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - as the class it extends
        super().__init__(embed_batch_size=64, **data)
        self._model = EmbeddedModel()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        made = self._model.passages([(text, ()) for text in texts])
        return [each.passage.tolist() for each in made]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._model.texts([query])[0].tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main(folder: Path, what: str, words: list[str]) -> None:
    """Do what is asked for."""
    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("articles"))
    if what == "index":
        index(folder / "documents.json", Path(words[0]), store)
        return
    searched = VectorStoreIndex.from_vector_store(store, embed_model=Embedding())
    if what == "ask":
        engine = CitationQueryEngine.from_args(searched, llm=MockLLM(), similarity_top_k=K)
        print(engine.query(words[0]))
        return
    retriever = searched.as_retriever(similarity_top_k=K)
    count = store.client.count()
    print(found(words, lambda word: [each.text for each in retriever.retrieve(word)], count))


def index(documents: Path, corpus: Path, store: ChromaVectorStore) -> None:
    """Bring the collection up to date with a folder."""
    known = documents.exists()
    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(chunk_size=TOKENS, chunk_overlap=0), Embedding()],
        vector_store=store,
        docstore=SimpleDocumentStore.from_persist_path(str(documents)) if known else None,
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )
    if not known:
        pipeline.docstore = SimpleDocumentStore()
    reader = SimpleDirectoryReader(str(corpus), recursive=True, filename_as_id=True)
    pipeline.run(documents=reader.load_data())
    assert pipeline.docstore is not None
    pipeline.docstore.persist(str(documents))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
