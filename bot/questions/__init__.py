"""Canned question sets as regression tests: `griot check`, and pytest.

A run (`checking`) reads a set (`sets`: its YAML by `yaml_text`, its form by `format`, errors by
`mistakes`), indexes the articles (`place`), selects questions (`selection`), asks them (`runner`,
`respondents`) and checks the answers (`checks`, `folding`, `patterns`, `judge`). The `results` are
measured (`measures`), compared with an earlier run (`comparison`), kept (`run_json`, `history`) and
shown (`reports`, with their `words` and `figures`). Questions also come from bad answers
(`reported`, `stubs`) and from SQuAD (`squad`, `set_folder`).
"""

from pathlib import Path

NAME = "questions.yaml"
"""The name of a set; others end in `.questions.yaml`."""


def is_set(path: Path) -> bool:
    """True if a file's name is that of a question set."""
    return path.name == NAME or path.name.endswith(f".{NAME}")
