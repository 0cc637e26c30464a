"""Text messages as files in a folder, from which the hospital's own gateway takes them. Only there does a number stand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from bot.care.parcel import Parcel, Receipt


class Folder:
    """One file a message, `{"number", "text", "at", "key"}` in UTF-8, that appears whole (`….json`) and once."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    async def send(self, parcel: Parcel) -> Receipt:
        """Write it. A message that was written before, and perhaps taken since, is not written again."""
        if not parcel.number:
            return Receipt("lane_shut", error="没有登记电话号码")
        name = f"{parcel.id:012}-{sha256(parcel.key.encode()).hexdigest()[:12]}"
        content = {"number": parcel.number, "text": parcel.body["text"], "at": self._now().isoformat(), "key": name}
        try:
            await asyncio.to_thread(self._write, name, orjson.dumps(content))
        except OSError as error:
            return Receipt("operator", error=f"短信文件夹写不进去（{type(error).__name__}）")
        return Receipt("sent", remote_id=name)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        mark, ready = self._folder / ".written" / name, self._folder / f"{name}.json"
        mark.parent.mkdir(exist_ok=True)
        if mark.exists():
            return
        half = self._folder / f".{name}.half"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.rename(ready)
        mark.touch()
