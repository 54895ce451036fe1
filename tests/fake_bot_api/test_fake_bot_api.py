"""The fake Bot API refuses what Telegram refuses, and tells the bot what Telegram tells it."""

import asyncio
import contextlib
import html
import json
import threading

import httpx
import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from fake_bot_api import TOKEN, Break, FakeBotApi, Garbage, Lose, Stall
from fake_bot_api.errors import Refuse
from fake_bot_api.flood import Flood
from fake_bot_api.markup import MOST_ENTITIES, MOST_UNITS, Formatted, formatted, units

GROUP = -1001
SMALL_GROUP = -7
SUPERGROUP = -1_000_000_000_007
WHY = {"text": "Why", "callback_data": "why:1"}
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def api():
    """Without flood limits, except where a test is about them."""
    with FakeBotApi(floods=False) as api:
        yield api


@pytest.fixture
def ada(api):
    return api.person(1, "Ada")


@pytest.fixture
def reader(api):
    """A person who has written to the bot."""
    reader = api.person(2)
    api.say(reader, "hello")
    return reader


@pytest.fixture
def call(api, client):
    """Calls a method as a form; the status, and the result or the description."""

    def called(method, *, token=TOKEN, **params):
        form = {
            name: json.dumps(value) if isinstance(value, dict | list | bool) else value
            for name, value in params.items()
        }
        return told(client.post(f"{api.url}/bot{token}/{method}", data=form))

    return called


def told(answer):
    body = answer.json()
    return answer.status_code, body["result"] if body["ok"] else body["description"]


def keyboard(*rows):
    return {"inline_keyboard": list(rows)}


def bad(what):
    return 400, f"Bad Request: {what}"


def kinds(updates):
    """Of which kind each update is, and what it says."""
    assert updates[0] == 200
    return [
        (kind, body.get("text") or body.get("data") or body.get("query"))
        for update in updates[1]
        for kind, body in update.items()
        if kind != "update_id"
    ]


class Bot:
    """The real client, for the time of a test."""

    def __init__(self, api, **timeouts):
        request = telegram.request.HTTPXRequest(**timeouts)
        urls = {"base_url": f"{api.url}/bot", "base_file_url": f"{api.url}/file/bot"}
        self.bot = telegram.Bot(TOKEN, request=request, get_updates_request=request, **urls)

    def run(self, work):
        return asyncio.run(self._run(work))

    async def _run(self, work):
        async with self.bot:
            return await work(self.bot)


# Calls


@pytest.mark.parametrize(
    ("token", "method", "answer"),
    [
        (TOKEN[:-1] + "x", "getMe", (401, "Unauthorized")),
        ("123456789:short", "getMe", (404, "Not Found")),
        (TOKEN, "getMee", (404, "Not Found")),
    ],
)
def test_a_wrong_token_and_an_unknown_method_are_told_apart(call, token, method, answer):
    """A token that could be one is unauthorised; what cannot be one is not found."""
    assert call(method, token=token) == answer


def test_a_call_may_be_a_form_a_part_or_json_or_in_the_address(api, reader, client):
    """The same message is sent by each; what is not UTF-8 is refused."""
    url = f"{api.url}/bot{TOKEN}/sendMessage"
    params = {"chat_id": str(reader.id), "text": "a & ü"}
    answers = [
        client.post(url, data=params),
        client.post(url, files={name: (None, value) for name, value in params.items()}),
        client.post(url, json={"chat_id": reader.id, "text": "a & ü"}),
        client.get(url, params=params),
    ]
    assert [told(one)[1]["text"] for one in answers] == ["a & ü"] * 4
    assert {one.params["chat_id"] for one in api.calls} == {reader.id}
    stray = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(url, content=b"chat_id=2&text=%ff", headers=stray)
    assert told(answer) == bad("strings must be encoded in UTF-8")


# Texts


def entity(kind, offset, length, **more):
    return {"type": kind, **more, "offset": offset, "length": length}


def link(url):
    return entity("text_link", 0, 1, url=url)


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("<b>a</b> <em>b</em>", "a b", [entity("bold", 0, 1), entity("italic", 2, 1)]),
        ("<u>a</u><del>b</del>", "ab", [entity("underline", 0, 1), entity("strikethrough", 1, 1)]),
        ("<tg-spoiler>a</tg-spoiler>", "a", [entity("spoiler", 0, 1)]),
        ("<code>a<b>b</b></code>", "ab", [entity("code", 0, 2)]),
        (
            '<pre><code class="language-py">a</code></pre>',
            "a",
            [entity("pre", 0, 1, language="py")],
        ),
        ("<blockquote>a</blockquote>", "a", [entity("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [entity("expandable_blockquote", 0, 1)]),
        ("😀<B>é😀</B>", "😀é😀", [entity("bold", 2, 3)]),
        ("&lt;&gt;&amp;&quot;&#233;&#x1F600; &copy; &", '<>&"é😀 &copy; &', []),
        ("\n <b> a</b> \n", "a", [entity("bold", 0, 1)]),
        (
            '<a href="https://a.example/?b=1&amp;c=2#:~:text=d">a</a>',
            "a",
            [link("https://a.example/?b=1&c=2#:~:text=d")],
        ),
        ("<a href='tg://user?id=1'>a</a>", "a", [link("tg://user?id=1")]),
        ('<a href="a.example">a</a>', "a", [link("http://a.example")]),
        ('<a href="javascript:alert(1)">a</a>', "a", []),
        ('<a href="http://localhost/">a</a>', "a", []),
    ],
)
def test_html_becomes_a_text_and_entities(html, text, entities):
    """Entities are placed in UTF-16 units; a link that is none is left out, and its text stays."""
    assert formatted(html, mode="HTML") == Formatted(text, entities)


@pytest.mark.parametrize(
    ("html", "error"),
    [
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("a<p>b</p>", 'Unsupported start tag "p" at byte offset 1'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        (
            "<blockquote>a<blockquote>b</blockquote></blockquote>",
            "Block quotations can't be nested at byte offset 13",
        ),
    ],
)
def test_html_that_is_wrong_is_refused(call, reader, html, error):
    """The error says what is wrong and at which byte; without a parse mode nothing is parsed."""
    send = {"chat_id": reader.id, "text": html}
    assert call("sendMessage", **send, parse_mode="HTML") == bad(f"can't parse entities: {error}")
    assert call("sendMessage", **send)[1]["text"] == html


@given(st.text())
def test_an_escaped_text_is_read_as_it_was(text):
    """Whatever stands in it."""
    assert formatted(html.escape(text, quote=False), mode="HTML") == formatted(text)


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "😀", "é ", "\n", "&amp;", "<a"])))
def test_the_entities_of_any_html_lie_within_its_text(pieces):
    """Or it is refused."""
    with contextlib.suppress(Refuse):
        parsed = formatted("".join(pieces), mode="HTML")
        ends = [one["offset"] + one["length"] for one in parsed.entities]
        assert max(ends, default=0) <= units(parsed.text)


# What a call is refused for


def article(name, text="<b>a</b>", **more):
    content = {"message_text": text, "parse_mode": "HTML"}
    return {"type": "article", "id": name, "title": "A", "input_message_content": content} | more


def said(text, **more):
    return "sendMessage", {"chat_id": 2, "text": text} | more


def formed(text):
    return said(text, parse_mode="HTML")


def pressable(**button):
    return said("a", reply_markup=keyboard([{"text": "a"} | button]))


def commanded(*, scope=None, language="", **more):
    listed = [{"command": "ask", "description": "Ask a question"} | more]
    scoped = {"scope": scope} if scope else {}
    return "setMyCommands", {"commands": listed, "language_code": language} | scoped


def hooked(url, **more):
    return "setWebhook", {"url": url} | more


BUTTON = "can't parse inline keyboard button"
NO_URL = "inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (said(" \n\u200b"), "message text is empty"),
        (formed("<b></b>"), "message text is empty"),
        (said("a" * (MOST_UNITS + 1)), "message is too long"),
        (said("😀" * (MOST_UNITS // 2) + "a"), "message is too long"),
        (formed("<b>a</b> " * (MOST_ENTITIES + 1)), "ENTITIES_TOO_LONG"),
        (formed("&#xD800;"), "strings must be encoded in UTF-8"),
        (said("a", reply_parameters={"message_id": 99}), "message to be replied not found"),
        (said("a", message_thread_id=6), "message thread not found"),
        (said("a", reply_markup="{"), "can't parse reply markup JSON object"),
        (said("a", reply_markup=keyboard([WHY] * 9)), "reply markup is too long"),
        (said("a", reply_markup=keyboard(*[[WHY] * 8] * 13)), "reply markup is too long"),
        (pressable(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (pressable(callback_data=""), "BUTTON_DATA_INVALID"),
        (pressable(url="http://localhost"), NO_URL),
        (pressable(), f"{BUTTON}: Text buttons are unallowed in the inline keyboard"),
        (
            pressable(url="https://a.example", callback_data="a"),
            f"{BUTTON}: Exactly one action must be specified",
        ),
        (said("a", chat_id=""), "chat_id is empty"),
        (said("a", chat_id=99), "chat not found"),
        (("sendChatAction", {"chat_id": 2, "action": "x"}), "wrong parameter action in request"),
        (("sendMessageDraft", {"chat_id": 2, "draft_id": 0}), "RANDOM_ID_INVALID"),
        (("answerCallbackQuery", {"callback_query_id": "1"}), TOO_OLD),
        (("getFile", {"file_id": "9"}), "wrong file_id or the file is temporarily unavailable"),
        (commanded(command="Ask"), "BOT_COMMAND_INVALID"),
        (commanded(command="a" * 33), "BOT_COMMAND_INVALID"),
        (commanded(description="a" * 257), "BOT_COMMAND_DESCRIPTION_INVALID"),
        (commanded(language="french"), "invalid language code specified"),
        (commanded(scope={"type": "chat", "chat_id": 99}), "chat not found"),
        (
            hooked("http://bot.example/"),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            hooked("https://bot.example:8000/"),
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (
            hooked("https://bot.example/", secret_token="a b"),
            "secret token contains unallowed characters",
        ),
    ],
)
def test_a_call_that_is_wrong_is_refused(call, reader, wrong, error):
    method, params = wrong
    assert call(method, **params) == bad(error)


def test_a_text_may_be_as_long_as_allowed(call, reader):
    """In UTF-16 units; tags and the space around it do not count."""
    method, params = formed("<b>" + "😀" * (MOST_UNITS // 2) + "</b>\n")
    assert call(method, **params)[0] == 200


@pytest.mark.parametrize(
    ("results", "button", "answer"),
    [
        ([article("1"), article("2")], None, (200, True)),
        ([], {"text": "Start", "start_parameter": "inline"}, (200, True)),
        ([article(str(n)) for n in range(51)], None, bad("RESULTS_TOO_MUCH")),
        ([article("1"), article("1")], None, bad("RESULT_ID_DUPLICATE")),
        ([article("1" * 65)], None, bad("RESULT_ID_INVALID")),
        ([article("1", "a" * 4097)], None, bad("MESSAGE_TOO_LONG")),
        (
            [article("1", title="")],
            None,
            bad("can't parse inline query result: Can't find field \"title\""),
        ),
        ([], {"text": "Start", "start_parameter": "a b"}, bad("START_PARAM_INVALID")),
    ],
)
def test_inline_results_are_held_to_the_rules(api, call, results, button, answer):
    """At most 50, each with an id of its own and a text that can be a message."""
    asked = api.ask_inline(api.person(1), "who?")
    assert kinds(call("getUpdates")) == [("inline_query", "who?")]
    more = {"button": button} if button else {}
    assert call("answerInlineQuery", inline_query_id=asked, results=results, **more) == answer
    assert (api.answered(asked) is not None) == (answer[0] == 200)


# Messages


def test_a_message_is_seen_as_it_stands_now(api, call, reader):
    """Its earlier texts are kept, and an edit without a keyboard takes the keyboard away."""
    asked = api.say(reader, "who?")
    reply, options = {"message_id": asked}, {"is_disabled": True}
    sent = {"chat_id": reader.id, "parse_mode": "HTML", "link_preview_options": options}
    markup = {"reply_markup": keyboard([WHY]), "reply_parameters": reply}
    first = call("sendMessage", text="<b>a</b>", **markup, **sent)[1]
    assert first["reply_to_message"]["text"] == "who?"
    shown = api.messages(reader.id)[0]
    assert (shown.buttons, shown.reply_to, shown.html) == ([[WHY]], asked, "<b>a</b>")
    call("editMessageText", message_id=first["message_id"], text="<i>b</i>", **sent)
    shown = api.messages(reader.id)[0]
    assert (shown.text, shown.entities, shown.edits) == ("b", [entity("italic", 0, 1)], ["a"])
    assert (shown.buttons, shown.previews_off) == ([], True)


def test_an_edit_that_changes_nothing_is_refused(call, reader):
    """The text, the entities and the keyboard are compared, not the HTML."""
    same = {"chat_id": reader.id, "parse_mode": "HTML", "reply_markup": keyboard([WHY])}
    name = call("sendMessage", text="<b>a</b>", **same)[1]["message_id"]
    answer = bad(
        "message is not modified: specified new message content and reply markup are exactly the "
        "same as a current content and reply markup of the message"
    )
    assert call("editMessageText", message_id=name, text="<strong>a</strong> ", **same) == answer
    assert call("editMessageText", message_id=name, text="<b>b</b>", **same)[0] == 200


def test_what_is_not_the_bots_or_not_there_cannot_be_edited_or_deleted(api, call, ada, reader):
    """A private chat the bot may clear of both sides'; in a group it deletes only its own."""
    edit = {"chat_id": reader.id, "text": "b"}
    name = call("sendMessage", chat_id=reader.id, text="a")[1]["message_id"]
    long = call("editMessageText", message_id=name, chat_id=reader.id, text="a" * 4097)
    assert long == bad("MESSAGE_TOO_LONG")
    assert call("deleteMessage", chat_id=reader.id, message_id=name) == (200, True)
    assert call("editMessageText", message_id=name, **edit) == bad("message to edit not found")
    assert call("editMessageText", message_id=1, **edit) == bad("message can't be edited")
    group = api.group(SMALL_GROUP, members=(ada,))
    spoken = [
        (group, api.say(ada, "/ask", chat=group)),
        (ada.id, api.say(ada, "hello")),
        (ada.id, 99),
    ]
    assert [call("deleteMessage", chat_id=chat, message_id=name) for chat, name in spoken] == [
        bad("message can't be deleted"),
        (200, True),
        bad("message to delete not found"),
    ]


def test_a_chat_that_cannot_be_written_to_says_why(api, call, ada, reader):
    """Never met, blocked and taken back, thrown out."""
    send = {"text": "a"}
    never = (403, "Forbidden: bot can't initiate conversation with a user")
    assert call("sendMessage", chat_id=ada.id, **send) == never
    api.block(reader)
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert call("sendChatAction", chat_id=reader.id, action="typing") == blocked
    api.unblock(reader)
    assert call("sendMessage", chat_id=reader.id, **send)[0] == 200
    group = api.group(SMALL_GROUP, members=(ada,))
    api.remove_bot(group, ada)
    kicked = (403, "Forbidden: bot was kicked from the group chat")
    assert call("sendMessage", chat_id=group, **send) == kicked


def test_a_topic_is_kept(api, call, ada):
    """A message to a topic names it, and so does a reply in it."""
    forum = api.group(SUPERGROUP, members=(ada,), forum=True)
    asked = api.say(ada, "/ask", chat=forum, thread=5)
    update = call("getUpdates")[1][0]["message"]
    assert (update["message_thread_id"], update["is_topic_message"]) == (5, True)
    call("sendMessage", chat_id=forum, text="a", message_thread_id=5)
    call("sendMessage", chat_id=forum, text="b", reply_parameters={"message_id": asked})
    assert [one.thread for one in api.messages(forum)] == [5, 5]


def test_a_draft_is_for_private_chats_and_is_no_message(api, call, ada, reader):
    group = api.group(SMALL_GROUP, members=(ada,))
    draft = {"draft_id": 7, "text": "thinking"}
    assert call("sendMessageDraft", chat_id=reader.id, **draft) == (200, True)
    assert call("sendMessageDraft", chat_id=group, **draft) == bad("TEXTDRAFT_PEER_INVALID")
    assert (api.drafts(reader.id), api.messages(reader.id)) == (["thinking"], [])


def test_a_press_is_answered_once(api, call, reader):
    """The bot gets the data and the message."""
    markup = keyboard([WHY])
    name = call("sendMessage", chat_id=reader.id, text="a", reply_markup=markup)[1]["message_id"]
    pressed = api.press(reader, name, "Why")
    query = call("getUpdates")[1][-1]["callback_query"]
    assert (query["id"], query["data"], query["message"]["text"]) == (pressed, "why:1", "a")
    answer = {"callback_query_id": pressed, "text": "a" * 200}
    assert call("answerCallbackQuery", **answer | {"text": "a" * 201}) == bad("MESSAGE_TOO_LONG")
    assert call("answerCallbackQuery", **answer) == (200, True)
    assert api.answered(pressed) == answer
    assert call("answerCallbackQuery", **answer) == bad(TOO_OLD)


def test_commands_are_kept_by_scope_and_language(api, call, reader):
    scopes = [{}, {"language_code": "fr"}, {"scope": {"type": "chat", "chat_id": reader.id}}]
    for scope in scopes:
        assert call("setMyCommands", **commanded()[1] | scope) == (200, True)
    default = '{"type": "default"}'
    chat = f'{{"chat_id": {reader.id}, "type": "chat"}}'
    assert list(api.commands) == [(default, ""), (default, "fr"), (chat, "")]


# Updates


def test_updates_come_again_until_they_are_confirmed(api, call, ada):
    """An offset forgets those before it, a negative one counts from the end."""
    for text in ("a", "b", "c", "d"):
        api.say(ada, text)
    first = call("getUpdates", limit=2)
    assert call("getUpdates", limit=2) == first
    assert [one["message"]["text"] for one in first[1]] == ["a", "b"]
    rest = call("getUpdates", offset=first[1][-1]["update_id"] + 1)
    assert [text for _, text in kinds(rest)] == ["c", "d"]
    assert kinds(call("getUpdates", offset=-1)) == [("message", "d")]
    assert kinds(call("getUpdates")) == [("message", "d")]


def test_only_the_allowed_kinds_come(api, call, ada):
    """As they were allowed when something happened."""
    call("getUpdates", allowed_updates=["message"])
    name = api.say(ada, "a")
    api.edit(ada, name, "b")
    call("getUpdates", allowed_updates=["edited_message"])
    api.say(ada, "c")
    api.edit(ada, name, "d")
    assert kinds(call("getUpdates")) == [("message", "a"), ("edited_message", "d")]


def test_a_long_poll_ends_when_something_comes(api, call, ada):
    """And gives nothing at the end of its time."""
    assert call("getUpdates", timeout=1) == (200, [])
    later = threading.Timer(0.2, api.say, (ada, "a"))
    later.start()
    assert kinds(call("getUpdates", timeout=20)) == [("message", "a")]
    later.join()


def test_a_second_poller_ends_the_first(api, ada):
    """The second gets what comes."""

    async def both(bot):
        first = asyncio.ensure_future(bot.get_updates(timeout=20))
        await asyncio.to_thread(api.wait, lambda: api.polling)
        second = asyncio.ensure_future(bot.get_updates(timeout=20))
        with pytest.raises(Conflict):
            await first
        api.say(ada, "a")
        return [one.message.text for one in await second]

    assert Bot(api).run(both) == ["a"]


def test_a_poller_that_went_away_is_in_nobodys_way(api, client, call, ada):
    """Nothing that comes later is lost with it."""
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"{api.url}/bot{TOKEN}/getUpdates", params={"timeout": 20}, timeout=0.2)
    api.wait(lambda: not api.polling)
    api.say(ada, "a")
    assert kinds(call("getUpdates")) == [("message", "a")]


def test_who_polls_does_not_have_a_webhook(api, call):
    """A webhook ends a poll that waits, and forbids the next."""
    found = []
    poll = threading.Thread(target=lambda: found.append(call("getUpdates", timeout=20)))
    poll.start()
    api.wait(lambda: api.polling)
    call("setWebhook", url="https://bot.example/hook")
    poll.join()
    assert found == [(409, "Conflict: terminated by setWebhook request")]
    what = "can't use getUpdates method while webhook is active; "
    active = (409, f"Conflict: {what}use deleteWebhook to delete the webhook first")
    assert call("getUpdates") == active
    assert call("deleteWebhook") == (200, True)
    assert call("getUpdates") == (200, [])


class Hook:
    """A webhook that takes what comes with a status of the script, 200 when that is at its end."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.got = []

    async def __call__(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = dict(one.split(": ", 1) for one in head.decode().split("\r\n")[1:] if one)
        body = json.loads(await reader.readexactly(int(lines["Content-Length"])))
        status = self.statuses.pop(0) if self.statuses else 200
        self.got.append((body["message"]["text"], lines["X-Telegram-Bot-Api-Secret-Token"], status))
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def test_a_webhook_gets_the_updates_in_order_until_it_takes_them(api, ada):
    """Behind a proxy, with the secret; what it does not take comes again before the next."""
    hook = Hook(500)

    async def serve(bot):
        async with await asyncio.start_server(hook, "127.0.0.1", 0) as server:
            api.proxy["https://bot.example"] = "http://127.0.0.1:{1}".format(
                *server.sockets[0].getsockname()
            )
            api.say(ada, "dropped")
            url, secret = "https://bot.example/hook", "s3cret"
            await bot.set_webhook(url, secret_token=secret, drop_pending_updates=True)
            for text in ("a", "b"):
                api.say(ada, text)
            await asyncio.to_thread(api.wait, lambda: len(hook.got) == 3)
            return await bot.get_webhook_info()

    info = Bot(api).run(serve)
    assert hook.got == [("a", "s3cret", 500), ("a", "s3cret", 200), ("b", "s3cret", 200)]
    assert "500" in info.last_error_message


# Groups


HIDDEN = ["hello", "hello @griot_bot", "/ask@other_bot who?"]
SHOWN = ["/ask who?", "/ask@griot_bot who?", "/ask@Griot_Bot"]


@pytest.mark.parametrize(
    ("privacy", "expected"),
    [(True, [*SHOWN, "and then?"]), (False, [*HIDDEN, *SHOWN, "and then?"])],
)
def test_privacy_mode_hides_what_is_not_meant_for_the_bot(client, privacy, expected):
    """Commands and replies to it come; mentions, talk, and other bots' commands do not."""
    with FakeBotApi(privacy=privacy, floods=False) as api:
        ada = api.person(1)
        group = api.group(SMALL_GROUP, members=(ada,))
        url = f"{api.url}/bot{TOKEN}"
        sent = told(client.post(f"{url}/sendMessage", data={"chat_id": group, "text": "a"}))[1]
        for text in HIDDEN + SHOWN:
            api.say(ada, text, chat=group)
        api.say(ada, "and then?", chat=group, reply_to=sent["message_id"])
        got = told(client.get(f"{url}/getUpdates"))
    assert [text for _, text in kinds(got)] == expected


def test_the_bot_is_told_that_it_was_added_and_removed(api, call, ada):
    """By a change of its membership, and by a service message."""
    group = api.group(SMALL_GROUP)
    api.add_bot(group, ada)
    api.remove_bot(group, ada)
    api.say(ada, "/ask who?", chat=group)
    updates = [next(reversed(one.items())) for one in call("getUpdates")[1]]
    changes = [body["new_chat_member"]["status"] for kind, body in updates if "my" in kind]
    assert changes == ["member", "kicked"]
    service = [body.keys() & {"new_chat_members", "left_chat_member"} for _, body in updates]
    assert service == [set(), {"new_chat_members"}, {"left_chat_member"}, set()]


def test_a_group_that_moved_says_where_to(api, ada):
    """The client raises what it has for it, and both chats get a service message."""
    group = api.group(SMALL_GROUP, members=(ada,))
    api.migrate(group, SUPERGROUP)

    async def send(bot):
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(group, "a")
        await bot.send_message(moved.value.new_chat_id, "a")
        return [(one.message.chat.id, one.message.to_dict()) for one in await bot.get_updates()]

    (old, left), (new, come) = Bot(api).run(send)
    assert (old, left["migrate_to_chat_id"]) == (group, SUPERGROUP)
    assert (new, come["migrate_from_chat_id"]) == (SUPERGROUP, group)
    assert [one.text for one in api.messages(SUPERGROUP)] == ["a"]


# Flood limits


class Clock:
    """Time that a test sets."""

    now = 1000.0

    def __call__(self):
        return self.now


def refused(flood, chat):
    """For how long a message has to wait; 0 where it was taken."""
    try:
        flood.admit(chat, group=chat < 0)
    except Refuse as refusal:
        return refusal.parameters["retry_after"]
    return 0


def test_a_chat_gets_one_message_a_second():
    """A refused message does not count, and the network is allowed 50 ms."""
    flood = Flood(clock := Clock())
    waits = []
    for after in (0, 0.5, 0.44, 0.02, 0.94):
        clock.now += after
        waits.append(refused(flood, 1))
    assert waits == [0, 1, 1, 0, 1]


def test_a_group_gets_twenty_messages_a_minute():
    """The next waits until the first is a minute old."""
    flood = Flood(clock := Clock())
    waits = []
    for _ in range(21):
        waits.append(refused(flood, GROUP))
        clock.now += 1
    assert waits == [0] * 20 + [40]
    clock.now += 39
    assert (refused(flood, GROUP), refused(flood, GROUP - 1)) == (0, 0)


def test_all_chats_together_get_thirty_messages_a_second():
    """In any second, whenever it begins."""
    flood = Flood(clock := Clock())
    assert [refused(flood, chat) for chat in range(1, 16)] == [0] * 15
    clock.now += 0.5
    assert [refused(flood, chat) for chat in range(16, 33)] == [0] * 15 + [1, 1]
    clock.now += 0.5
    assert [refused(flood, chat) for chat in range(33, 49)] == [0] * 15 + [1]


def test_a_second_message_at_once_is_refused(client):
    """An edit counts too; an action, a draft and a deletion do not."""
    with FakeBotApi(floods=Flood(Clock())) as api:
        api.say(api.person(1), "hello")

        def call(method, **params):
            params = {"chat_id": 1, "text": "a", "message_id": 2, "draft_id": 3} | params
            return client.post(f"{api.url}/bot{TOKEN}/{method}", data=params)

        assert call("sendMessage").status_code == 200
        assert call("sendMessage").json() == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        }
        assert call("editMessageText", text="b").status_code == 429
        free = [("sendChatAction", {"action": "typing"}), ("sendMessageDraft", {})]
        free += [("deleteMessage", {})]
        assert [call(name, **more).status_code for name, more in free] == [200] * 3


# The real client, and faults


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
def test_the_real_client_raises_what_it_has_for_each_refusal(api, reader, ada):
    """As it would with Telegram."""
    api.fail("sendMessage", Refuse(429, "Too Many Requests", {"retry_after": 3}), chat=reader.id)

    async def errors(bot):
        with pytest.raises(RetryAfter):
            await bot.send_message(reader.id, "a")
        with pytest.raises(Forbidden):
            await bot.send_message(ada.id, "a")
        with pytest.raises(BadRequest):
            await bot.edit_message_text("a", reader.id, 99)
        return (await bot.send_message(reader.id, "a")).text

    assert Bot(api).run(errors) == "a"
    assert [(one.method, one.status) for one in api.calls[1:]] == [
        ("sendMessage", 429),
        ("sendMessage", 403),
        ("editMessageText", 400),
        ("sendMessage", 200),
    ]
    api.revoke(TOKEN[:-1] + "x")
    with pytest.raises(InvalidToken):
        Bot(api).run(errors)


def test_a_file_is_downloaded(api, call, ada):
    """A document that somebody sent."""
    api.send(ada, document=api.file("note.txt", b"a note"), caption="read")

    async def load(bot):
        (update,) = await bot.get_updates()
        document = update.message.document
        file = await document.get_file()
        return update.message.caption, document.file_name, bytes(await file.download_as_bytearray())

    assert Bot(api).run(load) == ("read", "note.txt", b"a note")


def test_media_are_told_as_the_client_expects_them(api, ada):
    """What a test does not give is made up."""
    for media in ({"sticker": {"emoji": "👍"}}, {"voice": {}}, {"photo": []}, {"video_note": {}}):
        api.send(ada, **media)

    async def kinds_of(bot):
        return [one.message.effective_attachment for one in await bot.get_updates()]

    sticker, voice, photo, note = Bot(api).run(kinds_of)
    assert (sticker.emoji, voice.file_size, len(photo), note.length) == ("👍", 1000, 1, 240)


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        (Break(), NetworkError, ([], 0)),
        (Lose(), NetworkError, (["a"], 200)),
        (Stall(5), TimedOut, (["a"], 200)),
        (Garbage(), telegram.error.TelegramError, ([], 200)),
        (Refuse(502, "Bad Gateway"), NetworkError, ([], 502)),
    ],
)
def test_a_fault_happens_once(api, reader, fault, error, outcome):
    """The client meets it as an error; whether the message was sent is another matter."""
    api.fail("sendMessage", fault)
    sent, status = outcome

    async def send(bot):
        with pytest.raises(error):
            await bot.send_message(reader.id, "a", read_timeout=0.5)
        assert [one.text for one in api.messages(reader.id)] == sent
        await bot.send_message(reader.id, "b")

    Bot(api).run(send)
    assert [one.text for one in api.messages(reader.id)] == [*sent, "b"]
    assert [one.status for one in api.calls if one.method == "sendMessage"] == [status, 200]


def test_the_network_goes_and_comes_back(api, reader):
    """A poll that waits is cut, nobody can connect, and then nothing is forgotten."""
    port = api.port

    async def survive(bot):
        assert len(await bot.get_updates(offset=-1, timeout=20)) == 1
        poll = asyncio.ensure_future(bot.get_updates(offset=10**10, timeout=20))
        await asyncio.to_thread(api.wait, lambda: api.polling)
        await asyncio.to_thread(api.down)
        with pytest.raises(NetworkError):
            await poll
        with pytest.raises(NetworkError):
            await bot.send_message(reader.id, "a")
        api.say(reader, "meanwhile")
        await asyncio.to_thread(api.up)
        return [one.message.text for one in await bot.get_updates(timeout=20)]

    assert (Bot(api).run(survive), api.port) == (["meanwhile"], port)


def test_who_waits_in_vain_is_shown_the_last_calls(api, call, reader):
    """And what the server answered."""
    call("sendMessage", chat_id=reader.id, text="<b>", parse_mode="HTML")
    with pytest.raises(AssertionError, match=r"sendMessage .* -> 400"):
        api.wait(lambda: api.messages(reader.id), timeout=0.1)
