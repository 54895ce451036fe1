"""How the fake Bot API refuses, in Telegram's words."""

from typing import Any

Json = dict[str, Any]
"""An object as calls and answers hold it."""


class Refuse(Exception):
    """A call is answered with this status and description, and is not done."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"ok": False, "error_code": status, "description": description}
        self.body |= {"parameters": parameters} if parameters else {}
        self.parameters = parameters


def bad(what: str) -> Refuse:
    """The refusal of a call that is wrong in itself, or in what it is about."""
    return Refuse(400, f"Bad Request: {what}")


def forbidden(what: str) -> Refuse:
    """The refusal of a call that the bot may not make."""
    return Refuse(403, f"Forbidden: {what}")


def conflict(what: str) -> Refuse:
    """The refusal of a call beside another one."""
    return Refuse(409, f"Conflict: {what}")
