"""How the fake Bot API refuses, in Telegram's words."""


class Refuse(Exception):
    """A call is answered with this status and description, and is not done."""

    def __init__(self, status: int, description: str, parameters: dict | None = None):
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    @property
    def body(self):
        """The answer, as Telegram writes it."""
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad(what):
    return Refuse(400, f"Bad Request: {what}")


def forbidden(what):
    return Refuse(403, f"Forbidden: {what}")


def conflict(what):
    return Refuse(409, f"Conflict: {what}")
