"""A conversation's turns, where programs that were written against 0.1 import them from."""

from rag.understanding.conversation import Turn

__all__ = ["Turn"]
