"""Canned question sets as regression tests: `griot check`, and pytest.

A run (`checking`) reads a set (`sets`: its YAML by `yaml_text`, its form by `format`), indexes the
articles (`place`), selects questions (`selection`), asks them (`runner`) and checks the answers
(`checks`, `folding`). The `results` are measured (`measures`), compared with an earlier run
(`comparison`), kept (`run_json`, `history`) and shown (`reports`, in their `words`). Questions also
come from bad answers (`drafts`) and from SQuAD (`squad`).
"""

from pathlib import Path

NAME = "questions.yaml"
"""The name of a set; others end in `.questions.yaml`."""


def is_set(path: Path) -> bool:
    """True if a file's name is that of a question set."""
    return path.name == NAME or path.name.endswith(f".{NAME}")
