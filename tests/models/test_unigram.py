import random

import pytest
import tokenizers

from rag.models.onnx import TOKENIZER_FILE, _tokenizer

TEXTS = (
    "Mali's leader, Assimi Goïta, met Vladimir Putin in Moscow on June 23, 2025.",
    "¿Quién acompañó a Goïta? — El ministro de Defensa, Sadio Camara.",
    "Кто сопровождал Гойту? Министр обороны Садио Камара.",
    "من رافق غويتا؟ وزير الدفاع ساديو كامارا.",
    "谁陪同戈伊塔？国防部长萨迪奥·卡马拉。",
    "ผู้ใดติดตามโกอิตา",
    "ﬁnance Ⅳ ½ ①  ﷺ e\u0301 \u00a0 zero\u200bwidth 🇲🇱👩‍👩‍👧",
    "<s> </s> <unk><pad> [SEP] ▁ ▁▁a ",
    "x" * 300,
    "1" * 100 + "\n\t \u3000",
    "",
    "   ",
)


def drawn(seed):
    """A text of characters of many scripts, by chance."""
    chance = random.Random(seed)
    ranges = (
        *((0x20, 0x7F), (0x20, 0x600), (0x900, 0xE80), (0x2000, 0x3100), (0x4E00, 0xD7A3)),
        *((0xF900, 0xFFFD), (0x1F300, 0x1FAFF), (0x20, 0x21), (0x61, 0x7B)),
    )
    letters = (chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randrange(80)))
    return "".join(letters)


@pytest.fixture(scope="module")
def own():
    return _tokenizer(TOKENIZER_FILE)


@pytest.fixture(scope="module")
def library():
    tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER_FILE))
    tokenizer.encode_special_tokens = True
    return tokenizer


def test_tokens_and_their_ranges_are_those_of_the_library(own, library):
    """Of texts in many scripts, and of characters by chance, every token is the library's."""
    texts = [*TEXTS, *map(drawn, range(500))]

    found = [(each.ids, each.offsets) for each in own(texts)]

    theirs = library.encode_batch(texts, add_special_tokens=False)
    assert found == [(each.ids, each.offsets) for each in theirs]
