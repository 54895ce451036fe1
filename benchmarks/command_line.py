"""The command line of the benchmarks."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter


def parser(docstring: str | None) -> ArgumentParser:
    """Return a parser whose help is a benchmark's docstring."""
    return ArgumentParser(description=docstring, formatter_class=RawDescriptionHelpFormatter)
