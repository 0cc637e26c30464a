"""What happens when a patient does something: one act, one transaction, at most one reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.care import (
    answering,
    binding,
    consent,
    danger,
    escalation,
    live,
    matters,
    media,
    opening,
    pieces,
    post,
    talk,
    whom,
    wishes,
)
from bot.care.inbound import Inbound
from bot.care.parcel import Reply
from bot.care.practice import Practice
from bot.care.visit import Piece, Visit
from bot.reading import read as reading
from bot.rules import lane
from storage import contacts, messages
from storage.transaction import Tx

# What an event allows in service messages; all else a user types or sends opens the long window.
_ACTIONS = {"subscribe": "follow", "scan": "scan", "click": "menu", "scancode_push": "menu", "scancode_waitmsg": "menu"}
_MEDIA = {**media.KINDS, "video": "视频"}
# what is neither words nor anything a person could look at
_STRANGE = {"location": "location", "link": "link"}
_STAND_IN = {"image": "[图片]"}


def receive(tx: Tx, practice: Practice, inbound: Inbound, now: datetime) -> Reply | None:
    """Take in a message or event and decide the passive reply. A message that is known already gets the same reply again,
    unless it has left by the outbox meanwhile."""
    # who has left is not made known again by a retry of the leaving, or by word of an earlier notice
    stays = inbound.kind != "event" or inbound.event in _ACTIONS
    contact = contacts.hold(tx, inbound.openid, now) if stays else contacts.known(tx, inbound.openid)
    if contact is None:
        return None
    talking, spoiled = _talking(tx, practice, contact.id, inbound)
    inbound_id = messages.record(
        tx,
        key=inbound.key,
        contact_id=contact.id,
        kind=inbound.kind,
        event=inbound.event,
        text=inbound.text,
        media_id=inbound.media_id,
        # where a patient is, reported without being asked, is nothing a follow-up needs
        detail={} if inbound.event == "location" else inbound.detail,
        session_id=talking.row.id if talking else None,
        at=inbound.at,
        now=now,
    )
    if inbound_id is None:
        stored = messages.stored_reply(tx, inbound.key)
        return Reply(stored[1], stored[0]) if stored else None
    visit = Visit(tx, practice, _opened(tx, contact, inbound, now), inbound, inbound_id, now, talking)
    if spoiled is not None:
        talk.fail(tx, practice, spoiled, now)
        visit.say("question_taken", when=visit.promise("follow-up", "L3"))
    if inbound.kind == "event":
        binding.event(visit)
    else:
        outside = visit.live is None
        _message(visit)
        if outside:
            whom.ask(visit)
    return _reply(visit)


def _talking(
    tx: Tx, practice: Practice, contact_id: int, inbound: Inbound
) -> tuple[live.Live, None] | tuple[None, live.Spoiled | None]:
    if inbound.kind == "event":
        return None, None
    try:
        found = live.waiting(tx, practice, contact_id)
    except live.Spoiled as spoiled:
        return None, spoiled
    return (found, None) if found is not None else (None, None)


def _opened(tx: Tx, contact: contacts.Held, inbound: Inbound, now: datetime) -> contacts.Held:
    typed = "tap" if inbound.tapped else "message"
    action = _ACTIONS.get(inbound.event, "") if inbound.kind == "event" else typed
    if not action:
        return contact
    window = lane.opened(lane.Window(contact.window_until, contact.quota_left), action, now)
    contacts.heard(tx, contact.id, window.until, window.quota, now)
    return contact._replace(window_until=window.until, quota_left=window.quota, followed=True)


def _message(visit: Visit) -> None:
    said = visit.inbound.text.strip() or _STAND_IN.get(visit.inbound.kind, "")
    waiting = visit.live.asked if visit.live is not None else None
    if visit.inbound.text and visit.live is None:
        whom.look(visit)
    if visit.inbound.media_id and visit.inbound.kind in media.KINDS:
        media.want(visit.tx, visit.inbound_id, visit.contact.id, visit.inbound.kind, visit.inbound.media_id, visit.now)
    if visit.inbound.kind == "voice":
        _overheard(visit)
    elif visit.inbound.text:
        # in doubt "my father" is the patient
        proxy, population = visit.relation != "self", visit.population
        visit.reading = reading.read(said, waiting, visit.practice.tables, proxy=proxy, today=visit.today, population=population)
        visit.piece = pieces.look(visit)
        if visit.piece is not None:
            pieces.hear(visit, visit.piece)
        if visit.reading.triage != "none":
            messages.urgent(visit.tx, visit.inbound_id, visit.reading.triage)
        danger.heed(visit)
        if visit.reading.records:
            answering.plain(visit)
        matters.keep(visit)
        if visit.piece is not None and visit.contact.owner != "human":
            _piece(visit, visit.piece)
            return
    if visit.contact.owner == "human":
        if visit.reading is not None and wishes.wants_silence(visit):
            wishes.stop(visit)
        _for_person(visit)
        return
    if visit.safety or (visit.reading is not None and wishes.granted(visit)):
        return
    if visit.inbound.kind in _MEDIA and not (visit.inbound.kind == "image" and waiting is not None and waiting.kind == "image"):
        _media(visit)
    elif not said:
        visit.say(_STRANGE.get(visit.inbound.kind, "file" if visit.inbound.detail.get("MsgType") == "file" else "unsupported"))
        _on(visit)
    elif visit.live is not None:
        _go_on(visit, said)
    else:
        opening.greet(visit)


def _piece(visit: Visit, piece: Piece) -> None:
    """What goes on with the message just before: no question is put twice, and nothing said twice."""
    if visit.safety:
        return
    if wishes.granted(visit):
        if pieces.same_wish(visit, piece):
            pieces.trim(visit)
        return
    said = pieces.taken(visit, piece)
    if said is None:
        pieces.trim(visit)
    elif visit.live is not None:
        _go_on(visit, said)
    else:
        opening.greet(visit)


def _overheard(visit: Visit) -> None:
    """A voice is put before a person. What WeChat's machine heard in it may raise an alarm, and settles nothing else."""
    if not visit.inbound.text:
        return
    proxy, tables = visit.relation != "self", visit.practice.tables
    heard = reading.read(visit.inbound.text, None, tables, proxy=proxy, today=visit.today, population=visit.population)
    visit.reading = replace(heard, intents=(), records=())
    if heard.triage != "none":
        messages.urgent(visit.tx, visit.inbound_id, heard.triage)
    danger.heed(visit)
    matters.keep(visit)


def _go_on(visit: Visit, said: str) -> None:
    """Step the waiting talk. A reply that told a sign or a matter instead of an answer was understood, as far as it went."""
    assert visit.live is not None
    heard = visit.reading
    step = talk.resume(
        visit.tx,
        visit.practice,
        visit.live,
        said,
        visit.now,
        inbound_id=visit.inbound_id,
        answer=consent.explicit(visit),
        forgive=heard is not None and (heard.triage in ("L1", "L2") or bool(heard.records)),
    )
    if "L1" not in step.levels:
        visit.caution()
    matters.acknowledge(visit)
    wishes.beside(visit)
    visit.texts += step.texts
    if visit.live.row.purpose != "follow-up":
        opening.heard(visit, step)


def _for_person(visit: Visit) -> None:
    """A person has the talk: the message waits for them, and only a safety text is said by the machine."""
    escalation.wrote(visit.tx, visit.contact.id, visit.now)


def _media(visit: Visit) -> None:
    """A photo, a voice: kept, and put before a person, since a machine cannot triage it. Of a video WeChat hands out nothing."""
    kind = visit.inbound.kind
    where = "，请在公众平台的消息管理里查看，或请患者发照片" if kind == "video" else "，请查看"
    heard = f"：“{visit.inbound.text[:60]}”（微信转写）" if visit.inbound.text else ""
    visit.raise_("question", "L2", f"患者发来{_MEDIA[kind]}{heard}{where}")
    visit.caution()
    visit.say(f"media_{kind}")
    _on(visit)


def _on(visit: Visit) -> None:
    """After something that answers no question: the one that waits, or what the contact was invited to."""
    if visit.live is None:
        opening.answered(visit)
    else:
        visit.ask_again()


def _reply(visit: Visit) -> Reply | None:
    """The first bubble goes with the HTTP response; what does not fit follows as a service message."""
    first, *more = post.bubbles(visit.texts) or [""]
    if not first:
        return None
    outbound_id = messages.reply(
        visit.tx,
        inbound_id=visit.inbound_id,
        contact_id=visit.contact.id,
        session_id=visit.row.id if visit.row else None,
        text=first,
        safety=visit.safety,
        now=visit.now,
    )
    if more:
        key = f"reply:{visit.inbound_id}:more"
        post.say(visit.tx, visit.practice, visit.contact, more, visit.now, key=key, purpose="question")
    return Reply(first, outbound_id)
