"""Griot from Python: its public names, and what printing its values shows."""

import subprocess
import sys

import rag
import rag.conversation
from fake_library import ANSWER, CAMARA, CLOSEST, GOITA, REFUSAL
from rag import errors
from rag.types import RawPage


def test_the_package_gives_the_public_names_and_every_error():
    """Each name of the list is there, and no error is left out of it."""
    given = {name: getattr(rag, name) for name in rag.__all__}
    raised = {
        name: each
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.GriotError)
    }
    assert given.items() >= raised.items()
    assert [given[name].__module__ for name in ("Library", "Answer")] == [
        "rag.library",
        "rag.types",
    ]


def test_importing_the_package_imports_nothing_else():
    """Neither a module of its own nor typing, which takes as long as starting Python."""
    code = "import sys; old = {*sys.modules}; import rag; print({*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'rag'}\n"


def test_an_article_is_printed_by_its_id_and_first_words():
    """And so is what holds one: a quote and a passage by their places in it."""
    beginning = "He landed in Moscow.\\nGeneral Sadio Camara accompa…"
    page = RawPage(location="goita.txt", text=GOITA.text)
    assert [repr(each) for each in (page, GOITA, CAMARA, CLOSEST)] == [
        f"RawPage(location='goita.txt', text='{beginning}')",
        f"Article(id='goita.txt', title='Goïta in Moscow', text='{beginning}')",
        (
            "Citation(article='goita.txt', start=21, end=60, "
            "quote='General Sadio Camara accompanied Goïta.')"
        ),
        (
            "Evidence(article='https://news.example/corps', start=22, end=41, score=0.250, "
            "text='Africa Corps stays.')"
        ),
    ]


def test_an_answer_is_printed_without_the_texts_of_articles():
    """Neither what it cites nor what came closest brings a whole article along."""
    printed = repr(ANSWER) + repr(REFUSAL)
    texts = [GOITA.text, CLOSEST.article.text]
    assert [repr(text)[1:-1] in printed for text in texts] == [False, False]
    assert repr(CAMARA) in printed
    assert repr(CLOSEST) in printed


def test_a_turn_is_also_where_it_was_first_imported_from():
    """Programs outside of this repository import it so."""
    assert rag.conversation.Turn is rag.Turn
