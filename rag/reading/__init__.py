"""The embedded answer: what the reader finds, and how sure it is."""
