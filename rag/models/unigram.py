"""Unigram tokenization (Kudo, https://arxiv.org/abs/1804.10959, section 3.2) in little memory.

The library `tokenizers` keeps the 115,000 pieces of the vocabulary in a tree of hash tables, which
takes 105 MB and half a second to make; here they are one dictionary. What comes before and after,
normalization, splitting at white space and the ranges in the text, is that library's. The tokens
are the same as its own: `tests/models/test_unigram.py`.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from tokenizers import Encoding, PreTokenizedString, Token, Tokenizer

_UNKNOWN_PENALTY = 10.0
"""How much less likely a character that is no piece is than the unlikeliest piece, as a log."""

_WORDS = 50_000
"""How many words are remembered with their pieces."""


class Unigram:
    """Splits texts into pieces of a vocabulary, each word by itself.

    `told` is what a file of a `tokenizers.Tokenizer` says whose model is of this kind.
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        model = told["model"]
        pieces: list[tuple[str, float]] = model["vocab"]
        self._ids = {piece: number for number, (piece, _) in enumerate(pieces)}
        self._scores = [score for _, score in pieces]
        self._longest = max(map(len, self._ids))
        self._unknown = model["unk_id"]
        self._penalty = min(self._scores) - _UNKNOWN_PENALTY
        unused = {"model": {**model, "vocab": [["", 0.0]], "unk_id": 0}, "added_tokens": []}
        rest = Tokenizer.from_str(json.dumps({**told, **unused, "post_processor": None}))
        self._normalizer, self._splitter = rest.normalizer, rest.pre_tokenizer
        self._tokens = lru_cache(_WORDS)(self._split)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the texts' tokens, without special ones."""
        return [self._encoded(text) for text in texts]

    def _encoded(self, text: str) -> Encoding:
        split = PreTokenizedString(text)
        split.normalize(self._normalizer.normalize)
        self._splitter.pre_tokenize(split)
        split.tokenize(self._tokens)
        return split.to_encoding()

    def _split(self, word: str) -> list[Token]:
        """Return the likeliest pieces of a word, by Viterbi's algorithm, with their bytes in it."""
        best = [(0.0, 0, 0)] + [(-float("inf"), 0, 0)] * len(word)
        for start in range(len(word)):
            so_far = best[start][0]
            alone = False
            for end in range(start + 1, min(len(word), start + self._longest) + 1):
                number = self._ids.get(word[start:end])
                if number is not None:
                    alone = alone or end == start + 1
                    score = so_far + self._scores[number]
                    if score > best[end][0]:
                        best[end] = score, start, number
            if not alone and so_far + self._penalty > best[start + 1][0]:
                best[start + 1] = so_far + self._penalty, start, self._unknown
        return self._traced(word, best)

    def _traced(self, word: str, best: list[tuple[float, int, int]]) -> list[Token]:
        """Return the tokens of the best way to the end; neighbours that are unknown are one."""
        found: list[tuple[int, int, int]] = []
        end = len(word)
        while end:
            _, start, number = best[end]
            if found and number == found[-1][2] == self._unknown:
                found[-1] = start, found[-1][1], number
            else:
                found.append((start, end, number))
            end = start
        places = [0]
        for letter in word:
            places.append(places[-1] + len(letter.encode()))
        return [
            Token(number, word[start:end], (places[start], places[end]))
            for start, end, number in reversed(found)
        ]
