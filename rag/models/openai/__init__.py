"""Chat models behind servers that speak OpenAI's protocol."""
