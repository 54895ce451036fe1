"""The methods of the Bot API, and their refusals; getUpdates is the server's.

Each takes the state, which nobody else reads or writes meanwhile, and the call's parameters. It
returns the result, as Telegram writes it, or raises `Refuse`.
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

MOST_BYTES_OF_A_FILE = 20 * 1024 * 1024
LONGEST_NOTICE = 200  # UTF-16 units, of what a press is answered with


def get_me(state: State, _params: Json) -> Json:
    """Return who the bot is, and what it may do."""
    return state.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": not state.privacy,
        "supports_inline_queries": True,
    }


def send_message(state: State, params: Json) -> Json:
    """Send a text; return the message."""
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
    return whole(params.get("text"), mode=params.get("parse_mode"), too_long=too_long)


def _replied(state: State, chat: int, reply: Json | None) -> Message | None:
    """The message that is replied to, if any."""
    if not reply:
        return None
    found = state.message(chat, reply.get("message_id"))
    if not found and not reply.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return found


def _thread(state: State, owner: Person | Group, thread: int | None) -> int | None:
    """A topic that can be named; the general one cannot."""
    if thread is None:
        return None
    if thread == GENERAL_TOPIC or thread not in state.topics.get(owner.id, ()):
        raise bad("message thread not found")
    return thread


def edit_message_text(state: State, params: Json) -> Json:
    """Change a message of the bot; return it."""
    chat = state.open_chat(params.get("chat_id")).id
    message = state.message(chat, params.get("message_id"))
    if not message:
        raise bad("message to edit not found")
    if message.sender != state.bot:
        raise bad("message can't be edited")
    parsed = _text(params, too_long="MESSAGE_TOO_LONG")
    rows = checks.keyboard(params.get("reply_markup"))
    if (message.text, message.entities, message.rows) == (parsed.text, parsed.entities, rows):
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    state.count(message.chat)
    message.edits.append(message.text)
    message.text, message.entities, message.rows = parsed.text, parsed.entities, rows
    message.html, message.preview = params["text"], params.get("link_preview_options")
    message.edited = int(time.time())
    return state.as_json(message)


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
    if params.get("action") != "typing":
        raise bad("wrong parameter action in request")
    if (thread := params.get("message_thread_id")) != GENERAL_TOPIC:
        _thread(state, owner, thread)
    return True


def send_message_draft(state: State, params: Json) -> bool:
    """Show a text that is being written, in a private chat."""
    owner = state.open_chat(params.get("chat_id"))
    if not isinstance(owner, Person):
        raise bad("TEXTDRAFT_PEER_INVALID")
    if not params.get("draft_id"):
        raise bad("RANDOM_ID_INVALID")
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
    checks.inline_results(params["results"])
    checks.inline_button(params.get("button"))
    state.queries[name] = params
    return True


def _waiting(state: State, name: str | None) -> str:
    """A query that nobody has answered yet."""
    if name not in state.queries or state.queries[name] is not None:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    return name


def set_my_commands(state: State, params: Json) -> bool:
    """Set the commands for a scope and a language."""
    scope, language = params.get("scope") or {"type": "default"}, params.get("language_code") or ""
    if "chat_id" in scope:
        state.open_chat(scope["chat_id"])
    if not re.fullmatch(r"(?:[a-z]{2})?", language):
        raise bad("invalid language code specified")
    key = json.dumps(scope, sort_keys=True), language
    state.commands[key] = checks.commands(params["commands"])
    return True


def get_file(state: State, params: Json) -> Json:
    """Return the path under which a file is downloaded."""
    name = params.get("file_id")
    if name not in state.files:
        raise bad("wrong file_id or the file is temporarily unavailable")
    path, content = state.files[name]
    if len(content) > MOST_BYTES_OF_A_FILE:
        raise bad("file is too big")
    unique = {"file_id": name, "file_unique_id": f"u{name}"}
    return unique | {"file_size": len(content), "file_path": path}


def set_webhook(state: State, params: Json) -> bool:
    """Have the updates posted to an address."""
    if urlsplit(params["url"]).scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", params.get("secret_token", "")):
        raise bad("secret token contains unallowed characters")
    state.webhook = params
    state.allowed = params.get("allowed_updates", state.allowed)
    state.wake()
    return True


def delete_webhook(state: State, _params: Json) -> bool:
    """Have the updates fetched again."""
    state.webhook = {}
    state.wake()
    return True


def get_webhook_info(state: State, _params: Json) -> Json:
    """Return where updates are posted, and how many wait."""
    return {
        "url": state.webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(state.updates),
    }


METHODS: dict[str, Callable[[State, Json], object]] = {
    method.__name__.replace("_", ""): method
    for method in (
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
