"""Canned question sets as regression tests: `griot check`, and pytest.

A set (`sets`, in the `format`, `yaml_text`) is asked (`runner`) of somebody (`respondents`), of
its own articles (`place`), as far as it is wanted (`selection`). Each answer is held to what is
expected of it (`checks`, `folding`, `patterns`, `judge`; `faults` says why there is none), and
what came of it (`results`) is measured (`measures`), compared with an earlier run (`comparison`),
kept (`runs`, `kept`) and shown (`reports`, in the same `words` and `figures`). `running` does all
of that for the command. Questions come from people (`stubs`, `reported`) and from elsewhere
(`imports`).
"""

from pathlib import Path

NAME = "questions.yaml"
"""The name of a set; others end in `.questions.yaml`."""


def is_set(path: Path) -> bool:
    """True if a file's name is that of a question set."""
    return path.name == NAME or path.name.endswith(f".{NAME}")
