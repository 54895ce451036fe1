"""The encoder in torch, and the reader that is made of it.

Attention is written out because torch's fused one is five times slower backwards on a processor
(torch 2.13).
"""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, INNER, POSITIONS = 384, 12, 1536, 512
EPSILON = 1e-12
QUESTION, PASSAGE, CLAIM = range(3)
"""Token types: what is asked, what an article says, and what is to be judged by it."""

SUPPORTED, CONTRADICTED, NEITHER = range(3)
"""The columns of the reader's `support`."""

ELSEWHERE = -1e4
"""The score of what is not to be chosen."""

FROZEN = 4
"""The reader's lowest layers, which are not trained."""


class Layer(nn.Module):
    """One transformer layer, normalised after each residue, as BERT is."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, EPSILON)
        self.wide = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, x: Tensor, penalty: Tensor) -> Tensor:
        """[batch, tokens, WIDTH] -> the same; `penalty` [batch, 1, 1, tokens] hides padding."""
        batch, tokens, _ = x.shape
        heads = self.qkv(x).view(batch, tokens, 3, HEADS, WIDTH // HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        scores = (query * (WIDTH // HEADS) ** -0.5) @ key.transpose(-1, -2) + penalty
        context = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, tokens, WIDTH)
        x = self.norm1(x + self.attended(context))
        return self.norm2(x + self.narrow(functional.gelu(self.wide(x))))


class Encoder(nn.Module):
    """Tokens -> their last states. The word table is not trained: all graphs share it."""

    def __init__(self, *, pieces: int, layers: int) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WIDTH)
        self.words.weight.requires_grad_(requires_grad=False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))

    def embedded(self, ids: Tensor) -> Tensor:
        """Return the states before the first layer, as e5 has them: all tokens of type zero."""
        words = self.words(ids) + self.positions.weight[: ids.shape[1]]
        return self.norm(words + self.types.weight[0])  # type: ignore[no-any-return]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """int64 [batch, tokens] each -> [batch, tokens, WIDTH]."""
        x, penalty = self.embedded(ids), penalty_of(mask)
        for layer in self.layers:
            x = layer(x, penalty)
        return x


def penalty_of(mask: Tensor) -> Tensor:
    """Return what hides padding in attention: [batch, 1, 1, tokens]."""
    return (1 - mask)[:, None, None, :].float() * -1e4


class Reader(nn.Module):
    """Tokens -> the scores of each as the answer's first and last one, and of the whole.

    The lowest layers are e5's and are not trained. Above them each token gets the mark of its type.
    `answered` is the log-odds that the passage answers the question, `support` three scores of the
    claim: supported, contradicted, neither. To the last two of these each of the claim's tokens
    adds what speaks against it, the strongest most, as one wrong word makes a claim wrong.
    """

    def __init__(self, *, pieces: int, layers: int) -> None:
        super().__init__()
        self.encoder = Encoder(pieces=pieces, layers=layers)
        self.marks = nn.Embedding(3, WIDTH)
        self.ends = nn.Linear(WIDTH, 2)
        self.answered = nn.Linear(WIDTH, 1)
        self.support = nn.Linear(WIDTH, 3)
        self.against = nn.Linear(WIDTH, 2)
        heads = (self.ends, self.answered, self.support, self.against)
        for head in (self.marks, *heads):
            nn.init.normal_(head.weight, std=0.02)
        for head in heads:
            nn.init.zeros_(head.bias)
        self.encoder.requires_grad_(requires_grad=False)
        self.encoder.layers[FROZEN:].requires_grad_(requires_grad=True)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """int64 [batch, tokens] each -> [batch, tokens, 2], [batch] and [batch, 3]."""
        with torch.no_grad():
            x = self.encoder.embedded(ids)
            penalty = penalty_of(mask).to(x.dtype)
            for layer in self.encoder.layers[:FROZEN]:
                x = layer(x, penalty)
        x = x + self.marks(types)
        for layer in self.encoder.layers[FROZEN:]:
            x = layer(x, penalty)
        x = x.float()
        first = x[:, 0]
        support = self.support(first) + self._against(x, types)
        return self.ends(x), self.answered(first).squeeze(-1), support

    def halved(self) -> "Reader":
        """Return a copy in bfloat16, with heads in fp32."""
        copied = deepcopy(self).to(torch.bfloat16)
        for head in (copied.ends, copied.answered, copied.support, copied.against):
            head.float()
        return copied

    def _against(self, x: Tensor, types: Tensor) -> Tensor:
        """Return what speaks against the claims: [batch, 3], nothing where there is none."""
        claimed = (types == CLAIM)[..., None]
        scores = self.against(x).masked_fill(~claimed, ELSEWHERE)
        count = claimed.sum(1).clamp(min=1).log()
        found = (scores.logsumexp(1) - count) * claimed.any(1)
        return functional.pad(found, (1, 0))


def from_bert(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """An encoder's weights by BERT's names -> by ours."""
    found = {ours: weights[theirs] for ours, theirs in _names(layers)}
    for ours, parts in _products(layers):
        found[ours] = torch.cat([weights[part] for part in parts])
    return found


def to_bert(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """An encoder's weights by our names -> by BERT's."""
    found = {theirs: weights[ours] for ours, theirs in _names(layers)}
    for ours, parts in _products(layers):
        found |= dict(zip(parts, weights[ours].chunk(3), strict=True))
    return found


def _names(layers: int) -> Iterator[tuple[str, str]]:
    """Our name and BERT's of every weight but the queries', keys' and values'."""
    yield "words.weight", "embeddings.word_embeddings.weight"
    yield "positions.weight", "embeddings.position_embeddings.weight"
    yield "types.weight", "embeddings.token_type_embeddings.weight"
    pairs = {"norm": "embeddings.LayerNorm"}
    for number in range(layers):
        ours, theirs = f"layers.{number}", f"encoder.layer.{number}"
        pairs |= {
            f"{ours}.attended": f"{theirs}.attention.output.dense",
            f"{ours}.norm1": f"{theirs}.attention.output.LayerNorm",
            f"{ours}.wide": f"{theirs}.intermediate.dense",
            f"{ours}.narrow": f"{theirs}.output.dense",
            f"{ours}.norm2": f"{theirs}.output.LayerNorm",
        }
    for ours, theirs in pairs.items():
        for kind in ("weight", "bias"):
            yield f"{ours}.{kind}", f"{theirs}.{kind}"


def _products(layers: int) -> Iterator[tuple[str, list[str]]]:
    """Our name of what makes queries, keys and values at once, and BERT's names of the three."""
    for number in range(layers):
        source = f"encoder.layer.{number}.attention.self"
        for kind in ("weight", "bias"):
            parts = [f"{source}.{part}.{kind}" for part in ("query", "key", "value")]
            yield f"layers.{number}.qkv.{kind}", parts
