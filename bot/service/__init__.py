"""Keeps a bot running: its process, its log, its health, and retries."""
