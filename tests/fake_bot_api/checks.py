"""A call's values, decoded and held to Telegram's rules: keyboards, commands, inline results."""

import json
import re
from typing import Any

from fake_bot_api.errors import Json, bad
from fake_bot_api.markup import is_link, whole

TEXTS = {
    "action",
    "callback_query_id",
    "file_id",
    "inline_query_id",
    "language_code",
    "parse_mode",
    "secret_token",
    "text",
    "url",
}
"""The parameters that are texts; all others are JSON."""

LONGEST_DATA = 64  # bytes, of a button


def decoded(name: str, value: bytes) -> Any:
    """A parameter as a text, or as what its JSON holds.

    Raises:
        Refuse: It is no UTF-8, or no JSON.
    """
    try:
        text = value.decode()
        found = text if name in TEXTS else json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError:
        raise bad("strings must be encoded in UTF-8") from None
    except ValueError:
        raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None
    return found


def keyboard(markup: Json | None) -> list[list[Json]]:
    """The rows of an inline keyboard.

    Raises:
        Refuse: It is too long, or a button is wrong.
    """
    rows = markup["inline_keyboard"] if markup else []
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise bad("reply markup is too long")
    for button in (each for row in rows for each in row):
        _check_button(button)
    return rows


def _check_button(button: Json) -> None:
    wrong = "can't parse inline keyboard button"
    if not button["text"].strip():
        raise bad(f'{wrong}: Field "text" must be of type String')
    match button:
        case {"callback_data": data, **others} if others.keys() == {"text"}:
            if not 1 <= len(data.encode()) <= LONGEST_DATA:
                raise bad("BUTTON_DATA_INVALID")
        case {"url": url, **others} if others.keys() == {"text"}:
            if not is_link(url):
                raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        case _:
            raise bad(f"{wrong}: Exactly one action must be specified")


def commands(given: list[Json]) -> list[Json]:
    """The commands of a list, each with a name and a description.

    Raises:
        Refuse: A command is wrong.
    """
    for each in given:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", each["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"].strip()) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return given


def inline_results(given: list[Json]) -> None:
    """Check the results for an inline query: articles with a text that can be a message.

    Raises:
        Refuse: There are too many, two have the same id, or one is wrong.
    """
    if len(given) > 50:
        raise bad("RESULTS_TOO_MUCH")
    if len({each["id"] for each in given}) < len(given):
        raise bad("RESULT_ID_DUPLICATE")
    for each in given:
        if not 1 <= len(each["id"].encode()) <= 64:
            raise bad("RESULT_ID_INVALID")
        if each["type"] != "article" or not each["title"]:
            raise bad("can't parse inline query result")
        content = each["input_message_content"]
        mode = content.get("parse_mode")
        whole(content["message_text"], mode=mode, too_long="MESSAGE_TOO_LONG")


def inline_button(button: Json | None) -> None:
    """Check the button above the results, which starts a private chat with a parameter.

    Raises:
        Refuse: It has no text, or the parameter is wrong.
    """
    if button and not button["text"]:
        raise bad("can't parse InlineQueryResultsButton: Can't find field \"text\"")
    if button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button["start_parameter"]):
        raise bad("START_PARAM_INVALID")
