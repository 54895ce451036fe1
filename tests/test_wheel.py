"""The package as its users get it: built, installed into an empty environment, and asked."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rag.embed import MODEL_FILE
from rag.onnx_model import TOKENIZER_FILE
from rag.reader import MODEL_FILE as READER_FILE

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parent.parent
BIG = 200_000  # bytes

ARTICLE = """<!doctype html><html><head><title>The ferry</title></head><body><article>
<h1>The ferry at Korioumé runs again</h1>
<p>The ferry across the Niger at Korioumé is running again after eleven weeks of repairs.</p>
<p>Its captain, Bintou Maïga, took the first forty passengers to the north bank on Tuesday.</p>
<p>Traders had gone round by Gao in the meantime, which took them two days.</p>
</article></body></html>
"""


class Environment:
    """An empty virtual environment, filled with uv where it is installed and else with pip."""

    def __init__(self, folder):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.commands = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.commands / "python"

    def install(self, *what):
        """Gives the installer's complaint, or nothing where all went well."""
        uv = shutil.which("uv")
        pip = [uv, "pip", "install", "--python"] if uv else []
        done = self.run(
            *(pip or [self.python, "-m", "pip", "install"]), *([self.python] if uv else []), *what
        )
        return done.stderr if done.returncode else ""

    def run(self, *words, cwd=None):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GRIOT_", "PYTHON", "VIRTUAL_ENV"))
        }
        return subprocess.run(
            words, cwd=cwd, env=kept, capture_output=True, encoding="utf-8", check=False
        )


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """An environment that can build, which shows that the registry can be reached."""
    environment = Environment(tmp_path_factory.mktemp("builder"))
    complaint = environment.install("hatchling", "pip")
    if complaint:
        pytest.skip(f"the package registry gave no build backend: {complaint[-300:]}")
    return environment


@pytest.fixture(scope="module")
def built(builder, tmp_path_factory):
    """The folder with the source distribution and the wheel, both made from the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    done = builder.run(builder.python, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    assert (done.returncode, done.stderr[-1000:] if done.returncode else "") == (0, "")
    return folder


def only(folder, pattern):
    (found,) = folder.glob(pattern)
    return found


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.file_size for entry in archive.infolist()}


def test_the_wheel_holds_the_packages_the_models_and_nothing_else_that_is_big(built):
    """The wheel holds both packages, typed, and the models' files; nothing else is big."""
    sizes = names(only(built, "*.whl"))
    files = MODEL_FILE, TOKENIZER_FILE, READER_FILE
    models = {str(path.relative_to(ROOT).as_posix()) for path in files}
    assert {name for name, size in sizes.items() if size > BIG} == models
    cards = {"rag/models/README.md", "rag/models/READER.md"}
    assert sizes.keys() >= {"rag/py.typed", "bot/py.typed", *cards}
    tops = {name.partition("/")[0] for name in sizes}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rag", "bot"}
    assert len(tops) == 3


def test_the_source_distribution_builds_the_same_wheel(builder, built, tmp_path):
    """The wheel made from the source distribution holds what the one from the tree holds."""
    done = builder.run(
        *(builder.python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", tmp_path, only(built, "*.tar.gz")),
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert names(only(tmp_path, "*.whl")) == names(only(built, "*.whl"))


def test_the_wheel_answers_in_an_empty_environment(built, tmp_path):
    """Installed by itself, in another folder with a corpus, griot answers and quotes."""
    environment = Environment(tmp_path / "environment")
    assert environment.install(only(built, "*.whl")) == ""
    corpus = tmp_path / "work" / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "ferry.html").write_text(ARTICLE, encoding="utf-8")
    done = environment.run(
        *(environment.commands / "griot", "ask", "--json", "Who is the captain of the ferry?"),
        cwd=corpus.parent,
    )
    assert (done.returncode, done.stderr) == (0, "")
    quotes = [citation["quote"] for citation in json.loads(done.stdout)["citations"]]
    assert quotes[0] == (
        "Its captain, Bintou Maïga, took the first forty passengers to the north bank on Tuesday."
    )
