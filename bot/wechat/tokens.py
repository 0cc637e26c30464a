"""The access token: one for all processes, fetched anew by one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.wechat.errors import Unreachable
from storage import tokens
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and until when to use it (aware UTC)."""

    value: str
    expires_at: datetime


class TokenStore(Protocol):
    """Where the processes of one account meet."""

    async def get(self, appid: str) -> Token | None: ...
    async def put(self, appid: str, token: Token) -> None: ...


class SharedTokens:
    """The store in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, appid: str) -> Token | None:
        """The token kept last, also if its time is over."""
        row = await self._database.read(tokens.held, appid)
        return Token(*row) if row else None

    async def put(self, appid: str, token: Token) -> None:
        """Keep a token for all."""
        await self._database.write(tokens.keep, appid, token.value, token.expires_at)


class Tokens:
    """This process's view of the token. `fetch` asks WeChat for the valid one; it is called by one at a time, and only
    when neither this process nor the store has a token that is good and has not just failed."""

    def __init__(self, appid: str, store: TokenStore, fetch: Callable[[], Awaitable[Token]], now: Callable[[], datetime]) -> None:
        self._appid = appid
        self._store = store
        self._fetch = fetch
        self._now = now
        self._lock = asyncio.Lock()
        self._held: Token | None = None
        self._failures = 0

    async def get(self, failed: str | None = None) -> str:
        """A valid token other than `failed`, unless WeChat itself insists that `failed` is the valid one. Those who waited
        while a fetch failed do not each try again: they get Unreachable."""
        held = self._held
        if held is not None and self._good(held, failed):
            return held.value
        failures = self._failures
        async with self._lock:
            if self._failures != failures:
                raise Unreachable("token", written=False)
            held = self._held
            if held is None or not self._good(held, failed):
                held = await self._store.get(self._appid)
            if held is None or not self._good(held, failed):
                try:
                    held = await self._fetch()
                except BaseException:
                    self._failures += 1
                    raise
                await self._store.put(self._appid, held)
            self._held = held
            return held.value

    def _good(self, token: Token, failed: str | None) -> bool:
        return token.value != failed and token.expires_at > self._now()
