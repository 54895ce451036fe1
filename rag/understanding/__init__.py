"""A person's words become a `Question`."""
