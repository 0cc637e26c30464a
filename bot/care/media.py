"""Photos and voices: fetched from WeChat soon after they came, since it forgets them after three days, and kept for staff."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.care import escalation
from bot.care.practice import Practice
from storage import contacts, media
from storage.database import Database
from storage.files import Files
from storage.media import Wanted
from storage.transaction import Tx

KINDS = {"image": "图片", "voice": "语音"}  # of these WeChat hands out the content
BATCH = 8
LEASE = timedelta(minutes=3)
LIFE = timedelta(days=3)  # so long WeChat keeps them
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a patient sent, made safe: an image without metadata and its thumbnail, or a voice and its length."""

    content: bytes
    content_type: str
    small: bytes = b""
    width: int = 0
    height: int = 0
    seconds: int = 0


class NotNow(Exception):
    """WeChat does not hand it out just now. The text is a word for the log."""


class Unfit(Exception):
    """It is not what it says it is, or too large; the text (Chinese) says what."""


class Gone(Exception):
    """WeChat does not have it any more."""


Fetch = Callable[[str, str], Awaitable[Fetched]]  # kind, media id; raises the three above


def want(tx: Tx, inbound_id: int, contact_id: int, kind: str, media_id: str, now: datetime) -> None:
    """A message came with a photo or voice: it is fetched at the next tick."""
    media.want(tx, inbound_id=inbound_id, contact_id=contact_id, kind=kind, media_id=media_id, now=now)


async def fetch_due(database: Database, practice: Practice, fetch: Fetch, files: Files, now: Callable[[], datetime]) -> int:
    """Fetch what is due, one after another: large pictures take memory. Returns how many were tried."""
    wanted = await database.write(claim, practice, now())
    for one in wanted:
        try:
            fetched = await fetch(one.kind, one.media_id)
            name = await asyncio.to_thread(files.keep, fetched.content)
            small = await asyncio.to_thread(files.keep, fetched.small) if fetched.small else ""
        except Unfit as why:
            await database.write(refuse, practice, one, "refused", str(why), now())
        except Gone:
            await database.write(refuse, practice, one, "lost", "微信里已经没有了", now())
        except Exception as error:  # a full disk too: it is tried again for as long as WeChat keeps it
            await database.write(postpone, practice, one, type(error).__name__, now())
        else:
            if not await database.write(settle, practice, one, fetched, name, small, now()):
                await asyncio.to_thread(files.drop, name)
                await asyncio.to_thread(files.drop, small)
    return len(wanted)


def claim(tx: Tx, practice: Practice, now: datetime) -> list[Wanted]:
    """What is to be fetched now, leased."""
    return media.claim(tx, now, now + LEASE, BATCH)


def settle(tx: Tx, practice: Practice, one: Wanted, fetched: Fetched, name: str, small: str, now: datetime) -> bool:
    """It is kept under these names of files. False when another process was quicker."""
    return media.kept(
        tx,
        one.id,
        name=name,
        small=small,
        content_type=fetched.content_type,
        width=fetched.width,
        height=fetched.height,
        seconds=fetched.seconds,
        now=now,
    )


def postpone(tx: Tx, practice: Practice, one: Wanted, error: str, now: datetime) -> None:
    """It did not work: try again, later each time, while WeChat still has it."""
    pause = min(FIRST_PAUSE * 2 ** min(one.attempts - 1, 10), LONGEST_PAUSE)
    if now + pause < one.at + LIFE:
        media.again(tx, one.id, now + pause, error)
    else:
        refuse(tx, practice, one, "lost", "三天内没有取到", now)


def refuse(tx: Tx, practice: Practice, one: Wanted, state: str, why: str, now: datetime) -> None:
    """It is not to be had; the person who was to look at it is told."""
    if not media.end(tx, one.id, state, why, now):
        return
    bound = contacts.bound(tx, one.contact_id)
    words = f"患者发来的{KINDS.get(one.kind, one.kind)}看不到（{why}），请患者重发或打字说明"
    episode_id = bound[0].episode_id if bound else None
    escalation.raise_(tx, practice, escalation.Matter("question", "L2", words, one.contact_id, episode_id), now)
