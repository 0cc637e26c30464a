"""What time does: touchpoints fall due, silent talks are reminded and expire."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from bot.care import attempts, consent, live, opening, post, talk, ways
from bot.care.practice import Practice
from bot.rules import lane, schedule, touchpoints
from storage import calls, contacts, outbox, plans, queue, sessions
from storage.transaction import Tx

ASKED_WHO = "已请患者确认身份、征求同意"
WISH = timedelta(hours=3)  # for so long a time that the patient chose holds, whatever the windows are
BUSY = timedelta(minutes=30)  # until the next look, while a person or another talk has the contact


class Decision(NamedTuple):
    """What is to be done with a due touchpoint: a move of `bot.rules.touchpoints` (wait: none), when to look again, and why;
    for an invitation by which way, for the phone whether the patient hears a last word before."""

    move: str
    due_at: datetime
    reason: str = ""
    way: lane.Way = "template"
    last: bool = False


class Moment:
    """One look at what is due. What is the same for many touchpoints is reckoned once."""

    def __init__(self, tx: Tx, practice: Practice, now: datetime) -> None:
        almanac = practice.almanac
        hours, calendar, pause = almanac.hours, almanac.calendar, almanac.sending.pause_on_holidays
        self.tx = tx
        self.practice = practice
        self.now = now
        self.heard: Counter[int] = Counter()  # contacts that begin in this look, by patient
        self.day = attempts.day(practice, now)

        @cache
        def verdict(due_at: datetime, late: timedelta, on_holidays: bool, windows: str) -> schedule.Verdict:
            return schedule.verdict(due_at, now, hours(windows), calendar, late, on_holidays=on_holidays or not pause)

        @cache
        def next_attempt(attempts: int, most: int, on_holidays: bool, windows: str) -> datetime | None:
            free = on_holidays or not pause
            return schedule.next_attempt(attempts, now, hours(windows), calendar, most=most, on_holidays=free)

        def wished(at: datetime) -> schedule.Verdict:
            opens = schedule.awake(max(at, now), practice.zone, almanac.quiet)
            return schedule.Later(opens) if opens > now else schedule.Send()

        self.wished = wished
        self.verdict = verdict
        self.next_attempt = next_attempt


def begin_due(tx: Tx, practice: Practice, now: datetime, limit: int = 50) -> int:
    """Look at the touchpoints whose time has come: begin, invite, put off, miss, or give to the phone worklist. Everything is
    checked again now, whatever was true when it was planned. Returns how many were looked at.

    One transaction claims and decides, so no lease is needed: a process that dies leaves them as they were."""
    found = queue.due(tx, now, limit, now - timedelta(days=practice.almanac.sending.days))
    moment = Moment(tx, practice, now)
    for due in found:
        error = tx.attempt(_look, tx, moment, due)
        if error is not None:  # it must hold up nobody else, and a person must learn of it
            reason = f"程序出错（{type(error).__name__}）"
            attempts.to_phone(tx, practice, due.episode_id, f"{due.title}：{reason}", now)
            plans.ended(tx, due.id, "phone", reason, now)
    return len(found)


def wake_due(tx: Tx, practice: Practice, now: datetime, limit: int = 50) -> int:
    """Talks in which the patient has been silent: remind once, then expire. Returns how many were looked at."""
    rows = sessions.due(tx, now, limit)
    for row in rows:
        error = tx.attempt(_wake, tx, practice, row, now)
        if error is not None:
            talk.fail(tx, practice, live.Spoiled(row, error), now)
    return len(rows)


def next_due(tx: Tx) -> datetime | None:
    """The next moment at which time itself has something to do."""
    moments = (queue.next_due(tx), sessions.next_due(tx), outbox.next_due(tx))
    return min((moment for moment in moments if moment is not None), default=None)


def _look(tx: Tx, moment: Moment, due: queue.Due) -> None:
    practice, now = moment.practice, moment.now
    contact = contacts.hold_id(tx, due.contact_id) if due.contact_id is not None else None
    waiting = sessions.waiting(tx, contact.id) if contact is not None else None
    if contact is None and practice.ways.sms:
        contact = calls.telephone(tx, due.episode_id, now)
    decision = _decide(moment, due, contact, waiting)
    tried = due.attempts
    match decision.move:
        case "begin":
            assert contact is not None
            moment.heard[due.patient_id] += due.contacted_at is None
            _begin(tx, practice, due, contact, waiting, now)
            return
        case "invite":
            moment.heard[due.patient_id] += due.contacted_at is None
            tried += 1
            assert contact is not None
            attempts.invite(
                tx, practice, contact, due.id, due.episode_id, due.notice, decision.way, now, number=tried, day=moment.day
            )
        case "phone":
            if decision.last and contact is not None:
                attempts.last_word(tx, practice, contact, due.id, due.episode_id, moment.day, now)
            attempts.to_phone(tx, practice, due.episode_id, f"{due.title}：{decision.reason}", now)
        case "stop" | "expire":
            plans.ended(tx, due.id, touchpoints.after(due.state, decision.move), decision.reason, now)
            return
    state = due.state if decision.move == "wait" else touchpoints.after(due.state, decision.move)
    told = now if decision.move == "invite" else None
    queue.move(tx, due, state=state, due_at=decision.due_at, attempts=tried, reason=decision.reason, contacted_at=told)


def _wake(tx: Tx, practice: Practice, row: sessions.Open, now: datetime) -> None:
    contact = contacts.hold_id(tx, row.contact_id)
    assert contact is not None
    talking = live.waiting(tx, practice, contact.id)  # as it is now that the contact is held
    if talking is None or talking.row.id != row.id:
        return
    morning = schedule.awake(now, practice.zone, practice.almanac.quiet)
    if contact.owner == "human" or morning > now:
        sessions.step(tx, row.id, talking.row.state, "waiting", max(morning, now + BUSY), now)
        return
    if attempts.unanswered(talking, now) and attempts.again(tx, practice, contact, talking, now):
        return
    step = talk.resume(tx, practice, talking, None, now)
    key = f"wake:{row.id}:{int(now.timestamp())}"
    post.say(tx, practice, contact, step.texts, now, key=key, purpose="question", session_id=row.id)


def _decide(moment: Moment, due: queue.Due, contact: contacts.Held | None, waiting: sessions.Open | None) -> Decision:
    now = moment.now
    if due.episode_state != "home" and due.episode_state not in due.through.split():
        return Decision("stop", now, {"dead": "患者已故", "readmitted": "再次入院"}.get(due.episode_state, "已移出随访"))
    if due.revisit_state and due.revisit_state in due.unless.split():
        return Decision("stop", now, _REVISITED[due.revisit_state])
    if contact is None:
        return _unbound(moment, due)
    if contact.owner == "human":
        return Decision("wait", now + BUSY, "工作人员正在接待")
    asked = waiting is not None and waiting.touchpoint_id == due.id
    if waiting is not None and not asked:
        return Decision("wait", now + BUSY, "另一次随访还没有结束")
    wished = due.wished_at is not None and due.wished_at >= now - WISH
    if due.state == "invited" and due.attempts >= due.most_attempts and not wished:
        if asked:
            return Decision("wait", now + BUSY, "等待患者确认身份")
        return Decision("expire" if due.drop_silent else "phone", now, f"邀请{due.attempts}次未回复", last=True)
    # an invitation that had no answer is not late: its turn comes again in the next window
    late = timedelta(hours=due.late_hours) if due.state == "planned" else timedelta(days=3650)
    match moment.wished(due.due_at) if wished else moment.verdict(due.due_at, late, due.on_holidays, due.windows):
        case schedule.Later(at):
            return Decision("wait", at, _waits_for(due))
        case schedule.Drop(reason):
            return Decision("expire", now, _capped(moment, due) or reason)
        case _:
            over = "" if wished else _capped(moment, due)
            return _hold(moment, due, late, over) if over else _send(moment, due, contact)


def _unbound(moment: Moment, due: queue.Due) -> Decision:
    """Nobody is bound: the phone worklist, but not before it is a time to call; until then somebody may scan the code."""
    found = moment.verdict(due.due_at, timedelta(days=3650), due.on_holidays, due.windows)
    if isinstance(found, schedule.Later):
        return Decision("wait", found.at, "等待发送时段")
    return Decision("phone", moment.now, "没有绑定微信")


def _hold(moment: Moment, due: queue.Due, late: timedelta, over: str) -> Decision:
    """The cap is reached: wait until an earlier contact is old enough, if that is soon enough."""
    sending = moment.practice.almanac.sending
    oldest = queue.contacted(moment.tx, due.patient_id, moment.now - timedelta(days=sending.days), sending.most)
    free = oldest + timedelta(days=sending.days) if oldest else moment.now + timedelta(days=1)
    return Decision("expire", moment.now, over) if free - due.due_at > late else Decision("wait", free, over)


_REVISITED = {
    "coming": "患者已说会来复诊",
    "declined": "患者已说不来复诊",
    "came": "患者已经复诊",
    "missed": "已知患者没有来复诊",
}


def _capped(moment: Moment, due: queue.Due) -> str:
    """Why the patient hears nothing more for now; empty where they may. A contact that has begun goes on."""
    sending = moment.practice.almanac.sending
    heard = due.contacts + moment.heard[due.patient_id]
    if due.beyond_cap or due.contacted_at is not None or not sending.most or heard < sending.most:
        return ""
    return f"{sending.days}天内已联系{heard}次，到了频次上限"


def _waits_for(due: queue.Due) -> str:
    return "等待发送时段" if due.state == "planned" else "等待患者回复邀请"


def _send(moment: Moment, due: queue.Due, contact: contacts.Held) -> Decision:
    now = moment.now
    practice = moment.practice
    chosen = lane.choose(ways.reach(practice.ways, contact, practice.words.template(due.notice), now), "question", now)
    if chosen.way == "service":
        return Decision("begin", now)
    if chosen.way == "phone" or (chosen.way == "sms" and _no_text_message(moment, due)):
        return Decision("phone", now, chosen.reason if contact.openid else "没有绑定微信")
    again = moment.next_attempt(due.attempts + 1, due.most_attempts, due.on_holidays, due.windows)
    # after the last invitation one more day to answer it, then the phone
    return Decision("invite", again or now + timedelta(days=1), "已发邀请通知", chosen.way)


def _no_text_message(moment: Moment, due: queue.Due) -> bool:
    """Whether text messages to the telephone of this stay were found to fail."""
    phone = calls.telephone(moment.tx, due.episode_id, moment.now)
    return "sms" in ways.reach(moment.practice.ways, phone, "sms", moment.now).shut


def _begin(
    tx: Tx, practice: Practice, due: queue.Due, contact: contacts.Held, waiting: sessions.Open | None, now: datetime
) -> None:
    """The window is open: the first question leaves now."""
    if waiting is not None:
        talk.interrupt(tx, waiting, now)  # who is there was asked a day ago and not answered, or it never arrived: ask anew
    every = contacts.bound(tx, contact.id)
    own = next(one for one in every if one.episode_id == due.episode_id)
    if consent.refused(practice, own.agreed, own.refused_at, due.flow, now):
        plans.ended(tx, due.id, "missed", consent.REFUSED, now)
        return
    texts = opening.begin(
        tx,
        practice,
        contact_id=contact.id,
        bound=own,
        touchpoint_id=due.id,
        flow=due.flow,
        now=now,
        several=len(every) > 1,
        unasked=True,
    )
    post.say(
        tx, practice, contact, texts, now, key=f"begin:{due.id}:{int(now.timestamp())}", purpose="question", touchpoint_id=due.id
    )
    if opening.purpose(practice, own, due.flow, now) != "follow-up":
        again = schedule.next_open(now + timedelta(days=1), practice.windows, practice.calendar)
        move_to = again or now + timedelta(days=1)
        queue.move(tx, due, state="invited", due_at=move_to, attempts=due.attempts + 1, reason=ASKED_WHO, contacted_at=now)
