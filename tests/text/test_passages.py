from itertools import pairwise

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from processor import processor_seconds
from rag.models.onnx import TOKENIZER_FILE
from rag.text.passages import (
    CHARACTERS_A_TOKEN,
    PASSAGE_TOKENS,
    Around,
    Cut,
    around,
    beginning,
    condensed,
    cut,
    estimate_tokens,
    sentences,
)
from rag.types import Passage, Span

WORDS = st.sampled_from(
    "Mali Goïta U.S. Gen. 3.5 p.m. etc. Inc. “No!” (yes.) No. J. Mr. said? went… done. 。 ؟ ، ! "
    "巴马科 「是。」 باماكو \n \n\n \t a,b x".split(" ")
)
RUNS = st.builds(
    str.__mul__, st.sampled_from("< . _ a é 巴 ก 0 .a '< \n".split(" ")), st.integers(0, 300)
)
TEXTS = (
    st.lists(WORDS, max_size=60).map(" ".join)
    | st.text(max_size=200)
    | st.lists(RUNS | WORDS, max_size=5).map("".join)
)
LONG = "The river rose again in the night and nobody in the town was surprised by it. "


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["He came.", "She went."],
        ["The U.S. Army left Mali.", "It flew home."],
        ["They live in the U.S.", "The army stayed."],
        ["He met Gen. Goïta and Lt. Col. X. Diarra in Kati.", "They spoke."],
        ["It cost 3.5 million francs.", "No. 7 was cheaper."],
        ["On Jan. 5 he left.", "In May he came back."],
        ["He asked: “Why now?”", "Nobody answered."],
        ["“Stop!” he said.", "He stopped."],
        ["“We leave.”", "So he said."],
        ["(It rained.)", "It snowed."],
        ["He waited…", "Nothing came."],
        ["He waited... and waited.", "Nothing came."],
        ["J. R. R. Tolkien wrote.", "C. S. Lewis read."],
        ["It began at 5 p.m. on Sunday.", "It ended soon."],
        ["Acme Inc. sold it.", "The buyer paid."],
        ["Really?!", "Yes!"],
        ["See example.com for more.", "It is free."],
        ["He said so, e.g. Monday, i.e. late.", "Fine."],
        ["بدأ الاجتماع أمس.", "هل انتهى؟", "لا أحد يعرف."],
        ["会议开始了。", "他说：「很好。」", "结束！"],
        ["Das Freibad öffnet erst am 1. Juni.", "Die Karte kostet 3 Euro."],
        ["Am Samstag, 14. September, spielt der Chor im 2. Stock.", "Er singt Lieder von 1912."],
        ["Frau Dr. Weiß wohnt in Nr. 7.", "La Sra. Ruiz cerró el local.", "Дом на ул. Мира стоит."],
        ["They sold 12.", "Nobody bought the other 14."],
        ["Headline without a stop", "Text of the paragraph."],
        ["A line", "another line", "and a third."],
    ],
)
def test_sentences(expected: list[str]) -> None:
    """Sentences end where a reader would say so, and neither at abbreviations nor in numbers."""
    whole = "".join(
        sentence + ("\n" if sentence[-1].isalpha() else "" if sentence[-1] in "。！」" else " ")
        for sentence in expected
    )
    assert split(whole.strip()) == expected


def test_no_sentences() -> None:
    """White space alone holds no sentence."""
    assert [sentences(text) for text in ("", " \n\t ", "\u3000")] == [(), (), ()]


@given(TEXTS)
def test_sentences_are_exact(text: str) -> None:
    """Sentences are ordered, apart, trimmed, and cover each character that is no white space."""
    spans = sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(span.end <= other.start for span, other in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())


@given(TEXTS, st.integers(8, 60))
def test_passages_are_runs_of_sentences(text: str, budget: int) -> None:
    """Passages are runs of the sentences, parted only where one is over the budget."""
    cuts = cut("a", text, budget=budget)
    pieces = [piece for found in cuts for piece in found.sentences]
    for found in cuts:
        assert found.passage == Passage("a", found.sentences[0].start, found.sentences[-1].end)
    for span in sentences(text):
        parts = [piece for piece in pieces if span.start <= piece.start and piece.end <= span.end]
        assert "".join("".join(text[slice(*part)] for part in parts).split()) == "".join(
            text[slice(*span)].split()
        )
        assert len(parts) == 1 or estimate_tokens(text[slice(*span)]) > budget
    assert pieces == sorted(pieces)
    assert all(piece.end <= other.start for piece, other in pairwise(pieces))


@given(TEXTS, st.integers(8, 60))
def test_passages_keep_the_budget(text: str, budget: int) -> None:
    """A passage holds at most its budget, the last one a quarter more."""
    sizes = [
        sum(estimate_tokens(text[slice(*piece)]) for piece in passage.sentences)
        for passage in cut("a", text, budget=budget)
    ]
    assert all(size <= budget for size in sizes[:-1])
    assert all(size < budget + budget // 4 for size in sizes[-1:]) or sizes[-1] <= budget


@pytest.mark.parametrize(
    "letters",
    ["a" * 5000, "马" * 5000, "a," * 2500, "a " * 2500 + "a", "<" * 5000, "< " * 2500 + "<"],
)
def test_an_enormous_sentence_is_parted(letters: str) -> None:
    """A sentence far over the budget is parted, without loss, even where it has no spaces."""
    cuts = cut("a", letters, budget=40)
    texts = [letters[cut.passage.start : cut.passage.end] for cut in cuts]
    assert "".join(texts).replace(" ", "") == letters.replace(" ", "")
    assert max(map(estimate_tokens, texts)) <= 50


def test_passages_end_at_paragraphs() -> None:
    """A passage that is half full ends with its paragraph."""
    text = f"{LONG.strip()}\n\n{LONG}{LONG.strip()}"
    first, second, third = sentences(text)
    assert cut("a", text, budget=36) == (
        Cut(Passage("a", first.start, first.end), (first,)),
        Cut(Passage("a", second.start, third.end), (second, third)),
    )


def test_a_short_end_joins_what_stands_before() -> None:
    """A last sentence of a few words does not stand alone."""
    text = LONG * 2 + "So it was."
    assert [each.passage for each in cut("a", text, budget=36)] == [Passage("a", 0, len(text))]


NEWS = (
    "The transitional president landed in Moscow on Sunday for a five-day state visit, his "
    "spokesperson said. Foreign Minister Abdoulaye Diop, who had negotiated the agreement in "
    "Ouagadougou, told reporters that cooperation in infrastructure, geological exploration and "
    "counterterrorism would be intensified. “We aren't asking for anybody's permission,” he said. "
    "Roughly 2,500 mercenaries had been withdrawn by 6 June 2025, according to a statement which "
    "the Wagner Group's Telegram channels published; analysts at the Institute for Security "
    "Studies were sceptical. The ex-paramilitaries' successors, they wrote, remain stationed "
    "between Timbuktu and Gao, and jihadists have besieged Boulkessi's garrison since May."
)


def test_estimate_of_tokens() -> None:
    """The estimate is at most a tenth below the embedding model's own count for English news."""
    tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER_FILE))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    true = len(tokenizer.encode(NEWS, add_special_tokens=False).ids)
    assert 0.9 * true <= estimate_tokens(NEWS) <= 1.25 * true


@given(TEXTS, st.integers(0, 300))
def test_estimate_is_monotonic(text: str, end: int) -> None:
    """No beginning of a text is taken for longer than the text."""
    assert estimate_tokens(text[:end]) <= estimate_tokens(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Contents " + "." * 40 + " 7", f"Contents {'.' * 16} 7"),
        ("* " * 40 + "End", "* " * 16 + "End"),
        ("data:" + "q8Z/" * 50 + " end", "data:" + "q8Z/" * 23 + "q8Z end"),
        ("“No!” (…) — 🙂🙂🙂", "“No!” (…) — 🙂🙂🙂"),
        ("巴马科今天没有下雨" * 30, "巴马科今天没有下雨" * 30),
        ("วันนี้ฝนไม่ตกที่บามาโก" * 30, "วันนี้ฝนไม่ตกที่บามาโก" * 30),
        ("今日バマコでは雨が降らなかった" * 30, "今日バマコでは雨が降らなかった" * 30),
    ],
)
def test_what_only_makes_a_text_long_is_left_out(text: str, expected: str) -> None:
    """A long run of marks, and one of Latin without a space, is cut; other text is as it was."""
    assert condensed(text) == expected


@pytest.mark.parametrize(
    "symbol", ["<", "< ", "a", "_", "é", "!a", "x'", ". ", "巴", "ก", "\u0301", "🙂", "a\n", ",a"]
)
def test_a_passage_has_a_longest_text(symbol: str) -> None:
    """A passage has at most ten characters a token, whatever it is made of; none is lost."""
    text = symbol * 20_000
    cuts = cut("a", text)
    longest = max(cut.passage.end - cut.passage.start for cut in cuts)
    assert longest <= 1.25 * PASSAGE_TOKENS * CHARACTERS_A_TOKEN
    assert len(cuts) <= 20_000 * len(symbol) / PASSAGE_TOKENS + 1
    assert "".join(
        "".join(text[start:end].split()) for cut in cuts for start, end in cut.sentences
    ) == "".join(text.split())


def test_a_beginning_is_within_its_budget() -> None:
    """A text begins with whole words where it has any, and is given whole where it fits."""
    assert [beginning(text, 5) for text in ("", LONG, "巴马科今天没有下雨", "It rained.")] == [
        "",
        "The river rose again in",
        "巴马科今天",
        "It rained.",
    ]


def test_marks_that_end_nothing_cost_no_more_than_they_are_long() -> None:
    """A hundred thousand full stops before a letter are read in a few seconds of processor work."""
    text = "." * 200_000 + "a"
    with processor_seconds(20):
        assert sentences(text) == (Span(0, len(text)),)


DIARY = "Rain fell.\n\nIt rained all day. The river rose.\nThe market closed.\n \nIt opened again."


def about(quote: str, reach: int = 0, text: str = DIARY) -> Around:
    start = text.index(quote)
    return around(text, start, start + len(quote), reach)


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (0, Around("It rained all day. ", "", more=True)),
        (1, Around("Rain fell.\n\nIt rained all day. ", "\nThe market closed.", more=True)),
        (
            2,
            Around(
                "Rain fell.\n\nIt rained all day. ",
                "\nThe market closed.\n \nIt opened again.",
                more=False,
            ),
        ),
        (
            9,
            Around(
                "Rain fell.\n\nIt rained all day. ",
                "\nThe market closed.\n \nIt opened again.",
                more=False,
            ),
        ),
    ],
)
def test_a_quote_has_its_paragraph_around_it(reach: int, expected: Around) -> None:
    """First the rest of its paragraph, then further ones on both sides; blank lines are none."""
    assert about("The river rose.", reach) == expected


def test_a_quote_of_several_paragraphs_has_the_rest_of_both_ends_around_it() -> None:
    """Neither side holds any of the quote itself."""
    assert about("The river rose.\nThe market") == Around(
        "It rained all day. ", " closed.", more=True
    )


def test_a_text_of_one_paragraph_has_no_more() -> None:
    """All of it is around the quote, but for line breaks at its ends."""
    assert [about("rose", text=text) for text in ("The river rose.", "\nThe river rose.\n")] == [
        Around("The river ", ".", more=False)
    ] * 2


@given(st.text(alphabet="ab \n", max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_what_is_around_stands_there(text: str, first: int, second: int) -> None:
    """Both sides are what the text has next to the quote, and more reach gives no less."""
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    found = [around(text, start, end, reach) for reach in range(4)]
    for narrow, wide in pairwise(found):
        assert text[:start].endswith(narrow.before)
        assert text[end:].startswith(narrow.after)
        assert wide.before.endswith(narrow.before)
        assert wide.after.startswith(narrow.after)
        assert narrow.more == ((wide.before, wide.after) != (narrow.before, narrow.after))
