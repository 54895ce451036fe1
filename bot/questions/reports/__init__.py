"""A run shown: at the terminal, as a page, as JUnit XML and as Markdown."""
