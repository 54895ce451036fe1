"""A run shown: at the terminal, as a page and as Markdown."""
