"""The index: catalog, search stores, ingestion, retrieval."""
