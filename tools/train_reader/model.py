"""The reader in torch: MiniLM-L6 with a head for the answer's ends, and one for "it is answered".

Weights are kept in fp32 and used in bfloat16. Attention is written out because torch's fused one
is five times slower backwards on a processor (torch 2.13).
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, LAYERS, POSITIONS = 384, 12, 6, 512
EPSILON = 1e-12
DROPPED = 0.1


class Dropout(nn.Module):
    """Inverted dropout whose mask is a random slice of one long mask, as drawing one is slow."""

    LENGTH = 1 << 24

    def __init__(self) -> None:
        super().__init__()
        self._mask: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, a tenth of the values zero."""
        if not self.training:
            return x
        if self._mask is None:
            chance = torch.Generator().manual_seed(0)
            kept = torch.rand(self.LENGTH, generator=chance) >= DROPPED
            self._mask = kept.to(x.dtype) / (1 - DROPPED)
        start = int(torch.randint(self.LENGTH - x.numel(), ()))
        return x * self._mask[start : start + x.numel()].view_as(x)


class Layer(nn.Module):
    """One transformer layer, normalised after each residue, as BERT is."""

    def __init__(self, dropout: Dropout) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, EPSILON)
        self.wide = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = dropout

    def forward(self, x: Tensor, penalty: Tensor) -> Tensor:
        """[batch, tokens, WIDTH] -> the same; `penalty` [batch, 1, 1, tokens] hides padding."""
        batch, tokens, _ = x.shape
        heads = self.qkv(x).view(batch, tokens, 3, HEADS, WIDTH // HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + penalty
        context = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, tokens, WIDTH)
        x = self.norm1(x + self.dropout(self.attended(context)))
        return self.norm2(x + self.dropout(self.narrow(functional.gelu(self.wide(x)))))


class Reader(nn.Module):
    """Tokens -> scores of each as the answer's first and last one, and one of being answered.

    The word table stays as the embedder's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, WIDTH)
        self.words.weight.requires_grad_(requires_grad=False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = Dropout()
        self.layers = nn.ModuleList(Layer(self.dropout) for _ in range(LAYERS))
        self.ends = nn.Linear(WIDTH, 2)
        self.answered = nn.Linear(WIDTH, 1)
        for head in (self.ends, self.answered):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """int64 [batch, tokens] each -> [batch, tokens, 2] and [batch]."""
        places = self.positions.weight[: ids.shape[1]]
        x = self.dropout(self.norm(self.words(ids) + places + self.types(types)))
        penalty = ((1 - mask)[:, None, None, :] * -1e4).to(x.dtype)
        for layer in self.layers:
            x = layer(x, penalty)
        return self.ends(x), self.answered(x[:, 0]).squeeze(-1)


def from_bert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A BERT encoder's weights by its public names -> the reader's by ours, without the heads."""
    found = {ours: weights[theirs] for ours, theirs in _names() if theirs in weights}
    for ours, parts in _products():
        found[ours] = torch.cat([weights[part] for part in parts])
    return found


def to_bert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The reader's weights by our names -> the encoder's by BERT's, and the heads by ours."""
    found = {theirs: weights[ours] for ours, theirs in _names()}
    for ours, parts in _products():
        found |= dict(zip(parts, weights[ours].chunk(3), strict=True))
    return found


def _names() -> Iterator[tuple[str, str]]:
    """Our name and BERT's of every weight but the queries', keys' and values'."""
    yield "words.weight", "embeddings.word_embeddings.weight"
    yield "positions.weight", "embeddings.position_embeddings.weight"
    yield "types.weight", "embeddings.token_type_embeddings.weight"
    pairs = {"norm": "embeddings.LayerNorm", "ends": "ends", "answered": "answered"}
    for number in range(LAYERS):
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


def _products() -> Iterator[tuple[str, list[str]]]:
    """Our name of what makes queries, keys and values at once, and BERT's names of the three."""
    for number in range(LAYERS):
        source = f"encoder.layer.{number}.attention.self"
        for kind in ("weight", "bias"):
            parts = [f"{source}.{part}.{kind}" for part in ("query", "key", "value")]
            yield f"layers.{number}.qkv.{kind}", parts
