"""The package as its users get it. `make newest` installs it into an empty environment."""

import subprocess
import sys
import tarfile
import zipfile

import pytest

from paths import ROOT
from rag.models.embedder import MODEL_FILE
from rag.models.onnx import READER_FILE, TOKENIZER_FILE, WORDS_FILE
from rag.models.reader import ENGLISH_FILE, ENGLISH_TOKENIZER_FILE

BIG = 200_000  # bytes


def build(source, folder, *options):
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder, *options]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the source distribution and the wheel, both made from the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
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
    files = (
        MODEL_FILE,
        TOKENIZER_FILE,
        WORDS_FILE,
        READER_FILE,
        ENGLISH_FILE,
        ENGLISH_TOKENIZER_FILE,
    )
    models = {str(path.relative_to(ROOT).as_posix()) for path in files}
    assert {name for name, size in sizes.items() if size > BIG} == models
    cards = {"rag/models/data/README.md", "rag/models/data/READER.md"}
    assert sizes.keys() >= {"rag/py.typed", "bot/py.typed", *cards}
    tops = {name.partition("/")[0] for name in sizes}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rag", "bot"}
    assert len(tops) == 3


def test_the_source_distribution_builds_the_same_wheel(built, tmp_path):
    """The wheel made from the source distribution holds what the one from the tree holds."""
    with tarfile.open(only(built, "*.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    build(only(tmp_path, "griot-*"), tmp_path, "-t", "wheel")
    assert names(only(tmp_path, "*.whl")) == names(only(built, "*.whl"))
