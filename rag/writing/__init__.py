"""The chat model's answer: prompts, prose, streaming."""
