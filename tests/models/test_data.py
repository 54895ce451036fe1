import hashlib
import re

from rag.models.embedder import MODEL_FILE
from rag.models.onnx import MODELS, READER_FILE, TOKENIZER_FILE, WORDS_FILE
from rag.models.reader import ENGLISH_FILE, ENGLISH_TOKENIZER_FILE


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_card_checksums():
    """The cards name every built file there, with its size and checksum."""
    cards = "\n".join(path.read_text(encoding="utf-8") for path in MODELS.glob("*.md"))
    stated = re.findall(r"^\| (\S+) \| ([\d,]+) \| `([0-9a-f]{64})` \|$", cards, re.MULTILINE)
    files = sorted({*MODELS.iterdir()} - {*MODELS.glob("*.md"), MODELS / "support.json"})
    assert sorted(stated) == [(f.name, f"{f.stat().st_size:,}", sha256(f)) for f in files]
    assert files == sorted(
        [
            *(MODEL_FILE, READER_FILE, TOKENIZER_FILE, WORDS_FILE),
            *(ENGLISH_FILE, ENGLISH_TOKENIZER_FILE),
        ]
    )


def test_models_are_small():
    """No model is larger than 25 MB."""
    assert all(path.stat().st_size <= 25_000_000 for path in MODELS.iterdir())
