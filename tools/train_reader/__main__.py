"""Trains the embedded reader on files in SQuAD's format, on the processor, and exports it.

    python -m tools.train_reader FILE... --hold TITLE... --leave-out TITLE...

Run again with the same arguments, it goes on from its last checkpoint. What is logged and saved
lies in --folder; the graph and its card are written to rag/models/data/ at the end. Needs the
dependency groups `models` and `reader`.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer

from rag.models.onnx import MODELS
from rag.models.reader import ENGLISH_TOKENIZER_FILE
from tools.train_reader.examples import Examples, load
from tools.train_reader.export import export
from tools.train_reader.model import Reader, from_bert
from tools.train_reader.training import train
from tools.train_reader.weights import download, read_safetensors


def main() -> None:
    """Reads the arguments, trains and exports."""
    arguments = parser().parse_args()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer.from_file(str(ENGLISH_TOKENIZER_FILE))
    files, hold, leave_out = arguments.files, arguments.hold, arguments.leave_out
    source = load(files, tokenizer, without={*hold, *leave_out})
    held = Examples(load(files, tokenizer, only=hold), tokenizer, arguments.seed).plain()
    print(f"{len(source.questions):,} questions to train on, {len(held):,} held", flush=True)
    model = untrained()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    examples = Examples(source, tokenizer, arguments.seed)
    train(model, examples, held, epochs=arguments.epochs, folder=arguments.folder)
    names = ", ".join(file.name for file in files)
    trained_on = (
        f"{len(source.questions):,} questions of {names}, {arguments.epochs} times, and each time "
        f"unanswerable ones made of them, a quarter as many (seed {arguments.seed}). "
        f"Held: {', '.join(hold)}. Left out: {', '.join(leave_out)}."
    )
    export(model.state_dict(), held, arguments.target, trained_on=trained_on)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("files", nargs="+", type=Path, metavar="FILE", help="in SQuAD's format")
    made.add_argument(
        "--hold", nargs="+", required=True, metavar="TITLE", help="measured on, not trained on"
    )
    made.add_argument(
        "--leave-out",
        nargs="*",
        default=[],
        metavar="TITLE",
        help="not even measured on",
    )
    made.add_argument("--epochs", type=int, default=4, help="default: 4")
    made.add_argument("--seed", type=int, default=1, help="default: 1")
    made.add_argument(
        "--folder",
        type=Path,
        default=Path(".cache/reader"),
        help="for the checkpoint and the log; default: .cache/reader",
    )
    made.add_argument("--target", type=Path, default=MODELS, help="default: rag/models/data")
    return made


def untrained() -> Reader:
    """The reader with the embedder's weights and heads of chance."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = read_safetensors(download(Path(folder)) / "model.safetensors")
    weights = {name: torch.from_numpy(one.copy()) for name, one in arrays.items()}
    model = Reader()
    missing = model.load_state_dict(from_bert(weights), strict=False).missing_keys
    assert {name.split(".")[0] for name in missing} == {"ends", "answered"}
    return model


if __name__ == "__main__":
    main()
