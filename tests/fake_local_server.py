"""A stand-in for rag/models/local/server.py: the same, with a file that tells it what to do.

The file is JSON: `says` is written in answer to any request, after `loads` seconds of loading; with
`error`, loading fails; with `dies`, the process ends without a word.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self.send_error(401)
            return
        self.send_response(200)
        self.end_headers()
        delta = {"choices": [{"delta": {"content": GIVEN["says"]}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n".encode())

    def log_message(self, *_):
        pass


def tell(**told):
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


def until_parent_ends():
    sys.stdin.read()
    os._exit(0)


GIVEN = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
KEY = sys.stdin.readline().strip()
threading.Thread(target=until_parent_ends, daemon=True).start()
time.sleep(GIVEN.get("loads", 0))
if "dies" in GIVEN:
    os._exit(1)
if "error" in GIVEN:
    tell(error=GIVEN["error"])
    os._exit(0)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
address = f"http://127.0.0.1:{server.server_address[1]}"
tell(url=address, memory=os.getpid())
server.serve_forever()
