"""A language model of a few hundred tokens in llama.cpp's GGUF format, made by hand.

Its one layer adds nothing, so what follows depends on the last token alone: the embeddings are
unit vectors, and the output matrix has a one where a token follows another. The chat template gives
the last message and nothing else, and only words of replies are tokens of their own: the last byte
of a question decides which reply begins.

The format is told in https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import struct
from itertools import pairwise

import numpy as np

REPLY = "General Sadio Camara accompanied Goïta."
AROUND = "on and"  # without end

UNKNOWN, START, END, BYTES = 0, 1, 2, 3
NORMAL, UNKNOWN_TYPE, CONTROL, BYTE = 1, 2, 3, 6  # types of tokens
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # types of values
CONTEXT, FEED_FORWARD, HEADS, ALIGNMENT = 4096, 32, 4, 32


def write(path):
    """Write the model: a question that ends in ? gets `REPLY`, one that ends in ! `AROUND`."""
    words = [f"▁{word}" for word in f"{REPLY} {AROUND}".split()]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *words]
    first, around = BYTES + 256, len(tokens) - len(AROUND.split())
    follows = [
        (BYTES + ord("?"), first),
        *pairwise(range(first, around)),
        (around - 1, END),
        (BYTES + ord("!"), around),
        *pairwise(range(around, len(tokens))),
        (len(tokens) - 1, around),
    ]
    path.write_bytes(_file(_facts(tokens), _tensors(len(tokens), follows)))


def _facts(tokens):
    types = [UNKNOWN_TYPE, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * (len(tokens) - 259)]
    width = _width(len(tokens))
    return {
        "general.architecture": (STRING, "llama"),
        "general.name": (STRING, "tiny"),
        "llama.context_length": (UINT32, CONTEXT),
        "llama.embedding_length": (UINT32, width),
        "llama.block_count": (UINT32, 1),
        "llama.feed_forward_length": (UINT32, FEED_FORWARD),
        "llama.attention.head_count": (UINT32, HEADS),
        "llama.attention.layer_norm_rms_epsilon": (FLOAT32, 1e-5),
        "llama.rope.dimension_count": (UINT32, width // HEADS),
        "tokenizer.ggml.model": (STRING, "llama"),
        "tokenizer.ggml.tokens": (ARRAY, (STRING, tokens)),
        "tokenizer.ggml.scores": (ARRAY, (FLOAT32, [0.0] * len(tokens))),
        "tokenizer.ggml.token_type": (ARRAY, (INT32, types)),
        "tokenizer.ggml.unknown_token_id": (UINT32, UNKNOWN),
        "tokenizer.ggml.bos_token_id": (UINT32, START),
        "tokenizer.ggml.eos_token_id": (UINT32, END),
        "tokenizer.ggml.add_space_prefix": (BOOL, False),
        "tokenizer.chat_template": (STRING, "{{ messages[-1]['content'] }}"),
    }


def _width(count):
    """The length of an embedding: room for every token, in heads of even length."""
    return -(-count // (ALIGNMENT * HEADS)) * ALIGNMENT * HEADS


def _tensors(count, follows):
    width = _width(count)
    output = np.zeros((count, width))
    for token, following in follows:
        output[following, token] = 1.0
    square, up = np.zeros((width, width)), np.zeros((FEED_FORWARD, width))
    return {
        "token_embd.weight": np.eye(count, width),
        "output_norm.weight": np.ones(width),
        "output.weight": output,
        "blk.0.attn_norm.weight": np.ones(width),
        "blk.0.ffn_norm.weight": np.ones(width),
        **{f"blk.0.attn_{name}.weight": square for name in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": up,
        "blk.0.ffn_up.weight": up,
        "blk.0.ffn_down.weight": up.T,
    }


def _file(facts, tensors):
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    for name, (kind, value) in facts.items():
        head += _value(STRING, name) + struct.pack("<I", kind) + _value(kind, value)
    data = b""
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += _value(STRING, name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", 0, len(data))
        data += _padded(tensor.astype("<f4").tobytes())
    return _padded(head) + data


def _value(kind, value):
    if kind == STRING:
        text = value.encode()
        return struct.pack("<Q", len(text)) + text
    if kind == ARRAY:
        inner, values = value
        return struct.pack("<IQ", inner, len(values)) + b"".join(_value(inner, v) for v in values)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], value)


def _padded(data):
    return data + bytes(-len(data) % ALIGNMENT)
