"""Fetching what a patient sent, and looking at it before anybody else does."""

from __future__ import annotations

import asyncio

from bot.care.media import Fetched, Gone, NotNow, Unfit
from bot.wechat import voices
from bot.wechat.client import TOO_LARGE, Client
from bot.wechat.errors import ApiError, Reaction, Unreachable


class Fetcher:
    """Fetches by kind and media id. Raises what `bot.care.media` names."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def fetch(self, kind: str, media_id: str) -> Fetched:
        """The photo drawn anew, or the voice as it is."""
        try:
            content = await self._client.get_media(media_id)
        except ApiError as error:
            if error.reaction is Reaction.GIVE_UP_LANE:
                raise Gone from None
            raise NotNow(f"errcode {error.code}") from None
        except Unreachable as error:
            if error.kind == TOO_LARGE:
                raise Unfit("文件太大") from None
            raise NotNow(error.kind) from None
        if kind == "voice":
            content_type, seconds = voices.measured(content)
            return Fetched(content, content_type, seconds=seconds)
        from bot.wechat import pictures  # what it draws with is large, and few need it

        picture = await asyncio.to_thread(pictures.cleaned, content)
        return Fetched(picture.content, "image/jpeg", picture.small, picture.width, picture.height)
