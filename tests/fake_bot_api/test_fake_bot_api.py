"""The fake Bot API refuses what Telegram refuses, so that the bot's tests mean something."""

import contextlib
import html
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_bot_api import TOKEN, FakeBotApi
from fake_bot_api.errors import Refuse
from fake_bot_api.flood import Flood
from fake_bot_api.markup import MOST_ENTITIES, MOST_UNITS, Formatted, formatted, units

GROUP = -7
WHY = {"text": "Why", "callback_data": "why:1"}
WRONG = ("a<", "a&", "a<p>b")
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
NEVER = (403, "Forbidden: bot can't initiate conversation with a user")


@pytest.fixture(scope="module")
def client():
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def api():
    """Without flood limits; person 2 has written to the bot, and person 1 has not."""
    with FakeBotApi(floods=False) as api:
        api.person(1)
        api.say(api.person(2), "hello")
        api.group(GROUP)
        yield api


@pytest.fixture
def call(api, client):
    """Calls a method as a form; the status, and the result or the description."""

    def called(method, *, token=TOKEN, **params):
        form = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in params.items()
        }
        return told(client.post(f"{api.url}/bot{token}/{method}", data=form))

    return called


def told(answer):
    body = answer.json()
    return answer.status_code, body["result"] if body["ok"] else body["description"]


def bad(what):
    return 400, f"Bad Request: {what}"


@pytest.mark.parametrize(
    ("token", "method", "answer"),
    [
        (TOKEN[:-1] + "x", "getMe", (401, "Unauthorized")),
        ("123456789:short", "getMe", (404, "Not Found")),
        (TOKEN, "getMee", (404, "Not Found")),
    ],
)
def test_a_wrong_token_and_an_unknown_method_are_told_apart(call, token, method, answer):
    assert call(method, token=token) == answer


# Texts


def entity(kind, offset, length, **more):
    return {"type": kind, **more, "offset": offset, "length": length}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b> <i>b</i>", "a b", [entity("bold", 0, 1), entity("italic", 2, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [entity("expandable_blockquote", 0, 1)]),
        ("😀<code>é😀</code>", "😀é😀", [entity("code", 2, 3)]),
        ("&lt;&gt;&amp;&quot;", '<>&"', []),
        ("\n <b> a</b> \n", "a", [entity("bold", 0, 1)]),
        (
            '<a href="https://a.example/?b=1&amp;c=2#:~:text=d">a</a>',
            "a",
            [entity("text_link", 0, 1, url="https://a.example/?b=1&c=2#:~:text=d")],
        ),
        ('<a href="javascript:alert(1)">a</a>', "a", []),
        ('<a href="http://localhost/">a</a>', "a", []),
    ],
)
def test_html_becomes_a_text_and_entities(source, text, entities):
    """Entities are placed in UTF-16 units; a link that is none is left out, and its text stays."""
    assert formatted(source, mode="HTML") == Formatted(text, entities)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>a</i>", "Unexpected end tag at byte offset 4"),
        ("<b><i>a</i></b>", "A tag in another at byte offset 3"),
        *((wrong, 'Unsupported start tag "" or ampersand at byte offset 1') for wrong in WRONG),
    ],
)
def test_html_that_is_wrong_is_refused(call, source, error):
    """The error says what is wrong and at which byte; without a parse mode nothing is parsed."""
    send = {"chat_id": 2, "text": source}
    assert call("sendMessage", **send, parse_mode="HTML") == bad(f"can't parse entities: {error}")
    assert call("sendMessage", **send)[1]["text"] == source


@given(st.text())
def test_an_escaped_text_is_read_as_it_was(text):
    assert formatted(html.escape(text, quote=False), mode="HTML") == formatted(text)


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "😀", "é ", "\n", "&amp;", "<a"])))
def test_the_entities_of_any_html_lie_within_its_text(pieces):
    """Or it is refused."""
    with contextlib.suppress(Refuse):
        parsed = formatted("".join(pieces), mode="HTML")
        ends = [each["offset"] + each["length"] for each in parsed.entities]
        assert max(ends, default=0) <= units(parsed.text)


# What a call is refused for


def said(text, **more):
    return "sendMessage", {"chat_id": 2, "text": text} | more


def formed(text):
    return said(text, parse_mode="HTML")


def rows(*given):
    return said("a", reply_markup={"inline_keyboard": [*given]})


def button(**data):
    return rows([{"text": "a"} | data])


def commanded(*, scope=None, language="", **more):
    listed = [{"command": "ask", "description": "Ask a question"} | more]
    scoped = {"scope": scope} if scope else {}
    return "setMyCommands", {"commands": listed, "language_code": language} | scoped


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (said(" \n\u200b"), "message text is empty"),
        (formed("<b></b>"), "message text is empty"),
        (said("a" * (MOST_UNITS + 1)), "message is too long"),
        (said("😀" * (MOST_UNITS // 2) + "a"), "message is too long"),
        (formed("<b>a</b> " * (MOST_ENTITIES + 1)), "ENTITIES_TOO_LONG"),
        (said("a", reply_parameters={"message_id": 99}), "message to be replied not found"),
        (said("a", message_thread_id=6), "message thread not found"),
        (rows([WHY] * 9), "reply markup is too long"),
        (rows(*[[WHY] * 8] * 13), "reply markup is too long"),
        (button(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
        (button(callback_data=""), "BUTTON_DATA_INVALID"),
        (
            button(url="http://localhost"),
            "inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL",
        ),
        (button(), "can't parse inline keyboard button: Exactly one action must be specified"),
        (said("a", chat_id=99), "chat not found"),
        (("sendChatAction", {"chat_id": 2, "action": "x"}), "wrong parameter action in request"),
        (("sendMessageDraft", {"chat_id": 2, "draft_id": 0}), "RANDOM_ID_INVALID"),
        (("sendMessageDraft", {"chat_id": GROUP, "draft_id": 7}), "TEXTDRAFT_PEER_INVALID"),
        (("answerCallbackQuery", {"callback_query_id": "1"}), TOO_OLD),
        (("editMessageText", {**said("b")[1], "message_id": 1}), "message can't be edited"),
        (("deleteMessage", {"chat_id": 2, "message_id": 99}), "message to delete not found"),
        (("getFile", {"file_id": "9"}), "wrong file_id or the file is temporarily unavailable"),
        (commanded(command="Ask"), "BOT_COMMAND_INVALID"),
        (commanded(description="a" * 257), "BOT_COMMAND_DESCRIPTION_INVALID"),
        (commanded(language="french"), "invalid language code specified"),
        (commanded(scope={"type": "chat", "chat_id": 99}), "chat not found"),
        (
            ("setWebhook", {"url": "http://bot.example/"}),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
    ],
)
def test_a_call_that_is_wrong_is_refused(call, wrong, error):
    method, params = wrong
    assert call(method, **params) == bad(error)


def article(name, text="<b>a</b>", title="A"):
    content = {"message_text": text, "parse_mode": "HTML"}
    return {"type": "article", "id": name, "title": title, "input_message_content": content}


@pytest.mark.parametrize(
    ("results", "parameter", "answer"),
    [
        ([article("1"), article("2")], "inline", (200, True)),
        ([article(str(n)) for n in range(51)], "inline", bad("RESULTS_TOO_MUCH")),
        ([article("1"), article("1")], "inline", bad("RESULT_ID_DUPLICATE")),
        ([article("1" * 65)], "inline", bad("RESULT_ID_INVALID")),
        ([article("1", "a" * 4097)], "inline", bad("MESSAGE_TOO_LONG")),
        ([article("1", title="")], "inline", bad("can't parse inline query result")),
        ([], "a b", bad("START_PARAM_INVALID")),
    ],
)
def test_inline_results_are_held_to_the_rules(api, call, results, parameter, answer):
    asked = api.ask_inline(api.person(1), "who?")
    button = {"text": "Start", "start_parameter": parameter}
    given = {"inline_query_id": asked, "results": results, "button": button}
    assert call("answerInlineQuery", **given) == answer
    assert (api.answered(asked) is not None) == (answer[0] == 200)


def test_an_edit_that_changes_nothing_is_refused_and_so_is_a_second_answer_to_a_press(api, call):
    """The text, the entities and the keyboard are compared, not the HTML."""
    same = {"chat_id": 2, "parse_mode": "HTML", "reply_markup": {"inline_keyboard": [[WHY]]}}
    name = call("sendMessage", text="<b>a</b>", **same)[1]["message_id"]
    status, error = call("editMessageText", message_id=name, text="<b>a</b> ", **same)
    assert (status, error.partition(":")[2].partition(":")[0]) == (400, " message is not modified")
    assert call("editMessageText", message_id=name, text="<b>b</b>", **same)[0] == 200
    press = {"callback_query_id": api.press(api.person(2), name, "Why"), "text": "a" * 200}
    assert call("answerCallbackQuery", **press | {"text": "a" * 201}) == bad("MESSAGE_TOO_LONG")
    assert [call("answerCallbackQuery", **press) for _ in range(2)] == [(200, True), bad(TOO_OLD)]


def test_a_chat_that_cannot_be_written_to_says_why(api, call):
    """Never met, blocked, thrown out."""
    ada, blocker, group = api.person(3), api.person(4), api.group(-8)
    api.say(blocker, "hello")
    api.block(blocker)
    api.remove_bot(group, ada)
    assert [call("sendMessage", chat_id=chat, text="a") for chat in (3, 4, group)] == [
        NEVER,
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: bot was kicked from the group chat"),
    ]


# Updates


HIDDEN = ["hello", "hello @griot_bot", "/ask@other_bot who?"]
SHOWN = ["/ask who?", "/ask@griot_bot who?", "/ask@Griot_Bot"]


@pytest.mark.parametrize(
    ("privacy", "expected"),
    [(True, [*SHOWN, "and then?"]), (False, [*HIDDEN, *SHOWN, "and then?"])],
)
def test_privacy_mode_hides_what_is_not_meant_for_the_bot(client, privacy, expected):
    """Commands and replies to it come; mentions, talk, and other bots' commands do not."""
    with FakeBotApi(privacy=privacy, floods=False) as api:
        ada, group, url = api.person(1), api.group(GROUP), f"{api.url}/bot{TOKEN}"
        sent = told(client.post(f"{url}/sendMessage", data={"chat_id": group, "text": "a"}))[1]
        for text in HIDDEN + SHOWN:
            api.say(ada, text, chat=group)
        api.say(ada, "and then?", chat=group, reply_to=sent["message_id"])
        _, updates = told(client.get(f"{url}/getUpdates"))
        _, rest = told(client.get(f"{url}/getUpdates?offset={updates[-1]['update_id']}"))
    assert [update["message"]["text"] for update in updates] == expected
    assert rest == updates[-1:], "they come until they are confirmed"


# Flood limits


class Clock:
    """Time that a test sets."""

    now = 1000.0

    def __call__(self):
        return self.now


def admitted(chat, *steps):
    """For how long a message has to wait after each step of time; 0 where it was taken."""
    flood, waits = Flood(clock := Clock()), []
    for place, step in enumerate(steps):
        clock.now += step
        try:
            flood.admit(chat + place if chat > 1 else chat, group=chat < 0)
        except Refuse as refusal:
            waits.append(refusal.parameters["retry_after"])
        else:
            waits.append(0)
    return waits


def test_messages_that_come_too_fast_are_refused_and_not_counted():
    """One a second to a chat, less 50 ms of the network; 20 a minute to a group; 30 in all."""
    assert admitted(1, 0, 0.5, 0.44, 0.02, 0.94) == [0, 1, 1, 0, 1]
    assert admitted(GROUP, *[1] * 21, 40) == [*[0] * 20, 40, 0]
    assert admitted(2, *[0] * 15, 0.5, *[0] * 16, 0.5) == [*[0] * 30, 1, 1, 0]


def test_an_edit_counts_and_an_action_a_draft_and_a_deletion_do_not(client):
    with FakeBotApi(floods=Flood(Clock())) as api:
        api.say(api.person(1), "hello")
        statuses = [
            client.post(
                f"{api.url}/bot{TOKEN}/{method}",
                data={"chat_id": 1, "text": "a", "message_id": 2, "draft_id": 3} | more,
            ).status_code
            for method, more in (
                ("sendMessage", {}),
                ("sendMessage", {}),
                ("editMessageText", {"text": "b"}),
                ("sendChatAction", {"action": "typing"}),
                ("sendMessageDraft", {}),
                ("deleteMessage", {}),
            )
        ]
    assert statuses == [200, 429, 429, 200, 200, 200]


def test_who_waits_in_vain_is_shown_the_last_calls(api, call):
    call("sendMessage", chat_id=2, text="<b>", parse_mode="HTML")
    with pytest.raises(AssertionError, match=r"sendMessage .* -> 400"):
        api.wait(lambda: None, timeout=0.1)
