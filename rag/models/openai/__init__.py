"""The connection to servers that speak OpenAI's protocol, and what they may do wrong."""
