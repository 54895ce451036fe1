"""The settings, and the only reader of the environment.

Every setting is a variable `GRIOT_…`, in the environment or in `.env` of the working folder; the
environment wins. `.env.example` lists them all.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from rag.errors import GriotError
from rag.index.engines import DATABASE, TENANT, ChromaAddress, Engines
from rag.index.tables import FILE, Place, Server
from rag.models.llamaindex import ModelPath

PREFIX = "GRIOT_"
LEAST_CONTEXT = 2048
ENV_FILE = ".env"
HIGHEST_PORT = 65_535

# One that is not of this form would be refused as if nothing were at that address.
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")

# PostgreSQL would take a part of a password with one of /@% for the host, and tell it.
_DATABASE = re.compile(r"postgres(?:ql)?://(?:(?:[^@/%\s]|%[0-9A-Fa-f]{2})*@)?[^@\s]*")
_PASSWORD = re.compile(r"://[^@/:]*:([^@/]+)@")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+\s*:\s*[\x21-\x7e][\x20-\x7e]*", re.ASCII)


class Address(NamedTuple):
    """The host and port where a server listens."""

    host: str
    port: int


class Form(NamedTuple):
    """How the value of a setting is written, for a person."""

    words: str


class SettingsError(GriotError):
    """A setting is unknown, or its value cannot be used."""


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", url):
        raise ValueError
    _ = parts.port  # raises where it is none
    return url


def _folder(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError from error


def _ids(given: object) -> object:
    if not isinstance(given, str):
        return given
    return frozenset(int(number) for number in given.replace(",", " ").split())


def _https(url: str) -> str:
    if urlsplit(_http(url)).scheme != "https":
        raise ValueError
    return url


def _bot_token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError
    return token


def _database(address: SecretStr) -> SecretStr:
    if not _DATABASE.fullmatch(address.get_secret_value()):
        raise ValueError
    return address


def _secret_http(address: SecretStr) -> SecretStr:
    _http(address.get_secret_value())
    return address


def _header(header: SecretStr) -> SecretStr:
    if not _HEADER.fullmatch(header.get_secret_value().strip()):
        raise ValueError
    return header


def _model_path(given: object) -> object:
    return ModelPath.parse(given) if isinstance(given, str) else given


def _address(given: object) -> object:
    if not isinstance(given, str):
        return given
    host, _, port = given.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
        raise ValueError
    return Address(host.strip("[]"), int(port))


Folder = Annotated[Path, AfterValidator(_folder), Form("a folder, in which ~ is your home")]
File = Annotated[Path, AfterValidator(_folder), Form("a file, such as model.gguf")]
Url = Annotated[str, AfterValidator(_http), Form("an address that begins with http:// or https://")]
DatabaseUrl = Annotated[
    SecretStr,
    AfterValidator(_database),
    Form(
        "an address such as postgresql://griot:password@host/griot, with %40 for an @ in the "
        "password, %2F for a / and %25 for a %"
    ),
]
ServerUrl = Annotated[
    SecretStr,
    AfterValidator(_secret_http),
    Form("an address that begins with http:// or https://"),
]
Header = Annotated[
    SecretStr,
    AfterValidator(_header),
    Form("a header's name and value, such as X-Chroma-Token: ck-…"),
]
Part = Annotated[str, Form("a name that Chroma knows")]
Name = Annotated[str, Form("a model's name")]
Key = Annotated[SecretStr, Form("a key")]
Context = Annotated[int, Field(ge=LEAST_CONTEXT), Form(f"a number, {LEAST_CONTEXT} or more")]
Count = Annotated[int, Field(ge=1), Form("a number, 1 or more")]
Switch = Annotated[bool, Form("0 or 1")]
LLM = Annotated[
    ModelPath,
    BeforeValidator(_model_path),
    Form('a class with named arguments, such as llama_index.llms.ollama:Ollama(model="qwen3")'),
]
Unsupported = Annotated[Literal["drop", "flag"], Form("drop or flag")]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"], Form("DEBUG, INFO, WARNING or ERROR")
]
Token = Annotated[
    SecretStr,
    AfterValidator(_bot_token),
    Form("a bot's token, such as 123456:ABC-…, which @BotFather gives"),
]
Ids = Annotated[
    frozenset[int],
    NoDecode,
    BeforeValidator(_ids),
    Form("IDs, which are numbers, with commas between them"),
]
Webhook = Annotated[str, AfterValidator(_https), Form("an address that begins with https://")]
Listen = Annotated[
    Address,
    NoDecode,
    BeforeValidator(_address),
    Form("a host and a port, such as 127.0.0.1:8443"),
]


class Settings(BaseSettings):
    """The settings of one run; an empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Folder = Path(".griot")
    corpus: Folder = Path("corpus")
    database_url: DatabaseUrl | None = None
    chroma_url: ServerUrl | None = None
    chroma_header: Header | None = None
    chroma_tenant: Part = TENANT
    chroma_database: Part = DATABASE
    embed_url: Url | None = None
    embed_model: Name | None = None
    embed_key: Key | None = None
    llm_url: Url | None = None
    llm_model: Name | None = None
    llm_key: Key | None = None
    llm: Annotated[LLM | None, NoDecode] = None
    llm_file: File | None = None
    llm_context: Context = 4096
    unsupported: Unsupported = "drop"
    verify_url: Url | None = None
    verify_model: Name | None = None
    verify_key: Key | None = None
    telegram_token: Token | None = None
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_admins: Ids = frozenset()
    telegram_allowed: Ids = frozenset()
    telegram_per_minute: Count = 6
    telegram_per_day: Count = 100
    telegram_drafts: Switch = False
    webhook_url: Webhook | None = None
    webhook_listen: Listen = Address("127.0.0.1", 8443)
    metrics: Annotated[Listen | None, NoDecode] = None
    log_level: Level = "INFO"
    log_questions: Switch = False
    watch: Switch = False

    @property
    def engines(self) -> Engines | None:
        """The servers that the index is kept on, None for the folder `home`."""
        if self.database_url is None or self.chroma_url is None:
            return None
        header = self.chroma_header
        return Engines(
            Server(self.database_url.get_secret_value()),
            ChromaAddress(
                url=self.chroma_url.get_secret_value(),
                header=header.get_secret_value() if header else None,
                tenant=self.chroma_tenant,
                database=self.chroma_database,
            ),
        )

    @property
    def place(self) -> Place:
        """Where the tables of the index are kept."""
        return self.engines.database if self.engines else self.home / FILE

    @property
    def chat_model(self) -> str | None:
        """The name of the chat model, if one is set."""
        if self.llm_file:
            return self.llm_file.stem
        return self.llm.model if self.llm else self.llm_model

    def secrets(self) -> tuple[str, ...]:
        """Return the tokens and keys, which must never be printed."""
        values = [getattr(self, name) for name in type(self).model_fields]
        keys = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        parts = (part for key in keys for part in _secret_parts(key))
        return (*keys, *parts, *(self.llm.secrets if self.llm else ()))


def _secret_parts(key: str) -> Iterator[str]:
    """Yield the password of an address and the value of a header, which may stand alone."""
    if "://" in key:
        named = parse_qs(key.partition("?")[2])
        for password in (*_PASSWORD.findall(key), *named.get("password", ())):
            yield from (password, unquote(password))
    elif ":" in key:
        yield key.partition(":")[2].strip()


def names() -> tuple[str, ...]:
    """Return every variable that is read, in the order of `.env.example`."""
    return tuple(PREFIX + name.upper() for name in Settings.model_fields)


def form(name: str) -> str:
    """Return how the value of a variable is written, for a person."""
    hint = get_type_hints(Settings, include_extras=True)[name.removeprefix(PREFIX).lower()]
    return next(_forms(hint)).words


def _forms(hint: Any) -> Iterator[Form]:  # noqa: ANN401 - annotations are values of any type
    for part in get_args(hint):
        if isinstance(part, Form):
            yield part
        else:
            yield from _forms(part)


def load() -> Settings:
    """Return the settings of the environment and of `.env` in the working folder.

    Raises:
        SettingsError: a variable is unknown, or its value cannot be used.
    """
    try:
        _refuse_unknown(
            [*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars]
        )
        settings = Settings()
    except ValidationError as error:
        name = PREFIX + str(error.errors()[0]["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be used: it must be {form(name)}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{ENV_FILE} is not UTF-8 text: mend it, or remove it.") from error
    except OSError as error:
        reason = (error.strerror or "an error").lower()
        raise SettingsError(
            f"{ENV_FILE} cannot be read ({reason}): allow reading it, or remove it."
        ) from error
    servers = [(f"{server}_url", f"{server}_model") for server in ("embed", "llm", "verify")]
    for one, other in (*servers, ("database_url", "chroma_url")):
        if (getattr(settings, one) is None) != (getattr(settings, other) is None):
            raise SettingsError(
                f"{PREFIX}{one.upper()} and {PREFIX}{other.upper()} only make sense together: "
                "set both, or neither."
            )
    models = [name for name in ("llm", "llm_url", "llm_file") if getattr(settings, name)]
    if len(models) > 1:
        one, other = (PREFIX + name.upper() for name in models[:2])
        raise SettingsError(f"{one} and {other} each set a chat model: set one of them.")
    return settings


def served(settings: Settings, database: str, chroma: str) -> Settings:
    """Return the same settings for an index on these servers.

    Raises:
        SettingsError: an address cannot be used.
    """
    told: dict[str, SecretStr] = {}
    for name, check, given in (
        ("database_url", _database, database),
        ("chroma_url", _secret_http, chroma),
    ):
        try:
            told[name] = check(SecretStr(given))
        except ValueError as error:
            wanted = form(PREFIX + name.upper())
            raise SettingsError(f"an address cannot be used: it must be {wanted}.") from error
    return settings.model_copy(update=told)


def _refuse_unknown(given: list[str]) -> None:
    known = names()
    for name in sorted(variable.upper() for variable in given):
        if name.startswith(PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise SettingsError(
                f"{name} is not a setting. Did you mean {close}? It is {form(close)}."
            )
