"""Text: its language, sentences, passages and comparable words."""
