"""Trains the embedded reader; see `python -m tools.train_reader --help`."""
