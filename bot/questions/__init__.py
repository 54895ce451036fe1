"""Canned question sets as regression tests: `griot check`, and pytest.

A set (`sets`, in the `format`) is asked (`runner`) of somebody (`respondents`), each answer is held
to what is expected of it (`checks`), and what came of it (`results`) is measured (`measures`),
compared with an earlier run (`comparison`), kept (`runs`) and shown (`reports`, in the same
`words`). Questions come from people (`stubs`, `reported`) and from elsewhere (`imports`).
"""

from pathlib import Path

NAME = "questions.yaml"
"""What a set is called; or anything that ends in `.questions.yaml`."""


def is_set(path: Path) -> bool:
    """Say whether a file is a question set, by its name."""
    return path.name == NAME or path.name.endswith(f".{NAME}")
