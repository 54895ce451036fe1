"""What can be set, and the only reader of the environment.

Every setting is a variable `GRIOT_…`, in the environment or in `.env` of the working folder; the
environment wins. `.env.example` lists them all.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from rag.errors import GriotError

PREFIX = "GRIOT_"
LEAST_CONTEXT = 2048
ENV_FILE = ".env"


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
