"""What the hospital's YAML files hold, remembered beside the database: to read them anew takes much of a restart."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from bot.engine import parse

NAME = "parsed.json"


class Parsed:
    """JSON of what a text holds, by the fingerprint of the text and of the code that read it. A text that changed by one letter
    is another; a damaged or missing file costs time, nothing else."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / NAME if folder is not None else None
        self._reader = Path(parse.__file__).read_bytes()
        self._known: dict[str, str] = {}
        self._used: dict[str, str] = {}
        if self._path is not None:
            with suppress(OSError, ValueError):
                told = orjson.loads(self._path.read_bytes())
                self._known = told if isinstance(told, dict) else {}

    def data(self, text: str) -> Any:
        """What this text holds, or None."""
        name = self._fingerprint(text)
        known = self._used.get(name) or self._known.get(name)
        if known is None:
            return None
        with suppress(ValueError):
            found = orjson.loads(known)
            self._used[name] = known
            return found
        return None

    def add(self, text: str, data: Any) -> None:
        """Remember what this text holds."""
        self._used[self._fingerprint(text)] = orjson.dumps(data).decode()

    def keep(self) -> None:
        """Write down what was used this time, if it is not what stands there. Where that cannot be, the next start is slower."""
        if self._path is None or self._used == self._known:
            return
        with suppress(OSError):
            new = self._path.with_suffix(f".{os.getpid()}")
            new.write_bytes(orjson.dumps(self._used))
            new.replace(self._path)

    def _fingerprint(self, text: str) -> str:
        return sha256(self._reader + text.encode()).hexdigest()
