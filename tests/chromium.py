"""A headless Chromium, driven through the pipe of its DevTools: as wide, as dark as asked."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
MOBILE = 600  # pixels

KEYS = {"Enter": ("\r", 13), "/": ("/", 191), "Tab": ("", 9), "ArrowDown": ("", 40)}


class Chromium:
    """A browser with one tab; begins and ends with its `with`."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._unread = b""
        self._number = 0
        self._session = None
        self.said = []

    def __enter__(self):
        theirs, self._to = os.pipe()
        self._from, theirs_back = os.pipe()
        self._process = self._started(theirs, theirs_back)
        os.close(theirs)
        os.close(theirs_back)
        try:
            self._attach()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, EOFError):
            self._session = None
            self.call("Browser.close")
        os.close(self._to)
        os.close(self._from)
        self._process.wait()
        self._folder.cleanup()

    def _started(self, theirs, theirs_back):
        arguments = [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            f"--user-data-dir={self._folder.name}",
            "about:blank",
        ]
        # The browser reads file 3 and writes file 4.
        piped = f'exec "$@" 3<&{theirs} 4>&{theirs_back}'
        return subprocess.Popen(
            ["bash", "-c", piped, "bash", *arguments],
            pass_fds=(theirs, theirs_back),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _attach(self):
        tabs = self.call("Target.getTargets")["targetInfos"]
        tab = next(tab["targetId"] for tab in tabs if tab["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Return the result of a DevTools method; `said` collects the events meanwhile."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        while (message := self._message()).get("id") != self._number:
            self.said.append(message)
        assert "error" not in message, message
        return message["result"]

    def _message(self):
        while b"\0" not in self._unread:
            read = os.read(self._from, 1 << 20)
            if not read:
                raise EOFError("the browser has ended")
            self._unread += read
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def until(self, event):
        """Waits for an event, of those that are still to come or have not been looked at."""
        while event not in [message.get("method") for message in self.said]:
            self.said.append(self._message())

    def show(self, address, *, width=1200, height=900, dark=False, scripts=True):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < MOBILE,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        for url in ("about:blank", address):  # else another fragment would load nothing
            self.said.clear()
            self.call("Page.navigate", url=url)
            self.until("Page.loadEventFired")

    def js(self, expression):
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        told = self.call("Runtime.evaluate", **asked)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def press(self, *keys):
        for key in keys:
            text, code = KEYS.get(key, (key, ord(key[0].upper())))
            pressed = {"key": key, "windowsVirtualKeyCode": code}
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
            self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def photograph(self, path, *, whole=False):
        told = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(told["data"]))

    def complaints(self):
        """Everything that the page was refused, or that went wrong in it."""
        return [
            event["params"]
            for event in self.said
            if event.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}
        ]
