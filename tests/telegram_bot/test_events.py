"""The meaning of Telegram's updates; most is tested by whole conversations."""

import json
from types import SimpleNamespace

import pytest

from bot.chat.events import Joined, Moved, Written
from bot.telegram_bot.events import event_of

BOT = {"id": 9, "is_bot": True, "first_name": "Griot", "username": "griot_bot"}
GROUP = {"id": -7, "type": "supergroup", "title": "Newsroom"}
ADA = {"id": 1, "is_bot": False, "first_name": "Ada", "language_code": "fr"}
ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
OTHER_BOT = {"id": 8, "is_bot": True, "first_name": "Other"}
ASKED = {
    "id": "5",
    "chat": "-7",
    "private": False,
    "message": "3",
    "text": "/ask who?",
    "command": "ask",
    "arguments": "who?",
    "addressed": False,
}


def read(kind="message", *, reads_all=False, **body):
    """The event of an update."""
    body = {"message_id": 3, "date": 1, "chat": GROUP} | body
    bot = SimpleNamespace(id=9, username="griot_bot")
    bot.bot = SimpleNamespace(can_read_all_group_messages=reads_all)
    return event_of(json.dumps({"update_id": 5, kind: body}), bot)


def test_who_writes_is_a_person_or_an_admin_in_the_groups_name_and_no_other_bot():
    """Nor is a service message anything that somebody writes."""
    said = {"text": "/ask who?"}
    assert [
        read(**{"from": ADA}, **said),
        read(**{"from": ANONYMOUS, "sender_chat": GROUP}, **said),
        read(**{"from": OTHER_BOT}, **said),
        read(**{"from": OTHER_BOT, "sender_chat": GROUP | {"id": -8}}, **said),
        read(**{"from": ADA}, new_chat_members=[ADA]),
    ] == [
        Written(**ASKED, person="1", language="fr"),
        Written(**ASKED, person="1087968824"),
        *[None] * 3,
    ]


def test_a_reply_to_the_bot_and_a_mention_are_meant_for_it():
    """A caption is quoted, and a mention is taken out."""
    bots = {"message_id": 2, "date": 1, "chat": GROUP, "from": BOT, "caption": "a photo"}
    mention = {"type": "mention", "offset": 0, "length": 10}
    reply = read(**{"from": ADA}, text="and then?", reply_to_message=bots)
    other = read(**{"from": ADA}, text="and then?", reply_to_message=bots | {"from": ADA})
    named = read(**{"from": ADA}, text="@griot_bot who?", entities=[mention])
    assert [(each.text, each.addressed, each.reply_to, each.quoted) for each in (reply, other)] == [
        ("and then?", True, "2", "a photo"),
        ("and then?", False, "2", "a photo"),
    ]
    assert (named.text, named.addressed) == ("who?", True)


@pytest.mark.parametrize(
    ("was", "now", "reads_all", "sees_all"),
    [
        ("left", "member", False, False),
        ("left", "member", True, True),
        ("kicked", "administrator", False, True),
        ("member", "administrator", False, None),
        ("member", "kicked", False, None),
    ],
)
def test_being_added_is_told_with_what_the_bot_sees(was, now, reads_all, sees_all):
    """A change of its rights, or its end there, is nothing to answer."""
    old, new = ({"user": BOT, "status": status} for status in (was, now))
    if now == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_promote_members"
        )
        more = "can_manage_video_chats can_restrict_members can_change_info can_invite_users"
        stories = "can_post_stories can_edit_stories can_delete_stories"
        new |= dict.fromkeys(f"{rights} {more} {stories}".split(), False)
    if "kicked" in (was, now):
        (old if was == "kicked" else new)["until_date"] = 0
    more = {"from": ADA, "old_chat_member": old, "new_chat_member": new}
    event = read("my_chat_member", reads_all=reads_all, **more)
    assert (event and event.sees_all) is sees_all
    assert event is None or isinstance(event, Joined)


def test_a_group_that_becomes_a_supergroup_has_another_id():
    event = read(**{"from": ADA}, migrate_to_chat_id=-1001)
    assert (type(event), event.chat, event.to) == (Moved, "-7", "-1001")
