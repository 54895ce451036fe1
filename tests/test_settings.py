from pathlib import Path

import pytest

from bot import settings
from bot.assembly import Assembly
from bot.settings import Settings, SettingsError
from paths import ROOT
from rag.models.embedder import EmbeddedModel, EndpointEmbedder
from rag.models.llamaindex import LlamaIndexModel

_DATABASE = settings.form("GRIOT_DATABASE_URL")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for name in settings.names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_with_nothing_set_the_index_and_the_corpus_are_in_the_working_folder():
    loaded = settings.load()

    assert (loaded.home, loaded.corpus, loaded.embed_url) == (Path(".griot"), Path("corpus"), None)


def test_the_environment_wins_over_the_file(monkeypatch):
    Path(".env").write_text("GRIOT_HOME=file\nGRIOT_CORPUS=file\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("GRIOT_HOME", "environment")

    loaded = settings.load()

    assert (loaded.home, loaded.corpus) == (Path("environment"), Path("file"))


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("postgresql://griot:pa%40ss@host/griot", {"pa%40ss", "pa@ss"}),
        ("postgresql://griot:pa#s?s@host/griot", {"pa#s?s"}),
        ("postgresql://griot@host/griot?sslmode=require&password=pa%20ss", {"pa ss"}),
        ("postgresql://host/griot", set()),
    ],
)
def test_the_password_of_an_address_is_a_secret(address, password, monkeypatch):
    monkeypatch.setenv("GRIOT_DATABASE_URL", address)
    monkeypatch.setenv("GRIOT_CHROMA_URL", "http://host:8000")
    assert {*settings.load().secrets()} - {address, "http://host:8000"} == password


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("GRIOT_EMBED_URL", "")

    assert settings.load().embed_url is None


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/people/awa")
    monkeypatch.setenv("GRIOT_CORPUS", "~/articles")

    assert settings.load().corpus == Path("/people/awa/articles")


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_variable_is_named_with_the_one_it_resembles(where, monkeypatch):
    if where == "environment":
        monkeypatch.setenv("GRIOT_CORPSU", "x")
    else:
        Path(".env").write_text("GRIOT_CORPSU=x\n", encoding="utf-8")

    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert str(raised.value) == (
        "GRIOT_CORPSU is not a setting. Did you mean GRIOT_CORPUS? "
        "It is a folder, in which ~ is your home."
    )


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("GRIOT_HOME", "~nobody-of-that-name/griot", "a folder, in which ~ is your home"),
        ("GRIOT_LLM_URL", "ftp://host", "an address that begins with http:// or https://"),
        ("GRIOT_CHROMA_URL", "http://host:99999", settings.form("GRIOT_CHROMA_URL")),
        ("GRIOT_CHROMA_URL", "http://a host", settings.form("GRIOT_CHROMA_URL")),
        ("GRIOT_CHROMA_HEADER", "X-Token: clé", settings.form("GRIOT_CHROMA_HEADER")),
        ("GRIOT_CHROMA_HEADER", "X Token: key", settings.form("GRIOT_CHROMA_HEADER")),
        ("GRIOT_CHROMA_HEADER", "X-Token:", settings.form("GRIOT_CHROMA_HEADER")),
        ("GRIOT_DATABASE_URL", "mysql://host/griot", _DATABASE),
        ("GRIOT_DATABASE_URL", "postgresql://me:a@b@host/griot", _DATABASE),
        ("GRIOT_DATABASE_URL", "postgresql://me:a/b@host/griot", _DATABASE),
        ("GRIOT_DATABASE_URL", "postgresql://me:a%zz@host/griot", _DATABASE),
        ("GRIOT_LLM_CONTEXT", "100", "a number, 2048 or more"),
        ("GRIOT_LLM_CONTEXT", "much", "a number, 2048 or more"),
        (
            "GRIOT_LLM",
            "llama_index.llms.openai:OpenAI(model=open('x'))",
            'a class with named arguments, such as llama_index.llms.ollama:Ollama(model="qwen3")',
        ),
        ("GRIOT_UNSUPPORTED", "keep", "drop or flag"),
        (
            "GRIOT_TELEGRAM_TOKEN",
            "sesame",
            "a bot's token, such as 123456:ABC-…, which @BotFather gives",
        ),
        ("GRIOT_TELEGRAM_ADMINS", "12, awa", "IDs, which are numbers, with commas between them"),
        ("GRIOT_TELEGRAM_DRAFTS", "perhaps", "0 or 1"),
        ("GRIOT_WEBHOOK_URL", "http://host/", "an address that begins with https://"),
        ("GRIOT_METRICS", "9100", "a host and a port, such as 127.0.0.1:8443"),
    ],
)
def test_a_value_that_cannot_be_used_is_answered_with_the_form_of_the_setting(
    name, value, form, monkeypatch
):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert str(raised.value) == f"{name} cannot be used: it must be {form}."


@pytest.mark.parametrize(
    ("name", "value"), [("GRIOT_EMBED_URL", "http://host/v1"), ("GRIOT_EMBED_MODEL", "m")]
)
def test_a_server_is_named_with_its_model(name, value, monkeypatch):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert str(raised.value) == (
        "GRIOT_EMBED_URL and GRIOT_EMBED_MODEL only make sense together: set both, or neither."
    )


def test_one_chat_model_is_set(monkeypatch):
    monkeypatch.setenv("GRIOT_LLM", "llama_index.core.llms.mock:MockLLM(key='sesame')")

    loaded = settings.load()
    monkeypatch.setenv("GRIOT_LLM_URL", "http://host/v1")
    monkeypatch.setenv("GRIOT_LLM_MODEL", "small")
    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert (loaded.chat_model, loaded.secrets(), "sesame" in repr(loaded)) == (
        "MockLLM",
        ("sesame",),
        False,
    )
    assert isinstance(Assembly(loaded).chat_model(), LlamaIndexModel)
    assert str(raised.value) == (
        "GRIOT_LLM and GRIOT_LLM_URL each set a chat model: set one of them."
    )


def test_a_chat_model_may_be_in_a_file(monkeypatch):
    """It is named after the file, and is one model, whoever uses it."""
    monkeypatch.setenv("HOME", "/people/awa")
    monkeypatch.setenv("GRIOT_LLM_FILE", "~/qwen.gguf")

    loaded = settings.load()
    model = Assembly(loaded).chat_model()
    monkeypatch.setenv("GRIOT_LLM", "llama_index.core.llms.mock:MockLLM()")
    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert (loaded.llm_file, loaded.chat_model, model.name) == (
        Path("/people/awa/qwen.gguf"),
        "qwen",
        "qwen",
    )
    assert Assembly(loaded).chat_model() is model
    assert str(raised.value) == (
        "GRIOT_LLM and GRIOT_LLM_FILE each set a chat model: set one of them."
    )


def test_every_setting_has_a_form():
    assert all(settings.form(name) for name in settings.names())


def test_numbers_and_addresses_are_read(monkeypatch):
    monkeypatch.setenv("GRIOT_TELEGRAM_ALLOWED", "7, -1001234567890")
    monkeypatch.setenv("GRIOT_METRICS", "[::1]:9100")

    loaded = settings.load()

    assert (loaded.telegram_allowed, loaded.metrics) == ({7, -1001234567890}, ("::1", 9100))


def test_a_file_that_is_not_text_is_said_in_one_line():
    Path(".env").write_bytes(b"GRIOT_HOME=\xff\n")

    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert str(raised.value) == ".env is not UTF-8 text: mend it, or remove it."


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="this system has no such file")
def test_a_file_that_cannot_be_read_is_said_in_one_line():
    Path(".env").symlink_to("/proc/self/mem")

    with pytest.raises(SettingsError) as raised:
        settings.load()

    assert str(raised.value) == (
        ".env cannot be read (input/output error): allow reading it, or remove it."
    )


def test_a_key_is_never_shown():
    shown = repr(Settings(embed_key="sesame"))

    assert "sesame" not in shown


def test_the_example_lists_exactly_the_settings_each_explained_with_its_default():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    comments, variables = example.splitlines()[::2], example.splitlines()[1::2]
    Path(".env").write_text(example, encoding="utf-8")

    assert [variable.partition("=")[0] for variable in variables] == [*settings.names()]
    assert settings.load() == Settings()
    assert all(comment.startswith("# ") and comment.endswith(".") for comment in comments)


def test_the_embedding_model_is_the_embedded_one_until_an_endpoint_is_set():
    endpoint = Settings(embed_url="http://host/v1", embed_model="m", embed_key="k")

    assert [type(Assembly(each).embedder()) for each in (Settings(), endpoint)] == [
        EmbeddedModel,
        EndpointEmbedder,
    ]
