"""What each method of the Bot API does, and what it refuses; getUpdates is the server's.

Each takes the state, which nobody else reads or writes meanwhile, and the call's parameters. It
gives the result, as Telegram writes it, or raises `Refuse`.
"""

import json
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from fake_bot_api import checks
from fake_bot_api.errors import Json, bad
from fake_bot_api.markup import Formatted, formatted, units, whole
from fake_bot_api.state import GENERAL_TOPIC, Group, Message, Person, State

ACTIONS = {
    "choose_sticker",
    "find_location",
    "record_video",
    "record_video_note",
    "record_voice",
    "typing",
    "upload_document",
    "upload_photo",
    "upload_video",
    "upload_video_note",
    "upload_voice",
}
MOST_BYTES_OF_A_FILE = 20 * 1024 * 1024
LONGEST_NOTICE = 200  # UTF-16 units, of what a press is answered with
LONGEST_OFFSET = 64  # bytes, of where more inline results begin
WEBHOOK_PORTS = (None, 80, 88, 443, 8443)


def get_me(state: State, _params: Json) -> Json:
    """Tell the bot who it is, and what it may do."""
    return state.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": not state.privacy,
        "supports_inline_queries": state.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
    }


def send_message(state: State, params: Json) -> Json:
    """Send a text; gives the message."""
    owner = state.open_chat(params.get("chat_id"))
    parsed = _text(params, too_long="message is too long")
    rows = checks.keyboard(params.get("reply_markup"))
    replied = _replied(state, owner.id, params.get("reply_parameters"))
    thread = _thread(state, owner, params.get("message_thread_id"))
    state.count(owner.id)
    message = state.add(
        owner.id,
        state.bot,
        parsed,
        html=params["text"],
        rows=rows,
        reply_to=replied and replied.id,
        thread=thread or (replied and replied.thread),
        preview=params.get("link_preview_options"),
    )
    return state.as_json(message)


def _text(params: Json, *, too_long: str) -> Formatted:
    assert "entities" not in params, "the bot formats by HTML alone"
    return whole(
        params.get("text"),
        mode=params.get("parse_mode") or None,
        too_long=too_long,
    )


def _replied(state: State, chat: int, reply: Json | None) -> Message | None:
    """The message that is replied to, if any."""
    if not reply:
        return None
    if found := state.message(chat, reply.get("message_id")):
        if reply.get("quote", "") not in (found.text or ""):
            raise bad("QUOTE_TEXT_INVALID")
        return found
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")


def _thread(state: State, owner: Person | Group, thread: int | None) -> int | None:
    """A topic that can be named; the general one cannot."""
    if thread is None:
        return None
    if thread == GENERAL_TOPIC or thread not in state.topics.get(owner.id, ()):
        raise bad("message thread not found")
    return thread


def edit_message_text(state: State, params: Json) -> Json:
    """Give a message of the bot another text; gives the message."""
    message = _editable(state, params)
    parsed = _text(params, too_long="MESSAGE_TOO_LONG")
    rows = checks.keyboard(params.get("reply_markup"))
    _different(message, parsed, rows)
    state.count(message.chat)
    message.edits.append(_own_text(message))
    message.text, message.entities, message.rows = parsed.text, parsed.entities, rows
    message.html = params["text"]
    message.preview = params.get("link_preview_options")
    message.edited = int(time.time())
    return state.as_json(message)


def _editable(state: State, params: Json) -> Message:
    """The message that is to be edited: a text of the bot."""
    if "inline_message_id" in params:
        raise bad("MESSAGE_ID_INVALID")
    chat = state.open_chat(params.get("chat_id")).id
    if params.get("message_id") is None:
        raise bad("message identifier is not specified")
    message = state.message(chat, params["message_id"])
    if not message:
        raise bad("message to edit not found")
    if message.sender != state.bot or message.text is None:
        raise bad("message can't be edited")
    return message


def _own_text(message: Message) -> str:
    assert message.text is not None, "all that the bot sends is text"
    return message.text


def _different(message: Message, parsed: Formatted, rows: list[list[Json]]) -> None:
    old = (message.text, message.entities, message.rows)
    if old == (parsed.text, parsed.entities, rows):
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )


def delete_message(state: State, params: Json) -> bool:
    """Delete a message for everyone there; in a group, only the bot's own."""
    owner = state.open_chat(params.get("chat_id"))
    message = state.message(owner.id, params.get("message_id"))
    if not message:
        raise bad("message to delete not found")
    if isinstance(owner, Group) and message.sender != state.bot:
        raise bad("message can't be deleted")
    message.deleted = True
    return True


def send_chat_action(state: State, params: Json) -> bool:
    """Show that the bot is at work; nothing is kept of it."""
    owner = state.open_chat(params.get("chat_id"))
    if params.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    thread = params.get("message_thread_id")
    if thread != GENERAL_TOPIC:
        _thread(state, owner, thread)
    return True


def send_message_draft(state: State, params: Json) -> bool:
    """Show a text that is being written, in a private chat."""
    owner = state.open_chat(params.get("chat_id"))
    if not isinstance(owner, Person):
        raise bad("TEXTDRAFT_PEER_INVALID")
    if not isinstance(params.get("draft_id"), int) or params["draft_id"] == 0:
        raise bad("RANDOM_ID_INVALID")
    _thread(state, owner, params.get("message_thread_id"))
    text = params.get("text") or ""
    parsed = _text(params, too_long="message is too long") if text.strip() else formatted("")
    state.drafts.setdefault(owner.id, []).append(parsed.text)
    return True


def answer_callback_query(state: State, params: Json) -> bool:
    """Answer the press of a button, once."""
    name = _waiting(state, params.get("callback_query_id"))
    if units(params.get("text") or "") > LONGEST_NOTICE:
        raise bad("MESSAGE_TOO_LONG")
    state.queries[name] = params
    return True


def answer_inline_query(state: State, params: Json) -> bool:
    """Answer what somebody asks from another chat, once."""
    name = _waiting(state, params.get("inline_query_id"))
    checks.inline_results(params.get("results"))
    checks.inline_button(params.get("button"))
    if len((params.get("next_offset") or "").encode()) > LONGEST_OFFSET:
        raise bad("NEXT_OFFSET_INVALID")
    state.queries[name] = params
    return True


def _waiting(state: State, name: str | None) -> str:
    """A query that nobody has answered yet."""
    if name not in state.queries or state.queries[name] is not None:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    return name


def _commands_key(state: State, params: Json) -> tuple[str, str]:
    """For whom commands are meant, as JSON, and in which language."""
    scope = checks.scope(params.get("scope"))
    if "chat_id" in scope:
        state.open_chat(scope["chat_id"])
    return json.dumps(scope, sort_keys=True), checks.language(params.get("language_code"))


def set_my_commands(state: State, params: Json) -> bool:
    """Set the commands for a scope and a language."""
    given = checks.commands(params.get("commands"))
    key = _commands_key(state, params)
    state.commands[key] = given
    return True


def get_file(state: State, params: Json) -> Json:
    """Give the path under which a file is downloaded."""
    name = params.get("file_id")
    if name not in state.files:
        raise bad("wrong file_id or the file is temporarily unavailable")
    path, content = state.files[name]
    if len(content) > MOST_BYTES_OF_A_FILE:
        raise bad("file is too big")
    unique = {"file_id": name, "file_unique_id": f"u{name}"}
    return unique | {"file_size": len(content), "file_path": path}


def set_webhook(state: State, params: Json) -> bool:
    """Have the updates posted to an address; without one, have them fetched again."""
    url = params.get("url") or ""
    if not url:
        return delete_webhook(state, params)
    _check_webhook(url, params.get("secret_token"))
    state.webhook = params | {"url": url}
    _subscribe(state, params)
    return True


def _check_webhook(url: str, secret: str | None) -> None:
    """Addresses on loopback need no encryption and no certain port: nothing leaves the machine."""
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost"):
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if parts.port not in WEBHOOK_PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise bad("secret token contains unallowed characters")


def _subscribe(state: State, params: Json) -> None:
    if params.get("allowed_updates") is not None:
        state.allowed = params["allowed_updates"]
    if params.get("drop_pending_updates"):
        state.updates.clear()
    state.wake()


def delete_webhook(state: State, params: Json) -> bool:
    """Have the updates fetched again."""
    state.webhook = {}
    _subscribe(state, params | {"allowed_updates": None})
    return True


def get_webhook_info(state: State, _params: Json) -> Json:
    """Tell where updates are posted, how many wait, and what went wrong."""
    told = ("max_connections", "allowed_updates", "last_error_date", "last_error_message")
    return {
        "url": state.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(state.updates),
    } | {name: state.webhook[name] for name in told if name in state.webhook}


METHODS: dict[str, Callable[[State, Json], object]] = {
    one.__name__.replace("_", ""): one
    for one in (
        answer_callback_query,
        answer_inline_query,
        delete_message,
        delete_webhook,
        edit_message_text,
        get_file,
        get_me,
        get_webhook_info,
        send_chat_action,
        send_message,
        send_message_draft,
        set_my_commands,
        set_webhook,
    )
}
"""By their names in small letters; in a call it does not matter how those are written."""
