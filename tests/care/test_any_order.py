"""Patients, staff, WeChat and time in any order: what must hold after each step."""

import shutil
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import select

from bot.care import escalation
from bot.care.errors import Refused
from bot.care.parcel import Receipt
from storage import contacts, patients, plans, sessions, tickets
from storage.database import open_database

CLINICAL = ("膝", "骨", "置换", "病区", "林示医")
SMALL = ("谢谢", "好的", "再见")
SAID = (
    *SMALL,
    *("你好", "1", "2", "3", "8", "36.8", "39.2", "干的", "没有", "能", "不要再给我发消息了", "晚点再说", "不需要", "请转人工"),
    *("我喘不上气", "我爸喘不上气", "伤口流脓了", "我发烧39度", "睡不着", "我要投诉，护士态度差", "打错了", "我又住院了"),
    *("我爸上周去世了", "你们是骗子吗", "药怎么吃？", "你好，请问伤口能碰水吗", "　", "？", "改一下，是38度2", "嗯嗯啊啊" * 400),
)
FATES = (
    Receipt("retry", -1),
    Receipt("lane_shut", 45015),
    Receipt("contact_gone", 43004),
    Receipt("operator", 40037),
    Receipt("unknown", error="TimeoutError"),
)
MOVES = ("accept", "take_over", "reply", "hand_back", "close")
PHONES = st.sampled_from(["o1", "o2", "o3"])


class Ward(RuleBasedStateMachine):
    """Two patients, three phones, two nurses. `allowed` is how many service messages WeChat takes from us for each phone, by its
    own count; what a person holds, says or wishes is random."""

    def __init__(self, hospital, tokens):
        super().__init__()
        self.hospital, self.tokens = hospital, tokens
        self.nurses = [hospital.nurse("甲"), hospital.nurse("乙")]
        self.allowed, self.clinical, self.overdrawn, self.last = Counter(o1=5), [], [], {}
        self.hospital._send = self.send

    async def send(self, parcel):
        fate = self.hospital.fates.pop(0) if self.hospital.fates else Receipt("sent", 0, remote_id=f"r{parcel.id}")
        if parcel.lane == "service" and fate.outcome in ("sent", "unknown"):
            self.allowed[parcel.openid] -= 1
            if self.allowed[parcel.openid] < 1:
                self.overdrawn.append(parcel.key)
        if not parcel.key.startswith("staff:"):
            self.look(parcel.openid, str(parcel.body))
        return fate

    def look(self, openid, text):
        """A text that reached a phone."""
        if any(word in text for word in CLINICAL) and not self.confirmed(openid):
            self.clinical.append(text)

    def confirmed(self, openid):
        wanted = select(contacts.Binding.confirmed_at).join(contacts.Contact).where(contacts.Contact.openid == openid)
        return any(self.hospital.query(wanted))

    def patient_themselves(self, openid):
        wanted = select(contacts.Binding.relation).join(contacts.Contact).where(contacts.Contact.openid == openid)
        return "self" in self.hospital.query(wanted)

    def told(self, openid, reply):
        if reply:
            self.look(openid, reply)
        return reply

    @rule(openid=PHONES, number=st.integers(0, 1))
    def scan(self, openid, number):
        self.hospital.tick()
        self.allowed[openid] = 3
        assert self.told(openid, self.hospital.scan(openid, self.tokens[number]))

    @rule(openid=PHONES)
    def identify(self, openid):
        for said in ("你好", "8", "1"):
            self.say(openid, said)

    @rule(openid=PHONES, said=st.sampled_from(SAID))
    def say(self, openid, said):
        self.hospital.tick()
        self.allowed[openid] = 5
        reply = self.told(openid, self.hospital.say(openid, said))
        contact = self.hospital.contact(openid)
        raised = any(ticket.contact_id == contact.id for ticket in self.hospital.tickets())
        enough = self.last.get(openid) == self.hospital.practice.words.say("nothing_open")
        assert reply or raised or contact.owner == "human" or said in SMALL or enough, "left without an answer"
        self.last[openid] = reply or self.last.get(openid)
        if "喘不上气" in said and (said.startswith("我喘") or not self.patient_themselves(openid)):
            assert "120" in (reply or ""), "not told to call"
            assert [ticket for ticket in self.hospital.tickets() if ticket.level == "L0"], "nobody was told"

    @rule(openid=PHONES, kind=st.sampled_from(["image", "voice", "location"]))
    def send_something(self, openid, kind):
        self.hospital.tick()
        self.allowed[openid] = 5
        reply = self.told(openid, self.hospital.say(openid, "", kind=kind))
        assert reply or self.hospital.contact(openid).owner == "human"

    @rule(openid=PHONES)
    def leave(self, openid):
        self.hospital.event(openid, "unsubscribe")
        assert openid not in self.hospital.query(select(contacts.Contact.openid))

    @rule(hours=st.sampled_from([1, 5, 13, 25, 50, 100]))
    def time_passes(self, hours):
        self.hospital.pass_time(hours=hours)

    @rule(days=st.integers(1, 9))
    def the_clock_jumps(self, days):
        self.hospital.now += timedelta(days=days)
        self.hospital.tick()

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def wechat_refuses(self, fates):
        self.hospital.fates = list(fates)

    @precondition(lambda self: self.hospital.tickets())
    @rule(which=st.integers(0, 9), nurse=st.integers(0, 1), does=st.sampled_from(MOVES), times=st.integers(1, 5))
    def nurse(self, which, nurse, does, times):
        found = self.hospital.tickets()
        ticket = found[which % len(found)]
        more = {"reply": ("您好，请放心。",), "close": ("联系不上", "打了三次")}.get(does, ())
        try:
            for _ in range(times if does == "reply" else 1):
                self.hospital.write(getattr(escalation, does), ticket.id, self.nurses[nurse], *more, self.hospital.now)
        except Refused:
            pass
        self.hospital.tick()

    @rule(change=st.sampled_from([{"outcome": "5"}, {"outcome": "1"}, {"nurse": "李样护"}, {"private": True}]))
    def another_list(self, change):
        self.hospital.discharge(**change)

    @rule()
    def in_hospital_again(self):
        self.hospital.discharge(times=2, discharged_at=self.hospital.now - timedelta(hours=1))

    @invariant()
    def nothing_clinical_reached_a_stranger(self):
        assert self.clinical == []

    @invariant()
    def the_last_message_of_a_window_was_kept(self):
        assert self.overdrawn == []

    @invariant()
    def each_contact_waits_for_one_thing_that_is_still_wanted(self):
        waiting = self.hospital.query(
            select(sessions.Session, plans.Touchpoint.state, patients.Episode.state)
            .join(plans.Touchpoint, plans.Touchpoint.id == sessions.Session.touchpoint_id)
            .join(patients.Episode, patients.Episode.id == sessions.Session.episode_id)
            .where(sessions.Session.status == "waiting")
        )
        assert len({session.contact_id for session, _, _ in waiting}) == len(waiting)
        for session, point, episode in waiting:
            assert point in (("begun",) if session.purpose == "follow-up" else ("planned", "invited", "phone")), session.purpose
            assert episode == "home"
            assert session.due_at

    @invariant()
    def nothing_that_has_begun_hangs(self):
        waiting = set(self.hospital.query(select(sessions.Session.touchpoint_id).where(sessions.Session.status == "waiting")))
        begun = self.hospital.query(select(plans.Touchpoint.id).where(plans.Touchpoint.state == "begun"))
        assert set(begun) <= waiting

    @invariant()
    def who_must_be_called_is_on_the_worklist(self):
        calls = set(self.hospital.query(select(plans.Touchpoint.episode_id).where(plans.Touchpoint.state == "phone")))
        listed = {ticket.episode_id for ticket in self.hospital.tickets() if ticket.matter == "phone"}
        assert calls <= listed

    @invariant()
    def every_open_ticket_has_somebody_or_climbs(self):
        for ticket in self.hospital.tickets():
            assert ticket.owner_id or ticket.climb_at or ticket.rung == len(ticket.ladder), ticket.matter

    @invariant()
    def a_talk_that_a_person_holds_has_a_ticket_of_theirs(self):
        held = self.hospital.query(select(contacts.Contact).where(contacts.Contact.owner == "human"))
        for contact in held:
            owned = (tickets.Ticket.contact_id == contact.id, tickets.Ticket.owner_id == contact.held_by)
            assert self.hospital.query(select(tickets.Ticket.id).where(*owned, tickets.Ticket.state != "closed"))

    def teardown(self):
        """Once WeChat is well again, all that waits in the outbox leaves or is given up."""
        self.hospital.fates = []
        self.hospital.now += timedelta(days=1)
        self.hospital.tick()
        self.hospital.pass_time(hours=26)
        left = [row.key for row in self.hospital.outbox() if row.state in ("pending", "leased")]
        self.hospital.database.close_now()
        assert left == []


@pytest.fixture
def ward(open_hospital, migrated_sqlite, tmp_path):
    """Builds a ward on a fresh copy of one database, in which one patient is asked how they are and one is invited."""
    seed, numbers = tmp_path / "seed.db", iter(range(10_000))
    shutil.copyfile(migrated_sqlite, seed)
    first = open_hospital(open_database(f"sqlite:///{seed}"))
    tokens = [first.discharge(), first.discharge(hospital_no="B002", admission_no="ZY20265678")]
    first.scan("o1", tokens[0])
    first.scan("o2", tokens[1])
    first.pass_time(days=2, hours=1, minutes=10)
    for said in ("你好", "8", "1"):
        first.say("o1", said)
    first.database.close_now()
    shelf, then = first.practice.shelf, first.now

    def build():
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copyfile(seed, path)
        hospital = open_hospital(open_database(f"sqlite:///{path}"), shelf)
        hospital.now, hospital.numbers = then, count(1000)
        return Ward(hospital, tokens)

    return build


def test_any_order(ward):
    run_state_machine_as_test(ward, settings=settings(max_examples=20, stateful_step_count=20, deadline=None))
