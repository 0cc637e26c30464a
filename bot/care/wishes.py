"""Wishes that go before any questionnaire: stop, wrong person, a death, another time, a person please."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot.care import answering, consent, ending, escalation, matters, talk
from bot.care.visit import Visit
from bot.reading import times
from bot.rules import schedule
from storage import consents, contacts, patients, plans


def granted(visit: Visit) -> bool:
    """Whether the message was a wish that decides the turn; then its answer is among the visit's texts."""
    assert visit.reading is not None
    if _over_data(visit):
        return True
    answer = visit.reading.answer
    if not visit.reading.intents:
        if (answer is not None and answer.status == "ok") or not _asks_for_a_time(visit):
            return False
        visit.caution()  # 下周三再联系
        matters.acknowledge(visit)
        _later(visit)
        return True
    wished = _WISHES.keys() & set(visit.reading.intents)
    if visit.row is None and (wished <= {"question"} or (wished == {"ask_human"} and _calls(visit))):
        return False  # a talk may be waiting to begin: see opening.greet
    for intent, grant in _WISHES.items():
        if intent == "deceased" and visit.reading.triage != "none":
            continue  # who can hardly breathe after ten minutes' walk is alive
        if intent in visit.reading.intents and not (intent in _YIELDING and answer is not None and answer.status == "ok"):
            visit.caution()
            matters.acknowledge(visit)
            grant(visit)
            return True
    return False


def beside(visit: Visit) -> None:
    """A question or a call for a person that stands beside an answer is not lost with it."""
    meant = visit.reading.intents if visit.reading else ()
    if "ask_human" in meant:
        _ask_human(visit)
    elif "question" in meant:
        _take_question(visit)


def _calls(visit: Visit) -> bool:
    """在吗, 您好在吗: a call to whoever is there, and the machine is."""
    assert visit.reading is not None
    return "greeting" in visit.reading.intents and len(visit.inbound.text.strip(" ？?！!。，~")) <= _CALL


def wants_silence(visit: Visit) -> bool:
    """Whether the message takes the consent back, or wants nothing more. It counts also while a person has the talk."""
    if visit.reading is not None and "stop" in visit.reading.intents:
        return True
    answered = visit.live is not None and visit.live.row.purpose in ("identity", "consent")
    return not answered and visit.practice.consent.withdraws(visit.inbound.text)


def stop(visit: Visit) -> None:
    """Everything stops, in this act, and the patient is told so."""
    _stop(visit)


def _silence(visit: Visit) -> None:
    """Send nothing more unasked. Withdrawing is as easy as agreeing was. Who is not the patient speaks only for themselves where
    another account is there for the patient; then that one is asked."""
    tx, contact_id, row = visit.tx, visit.contact.id, visit.row
    contacts.set_state(tx, contact_id, "stopped")
    for bound in contacts.bound(tx, contact_id):
        consent.withdraw(tx, contact_id, bound.episode_id, visit.inbound.text[:200], visit.now)
        if bound.relation == "self" or not contacts.others(tx, bound.episode_id, contact_id):
            ending.end(tx, bound.episode_id, "withdrawn", visit.now)
        elif row is not None and row.touchpoint_id is not None and row.episode_id == bound.episode_id:
            soon = schedule.next_open(visit.now, visit.practice.windows, visit.practice.calendar)
            plans.again(tx, row.touchpoint_id, soon or visit.now, "家属不再接收，改联系其他人")


def unbind(visit: Visit) -> None:
    """The account is not the patient's that was asked about: unbind, stop, have the contact data mended. Nothing about the
    patient is said."""
    tx, now = visit.tx, visit.now
    for bound in contacts.bound(tx, visit.contact.id):
        if visit.row is None or visit.row.episode_id == bound.episode_id:
            contacts.unbind(tx, bound.id, "wrong_person", now)
            consents.end(tx, visit.contact.id, bound.episode_id, "unbound", now)
            plans.to_phone(tx, bound.episode_id, "联系人不是本人", now)
            words = "微信联系人不是患者本人或家属，请核对联系方式后电话随访"
            subject = escalation.Matter("phone", "L3", words, None, bound.episode_id)
            escalation.raise_(tx, visit.practice, subject, now)


def _stop(visit: Visit) -> None:
    _end_talk(visit)
    _silence(visit)
    visit.say("stopped")


def _over_data(visit: Visit) -> bool:
    """A consent taken back, or a right over one's own data claimed: by their own words, which are the hospital's table."""
    consent_words = visit.practice.consent
    if wants_silence(visit) and consent_words.withdraws(visit.inbound.text):
        visit.caution()
        matters.acknowledge(visit)
        _stop(visit)
        return True
    wanted = consent_words.requested(visit.inbound.text)
    if not wanted:
        return False
    words = {"copy": "要求查阅、复制自己的信息", "delete": "要求删除自己的信息"}[wanted]
    visit.raise_("other", "L3", f"患者{words}，请核实身份后由管理员办理")
    visit.say("request_taken", when=visit.promise("other", "L3"))
    visit.ask_again()
    return True


def _wrong_person(visit: Visit) -> None:
    """Who has proved who they are may mean a slip of the finger by 打错了: they are asked before they are unbound."""
    bound = visit.bound
    if bound is not None and bound.confirmed_at is not None and not visit.said_last("wrong_person_sure"):
        visit.say("wrong_person_sure")
        return
    _end_talk(visit)
    unbind(visit)
    visit.say("wrong_person")


def _deceased(visit: Visit) -> None:
    _reported(visit, "dead", "death_reported", "家属告知患者已故，请核实并停止一切联系")
    visit.say("condolence")


def _readmitted(visit: Visit) -> None:
    _reported(visit, "readmitted", "readmitted", "患者告知再次入院，请核实")
    visit.say("readmitted")


def _transferred(visit: Visit) -> None:
    _reported(visit, "transferred", "transferred", "患者告知在外院治疗，请核实")
    visit.say("transferred")


def _reported(visit: Visit, state: str, reason: str, words: str) -> None:
    """The stay is over in a way that ends follow-up; a person verifies it."""
    bound = contacts.bound(visit.tx, visit.contact.id)
    episodes = [visit.episode_id] if visit.row else [one.episode_id for one in bound[:1]]
    visit.raise_("follow-up", "L3", words)
    _end_talk(visit)
    for episode_id in filter(None, episodes):
        patients.set_state(visit.tx, episode_id, state, visit.now)
        ending.end(visit.tx, episode_id, reason, visit.now)


def _later(visit: Visit) -> None:
    """Another time: the one that the patient names (in the quiet hours: the next morning), else the next day's window; and sooner
    when the patient writes."""
    practice, row, now = visit.practice, visit.row, visit.now
    if row is not None:
        talk.interrupt(visit.tx, row, now)
        touchpoint_id = row.touchpoint_id
    else:
        invited = plans.invited(visit.tx, visit.contact.id)
        touchpoint_id = invited[0] if invited else None
    named = _named(visit)
    if touchpoint_id is None or (row is None and named is None):
        visit.say("later")
    elif named is None:
        again = schedule.next_open(now + timedelta(hours=20), practice.windows, practice.calendar)
        plans.again(visit.tx, touchpoint_id, again or now + timedelta(days=1), "患者请改时间", "invited")
        visit.say("later")
    else:
        at = schedule.awake(named, practice.zone, practice.almanac.quiet)
        plans.wish(visit.tx, touchpoint_id, at, "患者自己定的时间")
        local = at.astimezone(practice.zone)
        day = {0: "今天", 1: "明天"}.get((local.date() - visit.today).days, f"{local.month}月{local.day}日")
        visit.say("later_at", when=f"{day}{local:%H:%M}")


def _asks_for_a_time(visit: Visit) -> bool:
    return times.asks(visit.inbound.text) and _named(visit) is not None


def _named(visit: Visit) -> datetime | None:
    """The moment that the patient asks for."""
    zone = visit.practice.zone
    named = times.when(visit.inbound.text, visit.now.astimezone(zone).replace(tzinfo=None))
    return named.replace(tzinfo=zone).astimezone(UTC) if named else None


def _refuse(visit: Visit) -> None:
    """Not willing now: this contact ends, those to come stay."""
    _end_talk(visit)
    invited = plans.invited(visit.tx, visit.contact.id)
    touchpoint_id = visit.row.touchpoint_id if visit.row else invited and invited[0]
    if touchpoint_id is not None:
        plans.ended(visit.tx, touchpoint_id, "missed", "患者谢绝", visit.now)
    visit.say("refused")


def _ask_human(visit: Visit) -> None:
    visit.raise_("question", "L2", f"患者要求人工：“{visit.inbound.text[:60]}”")
    visit.say("handed_to_person", when=visit.promise("question", "L2"))


def _question(visit: Visit) -> None:
    _take_question(visit)
    visit.ask_again()


def _take_question(visit: Visit) -> None:
    if answering.given(visit):
        return
    visit.raise_("question", "L3", f"患者提问：“{visit.inbound.text[:60]}”")
    visit.say("question_taken", when=visit.promise("question", "L3"))


def _suspect_fraud(visit: Visit) -> None:
    visit.say("who_we_are")
    visit.ask_again()


def _abuse(visit: Visit) -> None:
    visit.raise_("question", "L2", f"患者情绪激动：“{visit.inbound.text[:60]}”")
    visit.say("calm")


def _end_talk(visit: Visit) -> None:
    if visit.row is not None:
        talk.interrupt(visit.tx, visit.row, visit.now)


# In order of weight: the first that was meant decides.
_WISHES: Mapping[str, Callable[[Visit], None]] = {
    "deceased": _deceased,
    "stop": _stop,
    "wrong_person": _wrong_person,
    "readmitted": _readmitted,
    "transferred": _transferred,
    "ask_human": _ask_human,
    "later": _later,
    "refuse": _refuse,
    "suspect_fraud": _suspect_fraud,
    "abuse": _abuse,
    "question": _question,
}
_CALL = 4  # characters
# These wait where the reply also answers what was asked.
_YIELDING = frozenset({"later", "refuse", "abuse", "question", "suspect_fraud", "transferred", "readmitted", "ask_human"})
