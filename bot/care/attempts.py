"""Attempts to reach a patient: invitations by whichever way, silence, the last word, and the phone worklist."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.care import escalation, post, ways
from bot.care.live import Live
from bot.care.practice import Practice
from bot.rules import lane, schedule
from storage import attempts, contacts, outbox, plans, sessions
from storage.transaction import Tx

LAST = "last"  # the notice that says that somebody will call


def day(practice: Practice, now: datetime) -> str:
    """A moment as notices say it."""
    return f"{now.astimezone(practice.zone):%Y年%m月%d日 %H:%M}"


def invite(
    tx: Tx,
    practice: Practice,
    contact: contacts.Held,
    touchpoint_id: int,
    episode_id: int,
    notice: str,
    way: lane.Way,
    now: datetime,
    *,
    number: int,
    day: str,
) -> None:
    """A notice in short fields, the `number`th. A patient's own wish lets them count anew, so the moment is part of its key."""
    if number > 1:
        outbox.supersede(tx, contact.id, touchpoint_id)
    key = f"invite:{touchpoint_id}:{number}:{int(now.timestamp())}"
    post.notify(tx, practice, contact, way, notice, now, key=key, episode_id=episode_id, touchpoint_id=touchpoint_id, day=day)


def last_word(
    tx: Tx, practice: Practice, contact: contacts.Held, touchpoint_id: int, episode_id: int, day: str, now: datetime
) -> None:
    """After attempts in vain the patient is told that somebody will call; an answer still begins the talk."""
    outbox.supersede(tx, contact.id, touchpoint_id)
    key = f"last:{touchpoint_id}:{int(now.timestamp())}"
    reach = ways.reach(practice.ways, contact, practice.words.template(LAST), now)
    chosen = lane.choose(reach, "notice", now)
    if chosen.way == "service":
        texts = [practice.words.say("last_word")]
        post.say(tx, practice, contact, texts, now, key=key, purpose="notice", touchpoint_id=touchpoint_id)
    elif chosen.way != "phone":
        post.notify(
            tx,
            practice,
            contact,
            chosen.way,
            LAST,
            now,
            key=key,
            episode_id=episode_id,
            touchpoint_id=touchpoint_id,
            day=day,
        )


def to_phone(tx: Tx, practice: Practice, episode_id: int, reason: str, now: datetime) -> None:
    """A line in the phone worklist."""
    escalation.raise_(tx, practice, escalation.Matter("phone", "L3", f"{reason}，请电话随访", None, episode_id), now)


def unanswered(talking: Live, now: datetime) -> bool:
    """Whether this follow-up ends now without a single answer."""
    wait = talking.session.wait
    over = wait is not None and wait.expire_at is not None and wait.expire_at <= now
    return over and talking.row.purpose == "follow-up" and talking.row.touchpoint_id is not None and not talking.session.answers


def again(tx: Tx, practice: Practice, contact: contacts.Held, talking: Live, now: datetime) -> bool:
    """Try once more on another day at another hour, or, when that was the last attempt, leave it to the phone. False for a mere
    reminder, which is dropped."""
    row = talking.row
    assert row.touchpoint_id is not None
    assert talking.session.wait is not None
    tried = attempts.tried(tx, row.touchpoint_id)
    if tried.drop_silent:
        return False
    sessions.step(tx, row.id, row.state, "expired", None, now)
    made = max(1, tried.attempts)
    if made >= tried.most:
        plans.ended(tx, row.touchpoint_id, "phone", f"{made}次没有回答", now)
        last_word(tx, practice, contact, row.touchpoint_id, row.episode_id, day(practice, now), now)
        to_phone(tx, practice, row.episode_id, f"{tried.title}：{made}次没有回答", now)
        return True
    almanac = practice.almanac
    free = tried.on_holidays or not almanac.sending.pause_on_holidays
    asked, hours = talking.session.wait.asked_at, almanac.hours(tried.windows)
    due = schedule.next_attempt(made, asked, hours, almanac.calendar, most=tried.most, on_holidays=free)
    plans.again(tx, row.touchpoint_id, max(due or now + timedelta(days=1), now), "问了没有回答，换个时间再问", "invited")
    return True
