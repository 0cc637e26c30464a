"""Temporary media: kept three days, size and kind checked as the platform does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.simulator.errors import Refusal

LIFE = timedelta(days=3)
MAX_BYTES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}
KINDS = {
    "image": ("image/png", "image/jpeg", "image/gif"),
    "voice": ("audio/amr", "audio/mpeg", "audio/mp3"),
    "video": ("video/mp4",),
    "thumb": ("image/jpeg",),
}
_ENDINGS = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"} | {
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class File:
    id: str
    kind: str
    content_type: str
    data: bytes
    at: datetime
    name: str = "media"


class Media:
    """Files of the account and of its users."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def upload(self, kind: str, name: str, data: bytes, now: datetime) -> File:
        """What the account uploads; Refusal 40004 (kind, or a file that is not of it) or 40006 (size)."""
        content_type = _ENDINGS.get(name.rpartition(".")[2].lower(), "")
        if kind not in MAX_BYTES or content_type not in KINDS[kind]:
            raise Refusal(40004)
        if not 0 < len(data) <= MAX_BYTES[kind]:
            raise Refusal(40006)
        return self.keep(kind, content_type, data, now, name)

    def keep(self, kind: str, content_type: str, data: bytes, now: datetime, name: str = "media") -> File:
        file = File(secrets.token_urlsafe(48), kind, content_type, data, now, name)
        self._files[file.id] = file
        while now - (oldest := next(iter(self._files.values()))).at > LIFE:
            del self._files[oldest.id]
        return file

    def get(self, id: str, now: datetime) -> File:
        """The file; Refusal 40007 when unknown or older than three days."""
        file = self._files.get(id)
        if file is None or now - file.at > LIFE:
            raise Refusal(40007)
        return file
