"""What a call says, decoded and held to Telegram's rules: parameters, keyboards, commands."""

import json
import re

from fake_bot_api.errors import Json, bad
from fake_bot_api.markup import checked_url, whole

INTEGERS = {
    "cache_time",
    "chat_id",
    "draft_id",
    "limit",
    "max_connections",
    "message_id",
    "message_thread_id",
    "offset",
    "timeout",
}
FLAGS = {
    "disable_notification",
    "drop_pending_updates",
    "is_personal",
    "protect_content",
    "show_alert",
}
NESTED = {
    "allowed_updates",
    "button",
    "commands",
    "link_preview_options",
    "reply_markup",
    "reply_parameters",
    "results",
    "scope",
}
ACTIONS = {
    "callback_data",
    "callback_game",
    "copy_text",
    "login_url",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "url",
    "web_app",
}
SCOPES = {
    "all_chat_administrators": (),
    "all_group_chats": (),
    "all_private_chats": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
    "default": (),
}
MOST_BUTTONS = 100
MOST_IN_A_ROW = 8
MOST_RESULTS = 50
MOST_COMMANDS = 100
LONGEST_DATA = 64  # bytes, of a button
LONGEST_ID = 64  # bytes, of a result
LONGEST_DESCRIPTION = 256  # characters, of a command


def decoded(name: str, value: object) -> object:
    """A parameter as its type: a number, a flag, something nested, or a text in UTF-8.

    Raises:
        Refuse: It is no UTF-8, or what is nested is no JSON.
    """
    if isinstance(value, bytes):
        value = _text(value)
    if isinstance(value, str) and name in NESTED:
        value = _nested(name, value)
    elif isinstance(value, str) and name in INTEGERS:
        value = int(value) if re.fullmatch(r"-?\d{1,20}", value) else value
    elif isinstance(value, str) and name in FLAGS:
        value = value.lower() in ("true", "t", "yes", "y", "1")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise bad("strings must be encoded in UTF-8") from None


def _nested(name: str, value: str) -> object:
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None


def keyboard(markup: object) -> list[list[Json]]:
    """The rows of an inline keyboard; none where the markup is of another kind.

    Raises:
        Refuse: It is no markup, too long, or a button is wrong.
    """
    if not markup:
        return []
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if markup.keys() & {"force_reply", "keyboard", "remove_keyboard"}:
            return []
        raise bad("can't parse reply keyboard markup JSON object")
    rows = markup["inline_keyboard"]
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad("reply markup is too long")
    return [[_button(one) for one in row] for row in rows if row]


def _button(button: Json) -> Json:
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    actions = button.keys() & ACTIONS
    if not actions:
        raise bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(actions) > 1:
        raise bad("can't parse inline keyboard button: Exactly one action must be specified")
    if "callback_data" in button and not (
        1 <= len(button["callback_data"].encode()) <= LONGEST_DATA
    ):
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button:
        _button_url(button["url"])
    return button


def _button_url(url: str) -> None:
    try:
        checked_url(url)
    except ValueError as wrong:
        raise bad(f"inline keyboard button URL '{url}' is invalid: {wrong}") from None


def commands(given: object) -> list[Json]:
    """The commands of a list, each with a name and a description.

    Raises:
        Refuse: It is no list, too long, or a command is wrong.
    """
    if not isinstance(given, list):
        raise bad("can't parse commands JSON object")
    if len(given) > MOST_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in given:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one.get("command", "").removeprefix("/")):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(one.get("description", "").strip()) <= LONGEST_DESCRIPTION:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return given


def scope(given: Json | None) -> Json:
    """For whom commands are meant; for all where nothing is given.

    Raises:
        Refuse: There is no such scope, or it does not say for whom.
    """
    given = given or {"type": "default"}
    if given.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    for name in SCOPES[given["type"]]:
        if name not in given:
            raise bad(f"can't parse BotCommandScope: Can't find field \"{name}\"")
    return given


def language(code: str | None) -> str:
    """A code of two letters, or none for all languages.

    Raises:
        Refuse: It is another one.
    """
    if not re.fullmatch(r"(?:[a-z]{2})?", code or ""):
        raise bad("invalid language code specified")
    return code or ""


def inline_results(given: object) -> list[Json]:
    """The results for an inline query: articles whose text is parsed as a message's is.

    Raises:
        Refuse: It is no list, too long, two have the same id, or a result is wrong.
    """
    if not isinstance(given, list):
        raise bad("can't parse results JSON object")
    if len(given) > MOST_RESULTS:
        raise bad("RESULTS_TOO_MUCH")
    for one in given:
        if not 1 <= len(str(one.get("id", "")).encode()) <= LONGEST_ID:
            raise bad("RESULT_ID_INVALID")
        _inline_article(one)
    if len({one["id"] for one in given}) < len(given):
        raise bad("RESULT_ID_DUPLICATE")
    return given


def _inline_article(result: Json) -> None:
    if result.get("type") != "article":
        raise bad("can't parse inline query result: Unsupported type specified")
    if not result.get("title"):
        raise bad("can't parse inline query result: Can't find field \"title\"")
    content = result.get("input_message_content")
    if not isinstance(content, dict) or "message_text" not in content:
        raise bad("can't parse inline query result: Can't find field \"message_text\"")
    whole(
        content["message_text"],
        mode=content.get("parse_mode"),
        too_long="MESSAGE_TOO_LONG",
    )
    keyboard(result.get("reply_markup"))


def inline_button(button: Json | None) -> Json | None:
    """The button above the results, which starts a private chat with a parameter.

    Raises:
        Refuse: It has no text, or the parameter is wrong.
    """
    if button is None:
        return None
    if not button.get("text"):
        raise bad("can't parse InlineQueryResultsButton: Can't find field \"text\"")
    if "web_app" not in button and not re.fullmatch(
        r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "")
    ):
        raise bad("START_PARAM_INVALID")
    return button
