from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.links import followed, quoted_at
from fake_bot_api.markup import is_link

PAGE = "https://news.example/corps"


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        (
            "Wagner, a well-known firm & its men, left.",
            "Wagner%2C%20a%20well%2Dknown%20firm%20%26%20its%20men%2C%20left.",
        ),
        (
            f"Africa Corps stays in Mali, {'where it came, ' * 5}and will train the army.",
            "Africa%20Corps%20stays%20in,will%20train%20the%20army.",
        ),
        ("He left.\n\nShe stayed on.\n", "He%20left.,She%20stayed%20on."),
        ("a" * 60 + "b" * 60, f"{'a' * 30},{'b' * 30}"),
        (f"{'a' * 40} {'b' * 40} {'c' * 40}", f"{'a' * 40},{'b' * 19}%20{'c' * 40}"),
    ],
)
def test_a_short_quote_is_highlighted_whole_and_a_long_one_from_its_first_words_to_its_last(
    quote, fragment
):
    """A quote over paragraphs is a long one; beginning and end do not overlap."""
    assert quoted_at(PAGE, quote) == f"{PAGE}#:~:text={fragment}"


def test_a_fragment_of_the_address_itself_stays_and_an_older_highlight_does_not():
    assert quoted_at(f"{PAGE}?a=1&b=2#top", "Left") == f"{PAGE}?a=1&b=2#top:~:text=Left"
    assert quoted_at(f"{PAGE}#top:~:text=Else", "Left") == f"{PAGE}#top:~:text=Left"
    assert quoted_at(f"{PAGE}#top", " \n") == f"{PAGE}#top"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "corps.html",
        "ftp://news.example/corps",
        "javascript:alert(1)",
        "https://",
        "https:///corps",
        "http://[",
        "http://news.example:port/",
        "http://news.example:0/",
        "http://localhost/corps",
        "http://user:secret@news.example/",
        "https://news.example@else.example/",
        "https://news..example/",
        "https://news.exa|mple/",
        "https://news.example:/",
        "https://[::1]/",
        "https://news.example/a b",
        "https://news.example/\n",
        "https://news.example/\x00",
        "https://news.example/\ud83d",
    ],
)
def test_an_address_that_nobody_can_follow_is_no_link(url):
    assert followed(url) is None
    assert quoted_at(url, "Left") is None


def test_a_host_may_have_any_letters_a_number_and_a_port():
    urls = ["http://127.0.0.1:8000/", "HTTPS://Новости.рф/a", "https://a-b.news.example."]

    assert [followed(url) for url in urls] == urls


@given(st.builds("http{}".format, st.text(max_size=60)) | st.from_regex(r"https?://.+"))
def test_telegram_takes_every_address_that_is_followed(url):
    assert followed(url) in {None, url}
    assert followed(url) is None or is_link(url)


@given(st.text(max_size=400))
def test_any_quote_gives_an_address_of_unreserved_characters(quote):
    """Only commas stand between what begins and ends the highlight, and the address stays short."""
    address = quoted_at(PAGE, quote)
    page, _, fragment = address.partition("#")
    terms = fragment.removeprefix(":~:text=").split(",") if fragment else []

    assert page == PAGE
    assert urlsplit(address).fragment == fragment
    assert len(terms) <= 2
    assert len(address) <= 1600
    for term in terms:
        assert not set(term) & set("-&#<>\"' ")
        assert " ".join(unquote(term).split()) in " ".join(quote.split())
