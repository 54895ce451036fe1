"""The people's side of Griot: the terminal, settings, and what is shown."""
