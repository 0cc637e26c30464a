"""QR codes with parameters, and OAuth codes: small tickets that run out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.simulator.errors import Refusal

LONGEST = 2_592_000
CODE_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Scene:
    """One QR code; `until` None: permanent."""

    ticket: str
    scene: str
    url: str
    until: datetime | None

    def is_valid(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class Scenes:
    def __init__(self) -> None:
        self._by_ticket: dict[str, Scene] = {}
        self._by_name: dict[str, Scene] = {}
        self._made: dict[str, Scene] = {}

    def create(self, wanted: Mapping[str, Any], now: datetime) -> Scene:
        """A QR code from the body of qrcode/create; Refusal 40053 or 40097 for what is not allowed."""
        action = wanted.get("action_name")
        info = wanted.get("action_info")
        scene = info.get("scene") if isinstance(info, Mapping) else None
        if not isinstance(scene, Mapping):
            raise Refusal(40053)
        if action in ("QR_SCENE", "QR_LIMIT_SCENE"):
            number = scene.get("scene_id")
            highest = 2**31 - 1 if action == "QR_SCENE" else 100_000
            if not isinstance(number, int) or not 1 <= number <= highest:
                raise Refusal(40053)
            name = str(number)
        elif action in ("QR_STR_SCENE", "QR_LIMIT_STR_SCENE"):
            text = scene.get("scene_str")
            if not isinstance(text, str) or not 1 <= len(text) <= 64:
                raise Refusal(40053)
            name = text
        else:
            raise Refusal(40053)
        until = None
        if action in ("QR_SCENE", "QR_STR_SCENE"):
            seconds = wanted.get("expire_seconds", 60)
            if not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
                raise Refusal(40097)
            until = now + timedelta(seconds=seconds)
        return self._keep(Scene(secrets.token_urlsafe(60), name, f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}", until))

    def find(self, wanted: str) -> Scene:
        """The code with this ticket, address or scene text; one never created is taken as a permanent code."""
        known = self._by_ticket.get(wanted) or self._by_name.get(wanted)
        return known or self._keep(Scene(secrets.token_urlsafe(60), wanted, "", None))

    def recent(self, count: int) -> list[str]:
        """Scenes of the codes made by the account, newest first."""
        return list(self._made)[: -count - 1 : -1]

    def _keep(self, scene: Scene) -> Scene:
        self._by_ticket[scene.ticket] = self._by_name[scene.scene] = scene
        if scene.url:
            self._by_ticket[scene.url] = scene
            self._made.pop(scene.scene, None)
            self._made[scene.scene] = scene
        return scene


class Codes:
    """OAuth codes: one use, five minutes."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, str, datetime]] = {}
        self._used: set[str] = set()

    def issue(self, openid: str, scope: str, now: datetime) -> str:
        code = secrets.token_hex(16)
        self._codes[code] = (openid, scope, now + CODE_LIFE)
        return code

    def redeem(self, code: str, now: datetime) -> tuple[str, str]:
        """(openid, scope); Refusal 40163 used, 42003 too late, 40029 unknown."""
        if code in self._used:
            raise Refusal(40163)
        if code not in self._codes:
            raise Refusal(40029)
        openid, scope, until = self._codes[code]
        if now >= until:
            raise Refusal(42003)
        self._used.add(code)
        return openid, scope
