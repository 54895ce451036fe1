"""What is asked: a person's words become a `Question`."""
