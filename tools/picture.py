"""Draw tools/picture.svg, the picture in the README, from the program's own output.

    python tools/picture.py

`griot ask` answers each question from corpus/ on a pseudo-terminal, so that the picture has its
colours and line breaks. The picture loads nothing from elsewhere.
"""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# The progress that is shown and erased while a question is answered, up to the last erasure.
ERASED = re.compile(r"\A.*\x1b\[2K", re.DOTALL)

ROOT = Path(__file__).resolve().parents[1]
PICTURE = Path(__file__).with_name("picture.svg")
GRIOT = Path(sys.executable).with_name("griot")
WIDTH, HEIGHT = 84, 60
QUESTIONS = ("who accompanied Goïta?", "is Wagner still in Mali?", "who won the 2018 World Cup?")
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

THEME = TerminalTheme(
    background=(24, 26, 31),
    foreground=(214, 217, 224),
    normal=[
        *((24, 26, 31), (224, 108, 117), (152, 195, 121), (229, 192, 123)),
        *((97, 175, 239), (198, 120, 221), (86, 182, 194), (214, 217, 224)),
    ],
)


def main() -> None:
    """Ask the questions, and write the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    with tempfile.TemporaryDirectory() as home:
        for number, question in enumerate(QUESTIONS):
            output = asked(question, Path(home))
            if number:
                console.print()
            console.print(Text.assemble(("$ ", "green"), (f'griot ask "{question}"', "bold")))
            console.print(Text.from_ansi(output.rstrip()), soft_wrap=True)
        console.print()
    svg = console.export_svg(title="griot", theme=THEME, unique_id="griot", code_format=template())
    PICTURE.write_text(svg, encoding="utf-8")


def asked(question: str, home: Path) -> str:
    """Return the output of `griot ask` on a terminal, with colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    kept["PATH"] = os.pathsep.join((str(GRIOT.parent), kept.get("PATH", "")))
    settings = {"GRIOT_HOME": str(home / ".griot"), "GRIOT_CORPUS": str(ROOT / "corpus")}
    process = subprocess.Popen(
        [GRIOT, "ask", question],
        env={**kept, **settings, "TERM": "xterm-256color", "COLUMNS": str(WIDTH)},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    )
    os.close(theirs)
    output = b""
    try:
        while part := os.read(ours, 65536):
            output += part
    except OSError:  # at the end of the output, on Linux
        pass
    os.close(ours)
    process.wait()
    return ERASED.sub("", output.decode("utf-8").replace("\r\n", "\n"))


def template() -> str:
    """Return Rich's frame with local fonts instead of one that is downloaded."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    without = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return re.sub(r"font-family: (?:Fira Code|arial)[^;]*;", f"font-family: {FONT};", without)


if __name__ == "__main__":
    main()
