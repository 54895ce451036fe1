"""Draw tools/telegram.png, the README's picture of a conversation, from the bot's own messages.

    python tools/telegram_picture.py

The bot runs as its own process against the fake Bot API. Its messages are laid out as Telegram does
and drawn by a headless Chromium, which has to be installed.
"""

import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fake_bot_api import BotMessage, FakeBotApi  # noqa: E402
from telegram_bot.bots import BotProcess  # noqa: E402

PICTURE = Path(__file__).with_name("telegram.png")
ASKED = ("who accompanied Goïta?", "and on the Russian side?", "what does a ticket to Bamako cost?")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT, SCALE = 450, 656, 2  # CSS pixels, and the picture's pixels for each of them

# Not every machine has a font with these two emoji.
HAND = '<path d="M1 7h3v8H1zM5 7l4-6q2 0 2 2l-1 3h4q2 0 1.500 2l-1.500 6q-.3 1-1.500 1H5z"/>'
ICONS = {
    "👍": f'<svg viewBox="0 0 16 16">{HAND}</svg>',
    "👎": f'<svg viewBox="0 0 16 16"><g transform="matrix(1 0 0 -1 0 16)">{HAND}</g></svg>',
}

STYLE = """
body { margin: 0; padding: 14px; background: #d5e3c4; font: 15px/1.35 "DejaVu Sans", sans-serif; }
.message { max-width: 400px; width: fit-content; margin: 0 0 4px; padding: 7px 11px;
  border-radius: 12px; background: #fff; white-space: pre-wrap; overflow-wrap: anywhere; }
.question { margin: 14px 0 8px auto; background: #e3fbc8; }
a { color: #2678b6; text-decoration: none; }
code { color: #2678b6; font: inherit; }
blockquote { margin: 3px 0 5px; padding: 3px 9px; border-left: 3px solid #2678b6;
  border-radius: 4px; background: #e8f1f9; font-size: 14px; }
.row { display: flex; gap: 4px; max-width: 422px; margin-bottom: 4px; }
.row span { flex: 1; padding: 6px 4px; border-radius: 9px; background: #7d9b6acc; color: #fff;
  text-align: center; font-size: 13.5px; }
svg { width: 16px; height: 16px; vertical-align: -3px; fill: #fff; }
"""


def main() -> None:
    """Ask the questions, and write the picture."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit("a Chromium is needed to draw the picture; none was found on the PATH")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(page_of(conversation(Path(folder))), encoding="utf-8")
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                f"--force-device-scale-factor={SCALE}",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={PICTURE}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def conversation(folder: Path) -> list[tuple[str, BotMessage]]:
    """Return each question with the message that answers it."""
    with FakeBotApi() as api, BotProcess(api, folder / "home"):
        reader = api.person(11)
        for number, question in enumerate(ASKED):
            api.say(reader, question)
            api.wait(lambda known=number: len(_answers(api, reader.id)) > known)
        return list(zip(ASKED, _answers(api, reader.id), strict=True))


def _answers(api: FakeBotApi, chat: int) -> list[BotMessage]:
    return [message for message in api.messages(chat) if message.buttons]


def page_of(conversation: list[tuple[str, BotMessage]]) -> str:
    """Return the page. Browsers know all of Telegram's HTML."""
    body = "".join(
        f'<div class="message question">{escape(question)}</div>'
        f'<div class="message">{_message(answer.html)}</div>'
        f"{''.join(map(_row, answer.buttons))}"
        for question, answer in conversation
    )
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{body}'


def _message(html: str) -> str:
    """Remove the line break after a quotation, which would become an empty line in a browser."""
    return html.replace("</blockquote>\n", "</blockquote>")


def _row(buttons: list[dict[str, str]]) -> str:
    texts = (button["text"] for button in buttons)
    labels = "".join(f"<span>{ICONS.get(text, escape(text))}</span>" for text in texts)
    return f'<div class="row">{labels}</div>'


if __name__ == "__main__":
    main()
