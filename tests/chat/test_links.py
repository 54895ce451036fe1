from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.links import followed, quoted_at
from fake_bot_api.markup import checked_url

PAGE = "https://news.example/corps"


def test_a_short_quote_is_highlighted_whole():
    assert quoted_at(PAGE, "Wagner, a well-known firm & its men, left.") == (
        f"{PAGE}#:~:text=Wagner%2C%20a%20well%2Dknown%20firm%20%26%20its%20men%2C%20left."
    )


def test_a_long_quote_is_highlighted_from_its_first_words_to_its_last():
    quote = "Africa Corps stays in Mali, " + "where it came, " * 5 + "and will train the army."

    assert quoted_at(PAGE, quote) == (
        f"{PAGE}#:~:text=Africa%20Corps%20stays%20in,will%20train%20the%20army."
    )


def test_a_quote_over_paragraphs_begins_in_the_first_and_ends_in_the_last():
    assert quoted_at(PAGE, "He left.\n\nShe stayed on.\n") == (
        f"{PAGE}#:~:text=He%20left.,She%20stayed%20on."
    )


def test_a_long_quote_without_spaces_is_highlighted_from_its_beginning_to_its_end():
    assert quoted_at(PAGE, "a" * 60 + "b" * 60) == f"{PAGE}#:~:text={'a' * 30},{'b' * 30}"


def test_the_beginning_and_the_end_of_a_quote_do_not_overlap():
    assert quoted_at(PAGE, f"{'a' * 40} {'b' * 40} {'c' * 40}") == (
        f"{PAGE}#:~:text={'a' * 40},{'b' * 19}%20{'c' * 40}"
    )


def test_a_fragment_of_the_address_itself_stays_and_an_older_highlight_does_not():
    assert quoted_at(f"{PAGE}?a=1&b=2#top", "Left") == f"{PAGE}?a=1&b=2#top:~:text=Left"
    assert quoted_at(f"{PAGE}#top:~:text=Else", "Left") == f"{PAGE}#top:~:text=Left"


def test_nothing_to_highlight_leaves_the_address_as_it_is():
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
    assert followed(url) is None or checked_url(url) == url


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
