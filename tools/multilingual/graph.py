"""The encoder and the reader as ONNX graphs that share one word table in 4 bits.

The table lies in a file beside the graphs, which onnxruntime maps into memory: opened by several
sessions or processes, it is there once. Everything else is as in `tools.graph`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper
from torch import Tensor

from tools.graph import IR_VERSION, OPSET, WIDTH, Arrays, Graph, layer, prepare
from tools.multilingual.model import CLAIM, ELSEWHERE, FROZEN, to_bert
from tools.multilingual.source import BLOCK

TABLE = "words.q4.bin"
ALIGNED = 4096
"""Where a tensor may begin in the table's file: at a page."""

MOST_TOKENS = 512


class Removed(NamedTuple):
    """What is taken from an encoder's states.

    `centre` [WIDTH] is taken from each, and then what lies in the `directions` [number, WIDTH],
    unit vectors at right angles to each other.
    """

    centre: npt.NDArray[np.float32]
    directions: npt.NDArray[np.float32]


def write_table(
    nibbles: npt.NDArray[np.uint8], scales: npt.NDArray[np.float16], path: Path
) -> tuple[onnx.TensorProto, onnx.TensorProto]:
    """Write the table's file; return its two tensors as graphs name them.

    In a block of 32 weights, byte j holds the j-th in its low half and the 16th after it in its
    high half.
    """
    blocks = nibbles.reshape(len(nibbles), -1, 2, BLOCK // 2)
    packed = (blocks[:, :, 0] | blocks[:, :, 1] << 4).reshape(len(nibbles), -1)
    content = packed.tobytes()
    start = -(-len(content) // ALIGNED) * ALIGNED
    path.write_bytes(content.ljust(start, b"\0") + scales.tobytes())
    return (
        _external("words.nibbles", TensorProto.UINT8, packed.shape, 0, packed.nbytes),
        _external("words.scales", TensorProto.FLOAT16, scales.shape, start, scales.nbytes),
    )


def _external(
    name: str, kind: int, shape: tuple[int, ...], offset: int, length: int
) -> onnx.TensorProto:
    tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", TABLE), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def _words(graph: Graph, table: tuple[onnx.TensorProto, onnx.TensorProto]) -> str:
    """Add the look-up of the tokens' rows in the table: fp32 [batch, tokens, WIDTH]."""
    graph.constants += table
    rows = graph.node("Gather", "words.rows", "words.nibbles", "input_ids")
    shape = graph.shape("words.shape", 0, 0, WIDTH // BLOCK, BLOCK // 2)
    rows = graph.node("Reshape", "words.blocks", rows, shape)
    low = graph.node("BitwiseAnd", "words.low", rows, graph.constant("fifteen", np.uint8(15)))
    four = graph.constant("four", np.uint8(4))
    high = graph.node("BitShift", "words.high", rows, four, direction="RIGHT")
    whole = graph.node("Concat", "words.whole", low, high, axis=-1)
    whole = graph.node("Cast", "words.cast", whole, to=TensorProto.FLOAT)
    whole = graph.node("Sub", "words.signed", whole, graph.constant("eight", np.float32(8)))
    scale = graph.node("Gather", "words.scale", "words.scales", "input_ids")
    scale = graph.node("Cast", "words.scale.fp32", scale, to=TensorProto.FLOAT)
    scale = graph.node("Unsqueeze", "words.scale.each", scale, graph.shape("axes.3", 3))
    scaled = graph.node("Mul", "words.scaled", whole, scale)
    return graph.node("Reshape", "words", scaled, "joined.shape")


def _layers(
    graph: Graph,
    weights: Arrays,
    table: tuple[onnx.TensorProto, onnx.TensorProto],
    layers: int,
    marks: npt.NDArray[np.float32] | None = None,
) -> str:
    """Add the encoder; with `marks`, tokens get them by type above the frozen layers."""
    penalty = prepare(graph)
    words = _words(graph, table)
    rows = weights["embeddings.position_embeddings.weight"]
    rows = rows + weights["embeddings.token_type_embeddings.weight"][0]
    places = graph.constant("positions.rows", rows[:MOST_TOKENS])
    length = graph.node("Shape", "tokens", "input_ids", start=1, end=2)
    zero, axis = graph.shape("zero", 0), graph.shape("axis.0", 0)
    positions = graph.node("Slice", "positions", places, zero, length, axis)
    x = graph.node("Add", "embeddings.sum", words, positions)
    x = graph.layer_norm("embeddings", x, weights, "embeddings.LayerNorm")
    for number in range(layers):
        if marks is not None and number == FROZEN:
            of = graph.node(
                "Gather", "marks", graph.constant("marks.rows", marks), "token_type_ids"
            )
            x = graph.node("Add", "marked", x, of)
        x = layer(graph, number, x, penalty, weights)
    return x


def _against(graph: Graph, scores: str) -> str:
    """Add what each claim's tokens say against it, as `model.Reader` does: [batch, 3]."""
    claim = graph.constant("claim", np.int64(CLAIM))
    claimed = graph.node("Equal", "claimed", "token_type_ids", claim)
    column = graph.node("Unsqueeze", "claimed.column", claimed, graph.shape("axis.2", 2))
    elsewhere = graph.constant("elsewhere", np.float32(ELSEWHERE))
    scores = graph.node("Where", "against.claimed", column, scores, elsewhere)
    axis = graph.shape("axis.tokens", 1)
    found = graph.node("ReduceLogSumExp", "against.sum", scores, axis, keepdims=0)
    whole = graph.node("Cast", "claimed.whole", column, to=TensorProto.FLOAT)
    count = graph.node("ReduceSum", "claimed.count", whole, axis, keepdims=0)
    one = graph.constant("one.token", np.float32(1))
    found = graph.node(
        "Sub",
        "against.mean",
        found,
        graph.node("Log", "claimed.log", graph.node("Max", "claimed.least", count, one)),
    )
    some = graph.node("Min", "claimed.some", count, one)
    found = graph.node("Mul", "against.some", found, some)
    return graph.node("Pad", "against", found, graph.shape("pads", 0, 1, 0, 0))


def _finished(
    graph: Graph, name: str, inputs: list[str], outputs: Mapping[str, list[str | int]]
) -> onnx.ModelProto:
    """Return the graph as a model: int64 inputs [batch, tokens], fp32 outputs of these shapes."""
    made = helper.make_graph(
        graph.nodes,
        name,
        [helper.make_tensor_value_info(x, TensorProto.INT64, ["batch", "tokens"]) for x in inputs],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, s) for x, s in outputs.items()],
        graph.constants,
    )
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, opset_imports=opset, ir_version=IR_VERSION)
    return onnx.shape_inference.infer_shapes(model)


def encoder_graph(
    weights: Mapping[str, Tensor],
    layers: int,
    table: tuple[onnx.TensorProto, onnx.TensorProto],
    removed: Removed,
    *,
    int8: bool,
) -> onnx.ModelProto:
    """Return the encoder, from `input_ids` and `attention_mask` to `last_hidden_state`.

    `removed` is taken from every state.
    """
    arrays = {name: weight.numpy() for name, weight in to_bert(dict(weights), layers).items()}
    graph = Graph(int8=int8)
    states = _layers(graph, arrays, table, layers)
    states = graph.node("Sub", "centred", states, graph.constant("centre", removed.centre))
    along = graph.fp32_product("along", states, removed.directions.T)
    along = graph.fp32_product("along.states", along, removed.directions)
    graph.node("Sub", "last_hidden_state", states, along)
    inputs = ["input_ids", "attention_mask"]
    return _finished(
        graph, "Griot's encoder", inputs, {"last_hidden_state": ["batch", "tokens", WIDTH]}
    )


def reader_graph(
    weights: Mapping[str, Tensor],
    layers: int,
    table: tuple[onnx.TensorProto, onnx.TensorProto],
    *,
    int8: bool,
) -> onnx.ModelProto:
    """Return the reader, from three inputs, int64 [batch, tokens], to its scores in fp32.

    `ends` [batch, tokens, 2] are each token's as the answer's first and as its last one, `answered`
    [batch] the log-odds that the passage answers, `support` [batch, 3] the scores of a claim as
    supported, contradicted and neither.
    """
    prefix = "encoder."
    inner = {
        name.removeprefix(prefix): weight for name, weight in weights.items() if prefix in name
    }
    arrays = {name: weight.numpy() for name, weight in to_bert(inner, layers).items()}
    heads = {name: weight.numpy() for name, weight in weights.items() if prefix not in name}
    graph = Graph(int8=int8)
    states = _layers(graph, arrays, table, layers, heads["marks.weight"])
    first = graph.node("Gather", "first.row", states, graph.shape("first.place", 0), axis=1)
    first = graph.node("Squeeze", "first", first, graph.shape("axis.1", 1))

    def head(name: str, x: str, output: str) -> str:
        product = graph.fp32_product(name, x, heads[f"{name}.weight"].T)
        return graph.node(
            "Add", output, product, graph.constant(f"{name}.b", heads[f"{name}.bias"])
        )

    head("ends", states, "ends")
    column = head("answered", first, "answered.column")
    graph.node("Reshape", "answered", column, graph.shape("flat", -1))
    against = _against(graph, head("against", states, "against.tokens"))
    graph.node("Add", "support", head("support", first, "support.first"), against)
    return _finished(
        graph,
        "Griot's reader",
        ["input_ids", "token_type_ids", "attention_mask"],
        {"ends": ["batch", "tokens", 2], "answered": ["batch"], "support": ["batch", 3]},
    )
