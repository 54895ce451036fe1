"""Commands at the terminal, and how an answer is drawn there."""
