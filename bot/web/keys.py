"""What the roof hangs into the web application, under typed keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from bot.care.practice import Practice
    from bot.wechat.callback import Callback
    from storage.database import Database
    from storage.files import Files


class Site(Protocol):
    """What of the settings the doors need; the roof's settings have these fields."""

    @property
    def hospital(self) -> str: ...
    @property
    def public_url(self) -> str: ...
    @property
    def timezone(self) -> str: ...


DATABASE: web.AppKey[Database] = web.AppKey("database")
PRACTICE: web.AppKey[Practice] = web.AppKey("practice")
FILES: web.AppKey[Files] = web.AppKey("files")
CALLBACK: web.AppKey[Callback] = web.AppKey("callback")
NOW: web.AppKey[Callable[[], datetime]] = web.AppKey("now")
SETTINGS: web.AppKey[Site] = web.AppKey("settings")


class QrCode(Protocol):
    """Makes WeChat's QR code of a scene, for thirty days or (`lasting`) for ever, and tells the address that it shows. Raises
    what bot.wechat.errors names."""

    async def __call__(self, scene: str, *, lasting: bool = False) -> str: ...


QRCODE: web.AppKey[QrCode] = web.AppKey("qrcode")
