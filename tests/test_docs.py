"""The documentation's links lead somewhere, and README stays short."""

import re

import pytest

from paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page):
    """The headings of a page as its links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_there(page):
    """Also to the heading that it names."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    targets = [(page.parent / path if path else page, heading) for path, heading in links]
    broken = [
        (str(target), heading)
        for target, heading in targets
        if not target.exists() or (heading and heading not in anchors(target))
    ]
    assert broken == []


def test_the_readme_is_short():
    """Longer texts belong in docs/."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/inside.md"])
def test_the_files_that_are_named_are_there(page):
    """A file that moves is renamed in the text."""
    named = re.findall(
        r"`((?:rag|bot|tests|tools|benchmarks|corpus|docs)/[\w./-]*)`",
        (ROOT / page).read_text(encoding="utf-8"),
    )
    assert [path for path in named if not (ROOT / path).exists()] == []
