"""The child process: serves a GGUF file on loopback, as OpenAI's API, until its parent is gone.

    python -m rag.models.local.server FILE CONTEXT

The first line of standard input is the key that requests must have. One line of JSON on standard
output has the server's `url` and its `memory` in bytes, or an `error`. The process ends with its
standard input, a pipe of the parent's, which the system closes when the parent is killed.
"""

import fcntl
import json
import os
import resource
import sys
import threading
from importlib import import_module
from typing import Any


def main() -> None:
    """Serve, until standard input ends."""
    # What llama.cpp prints goes elsewhere.
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    path, context = sys.argv[1], int(sys.argv[2])
    key = sys.stdin.readline().strip()
    _end_with_parent()
    try:
        server = _serve(path, context, key)
        ready = {"url": server.listening_address, "memory": _memory()}
    except ImportError:
        ready = {"error": "llama.cpp is not installed (pip install 'griot[local]')"}
    except RuntimeError:
        ready = {"error": "llama.cpp cannot read it, or memory is short"}
    print(json.dumps(ready), file=told, flush=True)
    if "url" in ready:
        threading.Event().wait()


def _serve(path: str, context: int, key: str) -> Any:  # noqa: ANN401 - xllamacpp has no types
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path, params.port, params.ui = path, 0, False
    params.n_ctx, params.n_parallel, params.api_keys = context, 1, [key]
    return xllamacpp.Server(params)


def _memory() -> int:
    """Return the most memory that the process has taken."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _end_with_parent() -> None:
    """End when standard input does: by a signal, as no thread runs while llama.cpp loads a model.

    Where the signal is ignored by default, as on macOS, a thread ends the process after loading.
    """
    standard_input = sys.stdin.fileno()
    fcntl.fcntl(standard_input, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(standard_input, fcntl.F_GETFL)
    fcntl.fcntl(standard_input, fcntl.F_SETFL, flags | os.O_ASYNC)

    def end() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()


if __name__ == "__main__":
    main()
