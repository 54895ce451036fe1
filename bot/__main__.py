"""`griot`, and `python -m bot`: from its first line to its last, Ctrl-C shows no traceback.

While Python starts and ends, Ctrl-C ends the process; in between it is a `KeyboardInterrupt`.
"""

# The module signal would import enum first, and Ctrl-C meanwhile show a traceback.
import _signal  # type: ignore[import-not-found]
import sys

# Where whoever started the process has it ignored, as shells do in the background, it stays so.
_HEARD = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler


def main() -> int:
    """Run the command that the process was started with, and return its exit status."""
    from bot import cli
    from bot.program import ExitStatus

    try:
        _meet(_signal.default_int_handler)
        return cli.main()
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    finally:
        _meet(_signal.SIG_DFL)


def _meet(handler: object) -> None:
    if _HEARD:
        _signal.signal(_signal.SIGINT, handler)


_meet(_signal.SIG_DFL)

if __name__ == "__main__":
    sys.exit(main())
