import hashlib
import re

from rag.embed import MODEL_FILE
from rag.onnx_model import MODELS, TOKENIZER_FILE


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_readme_checksums():
    """The README in rag/models names every file there, with its size and checksum."""
    table = (MODELS / "README.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| (\S+) \| ([\d,]+) \| `([0-9a-f]{64})` \|$", table, re.MULTILINE)
    files = sorted(path for path in MODELS.iterdir() if path.name != "README.md")
    assert stated == [(f.name, f"{f.stat().st_size:,}", sha256(f)) for f in files]
    assert files == [MODEL_FILE, TOKENIZER_FILE]
