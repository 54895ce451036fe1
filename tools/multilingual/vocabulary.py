"""Chooses the pieces of the vocabulary by the text that uses them, and writes the tokenizer.

    python -m tools.multilingual.vocabulary --data DATA --weights e5-small-q4.bin
        --words wordfreq-3.1.1-py3-none-any.whl --target FOLDER

multilingual-e5-small knows 250,002 pieces of a hundred languages. Kept are the special ones, every
single character, and the pieces that texts and word lists use most: the texts that models are
trained on, and the package wordfreq's lists of 42 languages.
"""

import argparse
import base64
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import msgpack
import numpy as np
import numpy.typing as npt
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from tools.multilingual.source import read
from tools.multilingual.texts import texts

MOST_PIECES = 115_000
"""Their table in 4 bits has 24.8 MB."""

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
BOS, PAD, EOS, UNKNOWN = range(4)
SPACE = "▁"
BATCH = 512
CENTIBELS = 100
WORD_LIST = re.compile(r"wordfreq/data/small_(\w+)\.msgpack\.gz")

OF_TEXTS, OF_OTHERS = 10.0, 0.2
OF_LANGUAGES = {
    "en": 4.0,
    **dict.fromkeys("es fr de ru pt ar it".split(), 2.0),
    **dict.fromkeys("zh ja nl pl tr uk fa hi id vi ko ur".split(), 1.0),
}
"""What a piece's share of the texts, and of a language's words, weighs in choosing."""


def character_map() -> str:
    """Return sentencepiece's `nmt_nfkc` character map, in base64, from a throw-away model."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"] * 10),
        model_writer=model,
        vocab_size=8,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def tokenizer_json(pieces: Sequence[str], scores: Sequence[float]) -> str:
    """Return a Unigram tokenizer that reads as XLM-R's, and adds <s> and </s> about a text."""
    special = [
        {
            "id": place,
            "content": piece,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for place, piece in enumerate(SPECIAL)
    ]
    ends = [
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "</s>", "type_id": 0}},
    ]
    made = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": character_map()},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {
                    "type": "Metaspace",
                    "replacement": SPACE,
                    "prepend_scheme": "always",
                    "split": True,
                },
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": ends,
            "pair": [*ends, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                name: {"id": name, "ids": [SPECIAL.index(name)], "tokens": [name]}
                for name in ("<s>", "</s>")
            },
        },
        "decoder": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always"},
        "model": {
            "type": "Unigram",
            "unk_id": UNKNOWN,
            "byte_fallback": False,
            "vocab": [
                [piece, round(float(score), 3)] for piece, score in zip(pieces, scores, strict=True)
            ],
        },
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"


def tokenizer_of(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """Return the tokenizer of these pieces."""
    return Tokenizer.from_str(tokenizer_json(pieces, scores))


def used(tokenizer: Tokenizer, texts: Iterable[str]) -> npt.NDArray[np.int64]:
    """Return how often texts use each piece."""
    counts = np.zeros(tokenizer.get_vocab_size(), dtype=np.int64)
    texts = iter(texts)
    while batch := list(islice(texts, BATCH)):
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            np.add.at(counts, encoding.ids, 1)
    return counts


def used_by_words(
    tokenizer: Tokenizer, words: Sequence[tuple[str, float]]
) -> npt.NDArray[np.float64]:
    """Return each piece's share of a language, of its words and what of running text each is.

    A word counts half in lower case and half capitalised.
    """
    shares = np.zeros(tokenizer.get_vocab_size())
    forms = [form for word, _ in words for form in (word, word.capitalize())]
    encodings = tokenizer.encode_batch_fast(forms, add_special_tokens=False)
    for place, encoding in enumerate(encodings):
        np.add.at(shares, encoding.ids, words[place // 2][1] / 2)
    return shares


def word_lists(wheel: Path) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Yield each language of the package wordfreq and its commonest words, with their shares.

    A list is a header and, for each centibel, the words of which one in 10^(centibels / 100) is one
    (https://github.com/rspeer/wordfreq, "cB" format).
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if found := WORD_LIST.fullmatch(name):
                _, *bins = msgpack.unpackb(gzip.decompress(archive.read(name)), raw=False)
                yield (
                    found[1],
                    [
                        (word, 10 ** (-place / CENTIBELS))
                        for place, of_bin in enumerate(bins)
                        for word in of_bin
                    ],
                )


def chosen(
    pieces: Sequence[str],
    by_texts: npt.NDArray[np.int64],
    by_language: Mapping[str, npt.NDArray[np.float64]],
    most: int = MOST_PIECES,
) -> npt.NDArray[np.int64]:
    """Return the places of the pieces to keep, at most so many, in their order.

    Special pieces and single characters always stay, then what is commonest in any one language or
    in the texts, each weighed.
    """
    worth = OF_TEXTS * by_texts / by_texts.sum()
    for language, shares in by_language.items():
        worth = np.maximum(worth, OF_LANGUAGES.get(language, OF_OTHERS) * shares)
    always = [
        place <= UNKNOWN or len(piece.strip(SPACE)) <= 1 for place, piece in enumerate(pieces)
    ]
    worth[always] = np.inf
    return np.sort(np.argsort(-worth, kind="stable")[:most])


def main() -> None:
    """Read the arguments, choose, and write `kept.npy` and `tokenizer.json`."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--data", type=Path, required=True, help="the folder with qa, ntrex, …")
    made.add_argument("--weights", type=Path, required=True, help="e5-small-q4.bin")
    made.add_argument("--words", type=Path, required=True, help="wordfreq's wheel")
    made.add_argument("--target", type=Path, required=True, metavar="FOLDER")
    arguments = made.parse_args()
    source = read(arguments.weights)
    tokenizer = tokenizer_of(source.pieces, source.scores)
    by_texts = used(tokenizer, (text for _, _, text in texts(arguments.data)))
    by_language = {
        language: used_by_words(tokenizer, words) for language, words in word_lists(arguments.words)
    }
    kept = chosen(source.pieces, by_texts, by_language)
    np.save(arguments.target / "kept.npy", kept)
    pieces, scores = [source.pieces[at] for at in kept], source.scores[kept]
    content = tokenizer_json(pieces, scores.tolist())
    (arguments.target / "tokenizer.json").write_text(content, encoding="utf-8")
    print(f"{len(kept):,} pieces, {by_texts[kept].sum() / by_texts.sum():.4f} of those in texts")


if __name__ == "__main__":
    main()
