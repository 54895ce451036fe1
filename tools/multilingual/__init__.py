"""Builds the multilingual models: one vocabulary, an encoder, and a reader that also judges."""
