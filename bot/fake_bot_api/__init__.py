"""Telegram's Bot API written by hand: a real HTTP server on loopback, as strict as Telegram."""
