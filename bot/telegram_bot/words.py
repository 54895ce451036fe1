"""Texts for Telegram alone: how a group asks the bot, by the language's code."""

from collections.abc import Mapping

MENTIONS_HIDDEN: Mapping[str, str] = {
    "en": (
        "Ask with /ask@{bot}, or reply to one of my messages. Privacy mode hides mentions from "
        "me: to let me see them, make me an admin of this group, or turn privacy off with "
        "/setprivacy at @BotFather and add me again."
    ),
    "fr": (
        "Posez vos questions avec /ask@{bot}, ou répondez à l’un de mes messages. Le mode "
        "confidentialité me cache les mentions : pour que je les voie, nommez-moi administrateur "
        "de ce groupe, ou désactivez ce mode avec /setprivacy auprès de @BotFather, puis "
        "ajoutez-moi de nouveau."
    ),
    "ru": (
        "Задавайте вопросы через /ask@{bot} или отвечайте на мои сообщения. Режим приватности "
        "скрывает от меня упоминания: чтобы я их видел, сделайте меня администратором группы или "
        "отключите этот режим командой /setprivacy у @BotFather и добавьте меня заново."
    ),
}

MENTIONS_SEEN: Mapping[str, str] = {
    "en": (
        "Ask with /ask@{bot}, mention @{bot}, or reply to one of my messages. Privacy mode hides "
        "no mentions from me here. I answer nothing else."
    ),
    "fr": (
        "Posez vos questions avec /ask@{bot}, mentionnez @{bot}, ou répondez à l’un de mes "
        "messages. Ici, le mode confidentialité ne me cache pas les mentions. Je ne réponds à "
        "rien d’autre."
    ),
    "ru": (
        "Задавайте вопросы через /ask@{bot}, упоминайте @{bot} или отвечайте на мои сообщения. "
        "Режим приватности здесь не скрывает от меня упоминания. На остальное я не отвечаю."
    ),
}
