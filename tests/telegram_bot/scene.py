"""What people see at the fake Bot API."""


def texts(api, chat):
    """What the bot's messages in a chat say now."""
    return [message.text for message in api.messages(chat)]


def labels(message):
    """What is written on the buttons of a message, row by row."""
    return [[one["text"] for one in row] for row in message.buttons]


def answers(api, chat):
    """The messages of a chat that end an answer: those with thumbs below."""
    return [message for message in api.messages(chat) if "👍" in str(labels(message))]


def answered(api, chat, count=1):
    """The answers in a chat, as soon as there are so many."""
    return api.wait(lambda: len(found := answers(api, chat)) >= count and found)


def said(api, chat, count=1):
    """What the bot's messages in a chat say, as soon as there are so many."""
    return api.wait(lambda: len(found := texts(api, chat)) >= count and found)


def record_of(library, message):
    """What is kept of the answer that a message ends."""
    data = [one["callback_data"] for row in message.buttons for one in row]
    return library.trace(next(one for one in data if one.startswith("w:")).split(":")[1])[0]
