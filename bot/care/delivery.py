"""From the outbox to WeChat: claim, send, keep what became of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.care import binding, escalation, talk, ways
from bot.care.parcel import Parcel, Receipt, Sender
from bot.care.practice import Practice
from bot.rules import lane, schedule
from storage import attempts, contacts, fates, outbox, plans, register, sessions, tickets
from storage.database import Database
from storage.sealing import Unreadable
from storage.transaction import Tx

BATCH = 20  # in hand at once: so many the client has connections for, and no more are in doubt when the process dies
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 12
LONGEST_PAUSE = 600.0  # seconds; twelve tries outlast half an hour without a network
REST = 0.02  # seconds at most between two batches, so that a backlog leaves room for patients who write now
OPERATOR_PAUSE = timedelta(minutes=5)
REPEATABLE = timedelta(minutes=8)  # within WeChat's ten minutes in which it knows a message by its key
UNKNOWN = "不确定是否送达，为免重复不再发送"


async def flush(database: Database, practice: Practice, send: Sender, now: Callable[[], datetime]) -> int:
    """Send what is due until nothing is left. Returns how many messages WeChat took."""
    sent, clock = 0, asyncio.get_running_loop().time
    began = clock()
    while parcels := await database.write(claim, practice, now()):
        sent += sum(await asyncio.gather(*(_deliver(database, practice, send, parcel, now) for parcel in parcels)))
        await asyncio.sleep(min(clock() - began, REST))
        began = clock()
    return sent


async def _deliver(database: Database, practice: Practice, send: Sender, parcel: Parcel, now: Callable[[], datetime]) -> bool:
    """Send one and keep its fate at once, whatever the others take: only what is really under way is ever in doubt."""
    receipt = await _sent(send, parcel)
    await database.write(settle, practice, parcel, receipt, now())
    return receipt.outcome == "sent"


async def _sent(send: Sender, parcel: Parcel) -> Receipt:
    try:
        return await send(parcel)
    except Exception as error:
        # whatever broke, the message may have left: it must not be sent again blindly, nor be forgotten
        return Receipt("unknown", error=type(error).__name__)


def claim(tx: Tx, practice: Practice, now: datetime, limit: int = BATCH) -> list[Parcel]:
    """What is to be sent now. What may no longer be sent (the account is gone, the patient said stop) is cancelled here."""
    # a lease begins before its message leaves
    outbox.lost(tx, now, now - REPEATABLE + LEASE)
    fates.catch_up(tx)
    parcels: list[Parcel] = []
    while not parcels and (claimed := outbox.claim(tx, now, now + LEASE, limit)):
        for one in claimed:
            morning = schedule.awake(now, practice.zone, practice.almanac.quiet)
            notice = one.lane in lane.NOTICES
            if (one.openid is None and one.lane != "sms") or (one.contact_state == "stopped" and notice):
                outbox.settle(tx, one.id, "cancelled", due_at=now, error="联系人已不可联系")
            elif one.touchpoint_state == "stopped" or (notice and one.touchpoint_state not in _NOTICED):
                outbox.settle(tx, one.id, "cancelled", due_at=now, error="随访已不再等这条消息")
            elif one.doubtful_at is not None and one.doubtful_at < now - REPEATABLE:
                outbox.settle(tx, one.id, "unknown", due_at=now, error=UNKNOWN)
            elif one.touchpoint_state and morning > now:  # held up until the quiet hours
                outbox.settle(tx, one.id, "pending", due_at=morning)
            else:
                number = _number(tx, practice, one.contact_id) if one.lane == "sms" else ""
                parcels.append(
                    Parcel(one.id, one.key, one.contact_id, one.openid or "", one.lane, one.body, one.attempts, number)
                )
    return parcels


def _number(tx: Tx, practice: Practice, contact_id: int) -> str:
    """The number behind a telephone; "" where there is none that can be read."""
    patient_id, sealed = register.number_of(tx, contact_id)
    try:
        return practice.seal.open(sealed, f"patient.phone_sealed:{patient_id}") if sealed else ""
    except Unreadable:
        return ""


def requeue(tx: Tx, practice: Practice, outbound_id: int, now: datetime) -> None:
    """The HTTP response went out empty; the reply follows as a service message."""
    contact_id = outbox.requeue(tx, outbound_id, now)
    if contact_id is not None:
        contacts.spend(tx, contact_id)


def settle(tx: Tx, practice: Practice, parcel: Parcel, receipt: Receipt, now: datetime) -> None:
    """Keep the fate of a parcel and do what follows from it."""
    match receipt.outcome:
        case "sent":
            outbox.settle(tx, parcel.id, "sent", due_at=now, errcode=receipt.errcode, remote_id=receipt.remote_id, sent_at=now)
        case "retry" if parcel.attempts < MOST_ATTEMPTS:
            if receipt.doubtful:
                outbox.doubt(tx, parcel.id, now)
            pause = min(2**parcel.attempts, LONGEST_PAUSE) * (0.5 + random.random())  # noqa: S311 - jitter
            wait = receipt.retry_after or pause
            _put(tx, parcel, receipt, "pending", now + timedelta(seconds=wait))
        case "operator":
            _put(tx, parcel, receipt, "pending", now + OPERATOR_PAUSE)
            reason = f"微信接口异常（{receipt.errcode}），消息暂停发送，请管理员检查设置"
            if not tickets.fault_open(tx, reason):
                escalation.raise_(tx, practice, escalation.Matter("other", "L1", reason, None, None), now)
        case "unknown" | "retry" if receipt.outcome == "unknown" or receipt.doubtful:
            _put(tx, parcel, receipt, "unknown", now)
        case "contact_gone":
            _put(tx, parcel, receipt, "failed", now)
            _not_sent(tx, parcel, receipt, now)
            binding.left(tx, practice, parcel.contact_id, now)
        case _:
            _put(tx, parcel, receipt, "failed", now)
            _another_way(tx, practice, parcel, receipt, now)


def _put(tx: Tx, parcel: Parcel, receipt: Receipt, state: str, due_at: datetime) -> None:
    outbox.settle(tx, parcel.id, state, due_at=due_at, errcode=receipt.errcode, error=receipt.error)


def _not_sent(tx: Tx, parcel: Parcel, receipt: Receipt, now: datetime) -> None:
    """Staff see theirs as not sent."""
    ticket_id = outbox.links(tx, parcel.id).ticket_id
    if ticket_id is not None:
        tickets.log(tx, ticket_id, "not sent", f"消息没有发出（{receipt.errcode or '网络'}），请改用电话", now)


def _another_way(tx: Tx, practice: Practice, parcel: Parcel, receipt: Receipt, now: datetime) -> None:
    """This lane is shut. A talk that was to begin is invited by notice, then by phone, unless the patient has written since."""
    _not_sent(tx, parcel, receipt, now)
    link = outbox.links(tx, parcel.id)
    if parcel.lane == "service" and not link.answered:
        if receipt.outcome == "lane_shut":
            contacts.shut(tx, parcel.contact_id)
        if link.touchpoint_id is not None:
            row = sessions.waiting(tx, parcel.contact_id)
            if row is not None and row.touchpoint_id == link.touchpoint_id:
                talk.interrupt(tx, row, now)
            soon = schedule.next_open(now, practice.windows, practice.calendar)
            plans.again(tx, link.touchpoint_id, soon or now, "会话窗口已关闭，改发通知")
    elif link.touchpoint_id is not None and link.touchpoint_state == "invited":
        # the next look takes another way, and the phone when there is none left; this one was no attempt
        ways.refused(tx, practice.ways, parcel.contact_id, parcel.lane, str(parcel.body.get("template", "")), now)
        soon = schedule.next_open(now, practice.windows, practice.calendar)
        why = f"{_LANES[parcel.lane]}发不出（{receipt.errcode or '网络'}），换别的方式"
        attempts.refused(tx, link.touchpoint_id, soon or now, why)


_NOTICED = (None, "invited", "phone")  # what waits for a notice: nothing, an answer, or (the last word) a call
_LANES = {"subscription": "订阅通知", "template": "模板通知", "medical": "就医助手", "wecom": "企业微信", "sms": "短信"}
