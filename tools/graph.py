"""MiniLM-L6 as an ONNX graph in fp32 or int8, written straight from its weights, without torch."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

MOST_BYTES = 25_000_000

LAYERS, HEADS, WIDTH = 6, 12, 384
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-12
OPSET, IR_VERSION = 20, 9  # the oldest that know Gelu; onnxruntime 1.20 reads both
MOST_WEIGHT, MOST_ACTIVATION = 63, 127

Arrays = dict[str, npt.NDArray[Any]]


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


def encoder(graph: Graph, weights: Arrays, *, most_tokens: int, types: bool = False) -> str:
    """Adds the encoder; gives the name of its last states, fp32 [batch, tokens, 384].

    The graph's inputs are `input_ids`, `attention_mask` and, with `types`, `token_type_ids`.
    Without, all tokens are of type zero, which is added to the positions once and for all.
    """
    ids = "input_ids"
    penalty = prepare(graph)
    word = graph.table("words", weights["embeddings.word_embeddings.weight"], ids)
    length = graph.node("Shape", "tokens", ids, start=1, end=2)
    rows = weights["embeddings.position_embeddings.weight"]
    kinds = weights["embeddings.token_type_embeddings.weight"]
    if not types:
        rows = rows + kinds[0]
    position = graph.node(
        "Slice",
        "positions",
        graph.constant("positions.rows", rows[:most_tokens]),
        graph.shape("zero", 0),
        length,
        graph.shape("axis.0", 0),
    )
    x = graph.node("Add", "embeddings.sum", word, position)
    if types:
        kind = graph.node("Gather", "types", graph.constant("types.rows", kinds), "token_type_ids")
        x = graph.node("Add", "embeddings.typed", x, kind)
    x = graph.layer_norm("embeddings", x, weights, "embeddings.LayerNorm")
    for number in range(LAYERS):
        x = layer(graph, number, x, penalty, weights)
    return x


def prepare(graph: Graph) -> str:
    """Adds the constants that layers share; gives the name of what hides padding in attention."""
    if graph.int8:
        graph.constant("one", np.float32(1))
        graph.constant("middle", np.uint8(128))
        graph.constant("most.activation", np.float32(MOST_ACTIVATION))
        graph.shape("axis.last", -1)
    graph.shape("heads.shape", 0, 0, HEADS, HEAD_WIDTH)
    graph.shape("joined.shape", 0, 0, WIDTH)
    keep = graph.node("Cast", "mask.keep", "attention_mask", to=TensorProto.BOOL)
    keep = graph.node("Unsqueeze", "mask.keep4", keep, graph.shape("axes.1.2", 1, 2))
    seen = graph.constant("mask.seen", np.float32(0))
    unseen = graph.constant("mask.unseen", np.float32(-1e4))
    return graph.node("Where", "mask.penalty", keep, seen, unseen)


def finished(
    graph: Graph, name: str, inputs: Iterable[str], outputs: dict[str, list[str | int]]
) -> onnx.ModelProto:
    """The graph as a model: int64 inputs [batch, tokens], fp32 outputs of the given shapes."""
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [
                helper.make_tensor_value_info(one, TensorProto.INT64, ["batch", "tokens"])
                for one in inputs
            ],
            [
                helper.make_tensor_value_info(one, TensorProto.FLOAT, shape)
                for one, shape in outputs.items()
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model, full_check=True)
    # With the shapes in the file, onnxruntime opens it in half the time: 60 ms, else 110.
    return onnx.shape_inference.infer_shapes(model)


def layer(graph: Graph, number: int, x: str, penalty: str, weights: Arrays) -> str:
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
