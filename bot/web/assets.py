"""Style sheets and scripts: a few small files, held in memory, named by what is in them so that browsers keep them for ever."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp import web

_FOR_EVER = "public, max-age=31536000, immutable"
_SHRINKS = ("text/", "application/javascript", "image/svg")


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes | None
    kind: str
    version: str


class Assets:
    """Every file below a folder. What is not there cannot be asked for, so no path leads out of it."""

    def __init__(self, folder: Path) -> None:
        self._assets = {path.relative_to(folder).as_posix(): _load(path) for path in sorted(folder.rglob("*")) if path.is_file()}

    def url(self, name: str) -> str:
        """The address of a file, with its version. Raises KeyError for a file that is not there."""
        return f"/static/{name}?v={self._assets[name].version}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": asset.kind, "ETag": f'"{asset.version}"', "Vary": "Accept-Encoding"}
        headers["Cache-Control"] = _FOR_EVER if request.query.get("v") == asset.version else "no-cache"
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        if asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return web.Response(body=asset.packed, headers=headers)
        return web.Response(body=asset.body, headers=headers)


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind == "text/javascript":
        kind = "application/javascript"
    packed = gzip.compress(body, mtime=0) if kind.startswith(_SHRINKS) else None
    if kind.startswith(_SHRINKS):
        kind += "; charset=utf-8"
    return Asset(body, packed, kind, sha256(body).hexdigest()[:12])
