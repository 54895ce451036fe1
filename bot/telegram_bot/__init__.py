"""Griot in Telegram: what people see there, and what keeps it running."""
