import os
import re
import shutil
import subprocess
import sys

import pytest

from desk import story
from paths import ROOT


@pytest.mark.models
def test_the_examples_in_python_run(tmp_path):
    """README's programs run one after another where its folders are, and say what they should."""
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus")
    (tmp_path / "reports").mkdir()
    for place in ("Gao", "Kidal"):
        (tmp_path / "reports" / f"{place}.txt").write_text(story(place), encoding="utf-8")
    (tmp_path / "reports" / "blank.txt").write_text(" ", encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for program in programs
    ]
    assert len(said[0].splitlines()) >= 3
    names = [str(tmp_path / "reports" / f"{place}.txt") for place in ("Gao", "Kidal")]
    assert said[1].startswith(f"{tuple(names)} () 0 (Skipped(location=")
