"""Changes to the corpus: editors' work, and sources that are kept current."""
