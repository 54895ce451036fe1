"""Views of the fake Bot API as people have them."""


def texts(api, chat):
    """The present texts of the bot's messages in a chat."""
    return [message.text for message in api.messages(chat)]


def labels(message):
    """The labels of a message's buttons, row by row."""
    return [[button["text"] for button in row] for row in message.buttons]


def answers(api, chat):
    """The messages of a chat that end an answer: those with thumbs below."""
    return [message for message in api.messages(chat) if "👍" in str(labels(message))]


def answered(api, chat, count=1):
    """The answers in a chat, as soon as there are so many."""
    return api.wait(lambda: len(found := answers(api, chat)) >= count and found)


def said(api, chat, count=1):
    """The texts of the bot's messages in a chat, as soon as there are so many."""
    return api.wait(lambda: len(found := texts(api, chat)) >= count and found)


def record_of(library, message):
    """The kept answer that a message ends."""
    data = [button["callback_data"] for row in message.buttons for button in row]
    why = next(pressed for pressed in data if pressed.startswith("w:"))
    return library.trace(why.split(":")[1])[0]
