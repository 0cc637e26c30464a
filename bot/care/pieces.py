"""One thought in several messages: what a contact writes within twenty seconds is read together with what went before.

Each message is answered by itself within WeChat's five seconds, so nothing waits for a next piece that may never come. Instead
a later piece makes good what an earlier one left: it completes the answer (a correction of it), widens the record, adds to the
ticket. The question that waits is not put again. No danger sign waits: every piece is triaged alone, and with the others."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import cast

from bot.care import live, matters, talk
from bot.care.visit import Piece, Visit
from bot.engine.complete import question_of
from bot.reading import read as reading
from bot.reading.reading import Answer, Finding, Question, Reading
from storage import messages, sessions, tickets

TOGETHER = timedelta(seconds=20)
FAST = timedelta(seconds=3)  # quicker than anybody reads a question and answers it
LONGEST = timedelta(minutes=2)
MOST = 4  # pieces that may be no answer before the next is taken as one that missed
_LEVELS = ("L0", "L1", "L2", "L3", "none")
_LINKS = re.compile(
    r"(?:就是|还有|而且|但是?|不过|另外|然后|特别是?|尤其|因为|主要|比如|所以|也就|只是|对了|反正|并且|关键|又|再加上)"
)
_CUT = re.compile(r"\d$")
_REST = re.compile(r"[度点.。]\s?\d")
_OPEN = re.compile(r"\d[度点.。]$")
_NUMBER = re.compile(r"\s*[度点.。]?\s?\d{1,2}\s*$")
_END = re.compile(r"[,，。.！!？?；;、~～\s]$")


def look(visit: Visit) -> Piece | None:
    """The earlier part of the thought, if this message came right after one and could go on with it. Costs nothing for most
    messages: those that answer what was asked, and those that come alone."""
    last = visit.contact.last_inbound_at
    if last is None or visit.now - last > 2 * TOGETHER or visit.reading is None or not _may_go_on(visit):
        return None
    found = messages.before(visit.tx, visit.contact.id, visit.inbound_id, visit.inbound.at - LONGEST)
    if not found or found[0].kind != "text" or visit.inbound.at - found[0].at > TOGETHER:
        return None
    chain = [found[0]]
    for one in found[1:]:
        if chain[-1].joins == one.id:
            chain.append(one)
    earlier = _joined([one.text for one in reversed(chain)])
    text = visit.inbound.text.strip()
    glued = _glued(earlier, text)
    whole = _joined([earlier, text])
    return Piece(
        tuple(one.id for one in reversed(chain)),
        chain[0].session_id,
        whole,
        visit.inbound.at - chain[0].at,
        glued,
        _read(visit, earlier),
        _read(visit, whole, asked=not glued),
    )


def _may_go_on(visit: Visit) -> bool:
    answer, waiting = _answer(visit), visit.live
    if answer is None or waiting is None or answer.status != "ok" or _NUMBER.match(visit.inbound.text):
        return True
    wait, last = waiting.session.wait, waiting.session.last
    if wait is not None and wait.tries:
        return True
    asked = question_of(waiting.flow, last) if last else None
    return asked is not None and asked.kind in ("text", "feedback")


def hear(visit: Visit, piece: Piece) -> None:
    """What the whole thought tells beyond its parts becomes part of what this message tells: danger signs, wishes, matters.
    Matters that were told before are widened in their rows."""
    whole, before = piece.whole, piece.before
    # the rest of a number says nothing by itself: 度8 is no pain of eight
    heard = replace(whole, answer=_answer(visit)) if piece.glued else visit.reading
    assert heard is not None
    known = {_sign(one) for one in (*before.findings, *heard.findings)}
    findings = (*heard.findings, *(one for one in whole.findings if _sign(one) not in known))
    level = heard.triage
    if _LEVELS.index(whole.triage) < min(_LEVELS.index(before.triage), _LEVELS.index(heard.triage)):
        level = whole.triage
    records = heard.records
    if before.records and whole.records:
        records = matters.widen(visit, piece.ids, before.records, whole.records, heard.records)
    elif whole.records:
        records = whole.records
    intents = tuple(dict.fromkeys((*heard.intents, *(one for one in whole.intents if one not in before.intents))))
    visit.reading = replace(heard, triage=level, findings=findings, records=records, intents=intents)


def taken(visit: Visit, piece: Piece) -> str | None:
    """None when the message was taken as the rest of what went before; else the words to go on with: those of the whole thought
    where they answer the question that waits (the visit's reading has that answer then), or its own."""
    node = _settled(visit, piece)
    if node is not None and _completed(visit, piece, node):
        # where nothing waits, what else is in it goes its usual way
        return None if visit.live is not None else visit.inbound.text.strip()
    if node is None and visit.live is not None and visit.live.row.id == piece.session_id:
        return _answers(visit, piece)
    return visit.inbound.text.strip()


def added(visit: Visit) -> bool:
    """Nothing waits, and the message by itself says nothing that somebody should be asked about: it completes the answer before
    it, or belongs to what a person sees to already. False when neither is so."""
    piece = visit.piece
    if piece is None or not _says_nothing_new(visit):
        return False
    if visit.completed:
        _nod(visit, "piece_taken")
        return True
    waiting = tickets.open_of(visit.tx, visit.contact.id)
    if not waiting:
        return False
    messages.join(visit.tx, visit.inbound_id, piece.ids[-1])
    latest = max(waiting, key=lambda ticket: ticket.raised_at)
    assert latest.id is not None
    tickets.log(visit.tx, latest.id, "added", f"接着说：“{visit.inbound.text[:60]}”", visit.now)
    if "deceased" not in piece.before.intents:
        _nod(visit, "piece_taken")
    return True


def same_wish(visit: Visit, piece: Piece) -> bool:
    """Whether the message only goes on with a wish that was heard and answered already."""
    wishes = set(visit.reading.intents) if visit.reading is not None else set()
    return bool(wishes) and wishes <= set(piece.before.intents)


def trim(visit: Visit) -> None:
    """What the contact was told a moment ago is not said again."""
    told = messages.last_text(visit.tx, visit.contact.id)
    visit.texts[:] = [text for text in visit.texts if text.strip() and text.strip() not in told]


def _completed(visit: Visit, piece: Piece, node: str) -> bool:
    """The earlier part answered a question: whether this goes on with that answer. It is completed then."""
    assert piece.session_id is not None
    talking = visit.live
    if talking is None or talking.row.id != piece.session_id:
        try:
            talking = live.opened(visit.tx, visit.practice, sessions.get(visit.tx, piece.session_id))
        except live.Spoiled:
            return False
    question, answer = question_of(talking.flow, node), _answer(visit)
    if question is None:
        return False
    said = visit.inbound.text.strip()
    fits = answer is not None and answer.status == "ok"
    words = question.kind in ("text", "feedback")
    value = talking.session.answers.get(node)
    whole = reading.answer(piece.text, cast(Question, question), visit.practice.tables, today=visit.today)
    changed = not words and whole.status == "ok" and whole.sure and whole.value != value
    rest = piece.glued and changed  # 36度 8: of a number, even where it could answer the next question
    at_once = piece.gap <= FAST or _LINKS.match(said) is not None
    more = at_once or visit.live is None or _beside(visit)
    goes_on = more if words else changed or (at_once and _says_nothing_new(visit))
    if not rest and (fits or not goes_on):
        return False
    messages.join(visit.tx, visit.inbound_id, piece.ids[-1])
    step = talk.complete(visit.tx, visit.practice, talking, node, piece.text, visit.now, visit.inbound_id)
    visit.completed = True
    if visit.live is not None:
        visit.caution()
        matters.acknowledge(visit)
        visit.texts += step.texts
        _nod(visit, "piece_taken")
    return True


def _answers(visit: Visit, piece: Piece) -> str | None:
    """The earlier part answered nothing, and its question still waits: what answers it now."""
    heard, said = visit.reading, visit.inbound.text.strip()
    assert heard is not None
    messages.join(visit.tx, visit.inbound_id, piece.ids[-1])
    if piece.whole.answer is not None and piece.whole.answer.status == "ok":
        visit.reading = replace(heard, answer=piece.whole.answer)
        return piece.text
    if (heard.answer is not None and heard.answer.status == "ok") or len(piece.ids) >= MOST:
        return said
    visit.caution()
    matters.acknowledge(visit)
    _nod(visit, "piece_taken" if heard.records or piece.before.records else "piece_more")
    return None


def _nod(visit: Visit, key: str) -> None:
    """A word that it was heard, unless something is said anyway or that was the last thing said."""
    if not visit.texts and not visit.said_last(key):
        visit.say(key)


def _settled(visit: Visit, piece: Piece) -> str | None:
    """The node that the earlier part answered last, if it answered any."""
    if piece.session_id is None:
        return None
    return next(
        (node for inbound_id, node in reversed(sessions.given(visit.tx, piece.session_id)) if inbound_id in piece.ids), None
    )


def _answer(visit: Visit) -> Answer | None:
    return visit.reading.answer if visit.reading is not None else None


def _says_nothing_new(visit: Visit) -> bool:
    heard = visit.reading
    return heard is not None and not heard.intents and not heard.records and heard.triage == "none"


def _beside(visit: Visit) -> bool:
    """Whether it speaks of something else than what was asked."""
    heard = visit.reading
    return heard is not None and (bool(heard.records) or (heard.answer is not None and heard.answer.status == "off_topic"))


def _read(visit: Visit, text: str, *, asked: bool = True) -> Reading:
    question = visit.live.asked if asked and visit.live is not None else None
    proxy, population = visit.relation != "self", visit.population
    return reading.read(text, question, visit.practice.tables, proxy=proxy, today=visit.today, population=population)


def _sign(found: Finding) -> tuple[str, str]:
    return found.flag, found.status


def _glued(earlier: str, later: str) -> bool:
    """Whether a number was cut in two: 36 and 度8, 36度 and 8."""
    return bool((_CUT.search(earlier) and _REST.match(later)) or (_OPEN.search(earlier) and later[:1].isdigit()))


def _joined(texts: list[str]) -> str:
    whole = ""
    for text in texts:
        if whole and not _glued(whole, text) and not _END.search(whole):
            whole += "，"
        whole += text.strip()
    return whole
