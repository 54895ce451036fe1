"""Start PostgreSQL and Chroma's server on the loopback, empty, and print the settings for them.

    python -m tools.engines

They run until Ctrl-C, in a folder that is deleted then. PostgreSQL is Debian's package
`postgresql`, or whatever else has its programs on the PATH; Chroma's server comes with chromadb.
The tests and benchmarks start their own with `postgres` and `chroma`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

LOCAL = "127.0.0.1"
USER, PASSWORD = "griot", "griot-pass-1234"
SECONDS = 60.0
"""Seconds that a server may take to start on a busy machine."""

NO_POSTGRES = "PostgreSQL is not installed (on Debian: apt-get install postgresql)"


class NotInstalled(Exception):
    """A server is not on this machine."""


class Postgres:
    """A cluster of its own in a folder; it may be stopped and started again.

    Raises:
        NotInstalled: there are no programs of PostgreSQL.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._programs = _programs()
        self.port = port or free_port()
        self._data = folder / "postgres"
        self._data.mkdir(parents=True)
        self._own(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        self._own(secret)
        self._run(
            *("initdb", "--pgdata", self._data, "--username", USER, "--pwfile", secret),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        )

    def url(self, schema: str | None = None) -> str:
        """Return the address of the cluster's database, or of one of its schemas."""
        url = f"postgresql://{USER}:{PASSWORD}@{LOCAL}:{self.port}/postgres"
        return f"{url}?options=-csearch_path%3D{schema}" if schema else url

    def start(self) -> None:
        """Start the server, and return once it answers."""
        options = f"-c listen_addresses={LOCAL} -c port={self.port} -c fsync=off"
        options += " -c unix_socket_directories= -c max_connections=200"
        self._run("pg_ctl", "start", "-w", *self._where, "-o", options, "-l", self._data / "log")

    def stop(self) -> None:
        """End the server at once, with all its connections."""
        self._run("pg_ctl", "stop", "-m", "fast", *self._where)

    @property
    def _where(self) -> tuple[str | Path, ...]:
        return "-D", self._data, "-t", str(round(SECONDS))

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")

    def _own(self, path: Path) -> None:
        """Give a path, and what is in it, to the user that the server runs as."""
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for each in (path, *path.rglob("*")):
                os.chown(each, user.pw_uid, user.pw_gid)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Yield a running cluster, which is gone afterwards.

    Raises:
        NotInstalled: there are no programs of PostgreSQL.
    """
    _programs()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        cluster = Postgres(Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            with suppress(RuntimeError):
                cluster.stop()


class Chroma:
    """Chroma's server over a folder; it may be stopped and started again."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder / "chroma"
        self.port = port or free_port()
        self.url = f"http://{LOCAL}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and return once it answers."""
        program = Path(sys.executable).parent / "chroma"
        where = ("--path", self.folder, "--host", LOCAL, "--port", str(self.port))
        self._process = subprocess.Popen(
            [program, "run", *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
            start_new_session=True,
        )
        _await(f"{self.url}/api/v2/heartbeat", self._process)

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def chroma() -> Iterator[Chroma]:
    """Yield a running server, which is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Chroma(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs: the newest of Debian's, or that on the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise NotInstalled(NO_POSTGRES)
    return found[-1].parent if found else Path(on_path or "").resolve().parent


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - of this machine
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Chroma's server did not start") from None
            time.sleep(0.1)


def main() -> None:
    """Start both, print their settings, and wait for Ctrl-C."""
    with ExitStack() as running, suppress(KeyboardInterrupt):
        cluster, server = running.enter_context(postgres()), running.enter_context(chroma())
        print(f"GRIOT_DATABASE_URL={cluster.url()}\nGRIOT_CHROMA_URL={server.url}", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    try:
        main()
    except NotInstalled as error:
        sys.exit(f"{error}")
