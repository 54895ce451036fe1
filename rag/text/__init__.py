"""Text: its language, sentences, passages and comparable words."""


def readable(text: str) -> str:
    """Replace each lone surrogate, which UTF-8 cannot hold, by a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
