"""Griot, by its library, as the other programs here.

python benchmarks/peers/griot.py FOLDER index CORPUS
python benchmarks/peers/griot.py FOLDER ask QUESTION
python benchmarks/peers/griot.py FOLDER search QUESTION...    prints JSON
"""

import asyncio
import sys
from pathlib import Path

from peer import K, found

from rag import Library


def main(folder: Path, what: str, words: list[str]) -> None:
    """Do what is asked for."""
    with Library.open(folder) as library:
        if what == "index":
            library.ingest([words[0]])
        elif what == "ask":
            print(asyncio.run(library.ask(words[0])).claims)
        else:
            count = library.status().passages
            print(found(words, lambda word: [each.text for each in library.search(word, K)], count))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
