from hypothesis import given
from hypothesis import strategies as st

from bot.chat.post import Markup, Run, cleaned, stripped, text_of
from bot.telegram_bot.html import html
from fake_bot_api.markup import BLOCK, KINDS, formatted

ODD = ["<b>", "&amp;", "\ud83d", "\x00", "\r\n", "e\u0301", "👩\u200d👩\u200d👧", "👍🏽", "\n", " "]
TEXTS = st.lists(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=9).map("".join)
RUNS = st.builds(
    Run, TEXTS, st.sampled_from(Markup), st.just("https://news.example/?a=1&b=2"), st.booleans()
)


def test_each_markup_has_its_tag_around_escaped_text():
    assert html(
        (
            Run("a < b & c"),
            Run("<b>", Markup.BOLD),
            Run("i", Markup.ITALIC),
            Run("notes.md", Markup.CODE),
            Run("[1]", Markup.LINK, 'https://news.example/?a=1&b="2"'),
            Run('"quoted"\n', folded=True),
            Run("[2]", Markup.BOLD, folded=True),
        )
    ) == (
        "a &lt; b &amp; c<b>&lt;b&gt;</b><i>i</i><code>notes.md</code>"
        '<a href="https://news.example/?a=1&amp;b=&quot;2&quot;">[1]</a>'
        '<blockquote expandable>"quoted"\n<b>[2]</b></blockquote>'
    )


def test_control_characters_halves_of_characters_and_empty_tags_never_get_out():
    runs = (Run("a\x00b\r\nc\td\ud83de\u2028f", Markup.BOLD), Run("\x1b"), Run("", folded=True))
    assert html((*runs, Run(" \n ", Markup.BOLD))) == "<b>ab\nc de f</b> \n "


@given(st.lists(RUNS, max_size=5))
def test_telegram_reads_what_was_written(runs):
    """Whatever is in the runs, their text comes out as it is, in the tags that they were given."""
    parsed = formatted(html(runs), mode="HTML")
    assert parsed.text == text_of(cleaned(runs)).strip()
    marked = [run.text for run in stripped(runs) if run.is_marked]
    assert [text for kind, text in parsed.marked if kind != KINDS[BLOCK]] == marked
