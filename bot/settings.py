"""What can be set, and the only reader of the environment.

Every setting is a variable `GRIOT_…`, in the environment or in `.env` of the working folder; the
environment wins. `.env.example` lists them all.
"""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from rag.errors import GriotError

PREFIX = "GRIOT_"
LEAST_CONTEXT = 2048
ENV_FILE = ".env"
HIGHEST_PORT = 65_535

# One that is not of this form would be refused as if nothing were at that address.
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


class SettingsError(GriotError):
    """A setting is unknown, or its value cannot be used."""


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must be an address that begins with http:// or https://")
    return url


def _folder(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("its ~ names nobody's home folder") from error


def _ids(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return frozenset(int(one) for one in given.replace(",", " ").split())
    except ValueError as error:
        raise ValueError("it must be numbers with commas between them") from error


def _https(url: str) -> str:
    if urlsplit(_http(url)).scheme != "https":
        raise ValueError("Telegram only calls addresses that begin with https://")
    return url


def _bot_token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError("it is not a bot's token; @BotFather gives one, like 123456:ABC-…")
    return token


def _address(given: object) -> object:
    if not isinstance(given, str):
        return given
    host, _, port = given.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
        raise ValueError("it must be a host and a port, such as 127.0.0.1:8443")
    return Address(host.strip("[]"), int(port))


Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_ids)]
Listen = Annotated[Address, NoDecode, BeforeValidator(_address)]
Folder = Annotated[Path, AfterValidator(_folder)]
Url = Annotated[str, AfterValidator(_http)]


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
    embed_url: Url | None = None
    embed_model: str | None = None
    embed_key: SecretStr | None = None
    llm_url: Url | None = None
    llm_model: str | None = None
    llm_key: SecretStr | None = None
    llm_context: Annotated[int, Field(ge=LEAST_CONTEXT)] = 4096
    unsupported: Literal["drop", "flag"] = "drop"
    verify_url: Url | None = None
    verify_model: str | None = None
    verify_key: SecretStr | None = None
    telegram_token: Annotated[SecretStr, AfterValidator(_bot_token)] | None = None
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_admins: Ids = frozenset()
    telegram_allowed: Ids = frozenset()
    telegram_per_minute: Annotated[int, Field(ge=1)] = 6
    telegram_per_day: Annotated[int, Field(ge=1)] = 100
    telegram_drafts: bool = False
    webhook_url: Annotated[str, AfterValidator(_https)] | None = None
    webhook_listen: Listen = Address("127.0.0.1", 8443)
    metrics: Annotated[Address | None, NoDecode, BeforeValidator(_address)] = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_questions: bool = False

    def secrets(self) -> tuple[str, ...]:
        """What must not be printed by anything."""
        given = (getattr(self, name) for name in type(self).model_fields)
        return tuple(one.get_secret_value() for one in given if isinstance(one, SecretStr))


def names() -> tuple[str, ...]:
    """Every variable that is read, in the order of `.env.example`."""
    return tuple(PREFIX + name.upper() for name in Settings.model_fields)


def load() -> Settings:
    """The settings of the environment and of `.env` in the working folder.

    Raises:
        SettingsError: a variable is unknown, or its value cannot be used.
    """
    try:
        _refuse_unknown(
            [*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars]
        )
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name} cannot be used: {reason}. See .env.example.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{ENV_FILE} cannot be read as UTF-8 text: mend it, or remove it."
        ) from error
    for server in ("embed", "llm", "verify"):
        url, model = (f"{server}_{what}" for what in ("url", "model"))
        if (getattr(settings, url) is None) != (getattr(settings, model) is None):
            raise SettingsError(
                f"{PREFIX}{url.upper()} and {PREFIX}{model.upper()} only make sense together: "
                "set both, or neither."
            )
    return settings


def _refuse_unknown(given: list[str]) -> None:
    known = names()
    for name in sorted(variable.upper() for variable in given):
        if name.startswith(PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise SettingsError(
                f"{name} is not a setting. Did you mean {close}? .env.example lists them all."
            )
