"""Sealed files beside the database: what is too large for a row. Their names are random and say nothing."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from storage.sealing import Seal

_NAME = re.compile(r"[0-9a-f]{32}")


class Files:
    """A folder of sealed files, which only this user may enter. Several machines on one database share it. The calls block."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal

    def keep(self, content: bytes) -> str:
        """Write a file and return its name; when this returns, it is on the disk."""
        name = secrets.token_hex(16)
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(self._seal.seal_bytes(content, f"media:{name}"))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return name

    def read(self, name: str) -> bytes:
        """A file as it was kept. Raises FileNotFoundError, or storage.sealing.Unreadable."""
        return self._seal.open_bytes(self._path(name).read_bytes(), f"media:{name}")

    def drop(self, name: str) -> None:
        """Delete a file; one that is gone already is no error."""
        if name:
            with contextlib.suppress(FileNotFoundError):
                self._path(name).unlink()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self._folder / name[:2] / name
