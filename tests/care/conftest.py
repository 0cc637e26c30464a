"""A hospital on a real database whose days can be lived through: patients write, time passes, staff act."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import select

from bot import practice as content
from bot.care import conversation, delivery, escalation, followup, intake, publishing
from bot.care.discharge import DischargeRow
from bot.care.inbound import Inbound
from bot.care.parcel import Receipt
from bot.config import Settings
from storage import contacts, messages, settings, staff, tickets
from storage.sealing import Seal

MORNING = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)  # Monday 09:00 at the hospital
HOME = datetime(2026, 11, 15, 4, 0, tzinfo=UTC)

ROW = DischargeRow(
    number=2,
    hospital_no="B001",
    admission_no="ZY20261234",
    times=1,
    name="赵小样",
    sex="女",
    born_on=date(1958, 8, 2),
    phone="13800000001",
    id_no="",
    kin_name="",
    kin_relation="",
    kin_phone="",
    department="骨科",
    ward="骨科一病区",
    doctor="林示医",
    nurse="高样护",
    admitted_on=date(2026, 11, 6),
    discharged_at=HOME,
    outcome="1",
    diagnosis="右膝骨关节炎",
    icd10="M17.1",
    procedure="右膝人工全膝关节置换术",
    procedure_on=date(2026, 11, 8),
    revisit_on=date(2026, 11, 29),
    medication="",
    risks=(),
    private=False,
)


@dataclass
class Hospital:
    """`fates` are receipts that WeChat gives to the next parcels (sent when there are none); `parcels` are those it was given."""

    database: object
    practice: object
    now: datetime = MORNING
    parcels: list = field(default_factory=list)
    fates: list = field(default_factory=list)
    numbers: object = field(default_factory=lambda: count(1))

    def write(self, act, *args, **kwargs):
        return self.database.write_now(act, self.practice, *args, **kwargs)

    def query(self, statement):
        return self.database.read_now(lambda tx: list(tx.session.exec(statement)))

    def discharge(self, **changes):
        """Import one row; returns the token of its QR code."""
        row = replace(ROW, **changes)
        import_id = self.database.write_now(intake.begin_import, "名单", intake.Discharges((row,), ()), None, self.now)
        counts = self.write(intake.import_rows, [row], import_id, self.now)
        self.database.write_now(intake.end_import, import_id, counts)
        return self.query(select(contacts.Enrolment.token).order_by(contacts.Enrolment.id.desc()))[0]

    def imported(self):
        """What the last list came to."""
        return self.query(select(settings.Import).order_by(settings.Import.id.desc()))[0]

    def event(self, openid, event, key="", **detail):
        return self._receive(
            Inbound(f"e{next(self.numbers)}", openid, "gh_1", "event", self.now, event=event, event_key=key, detail=detail)
        )

    def scan(self, openid, token):
        return self.event(openid, "subscribe", token)

    def say(self, openid, text, key=None, kind="text"):
        text_key = key or f"m{next(self.numbers)}"
        return self._receive(Inbound(text_key, openid, "gh_1", kind, self.now, text=text))

    def _receive(self, inbound):
        self.tick()
        reply = self.write(conversation.receive, inbound, self.now)
        return reply.text if reply else None

    def pass_time(self, **delta):
        """Let time pass from one due moment to the next, as the metronome would."""
        end = self.now + timedelta(**delta)
        while self.now < end:
            due = self.database.read_now(_next_moment)
            self.now = min(max(due or end, self.now + timedelta(seconds=1)), end)
            self.tick()
        return self

    def tick(self):
        for act in (followup.begin_due, followup.wake_due, escalation.climb_due):
            while self.write(act, self.now):
                pass
        asyncio.run(delivery.flush(self.database, self.practice, self._send, lambda: self.now))

    async def _send(self, parcel):
        self.parcels.append(parcel)
        return self.fates.pop(0) if self.fates else Receipt("sent", 0, remote_id=f"r{parcel.id}")

    def sent(self):
        """Texts and notices sent since the last look."""
        told, self.parcels = [parcel.body.get("text") or parcel.body for parcel in self.parcels], []
        return told

    def tickets(self, *states):
        wanted = states or ("open", "accepted", "waiting")
        return self.query(select(tickets.Ticket).where(tickets.Ticket.state.in_(wanted)).order_by(tickets.Ticket.id))

    def contact(self, openid):
        return self.query(select(contacts.Contact).where(contacts.Contact.openid == openid))[0]

    def outbox(self):
        return self.query(select(messages.Outbound).order_by(messages.Outbound.id))

    def nurse(self, name="护士甲"):
        return self.database.write_now(staff.add, name, name, "x", "nurse", self.now)

    def confirmed(self, openid="o1", **changes):
        """A patient at home who has said who they are and is asked the first question."""
        self.scan(openid, self.discharge(**changes))
        self.pass_time(days=2, hours=1, minutes=10)
        self.say(openid, "你好")
        self.say(openid, "8月")
        return self.say(openid, "1")


def _next_moment(tx):
    climb = tx.session.exec(select(tickets.Ticket.climb_at).where(tickets.Ticket.state == "open")).all()
    return min((moment for moment in (followup.next_due(tx), *climb) if moment), default=None)


@pytest.fixture(scope="session")
def practice():
    """The shipped content, and its flows as they are published."""
    known = {"hospital": "示例医院", "hospital_phone": "020-00000000", "public_url": "https://suifang.example"}
    settings = Settings(**known, wechat_templates={"follow_up": "T1", "revisit": "T2"})
    texts = content.flow_texts(settings.flows)
    good, issues = publishing.inspect(texts)
    assert not [issue for found in issues.values() for issue in found if issue.level == "error"]
    return content.load(settings, Seal({1: bytes(32)}), {}), [(flow, texts[flow.id]) for flow in good]


@pytest.fixture
def open_hospital(practice):
    """Opens a hospital on a database; what it has compiled is its own unless a shelf is given."""
    care, flows = practice

    def publish(tx):
        for flow, text in flows:
            publishing.publish(tx, flow, text, MORNING)

    def build(database, shelf=None):
        database.write_now(publish)
        return Hospital(database, replace(care, shelf=shelf or type(care.shelf)()))

    return build


@pytest.fixture
def hospital(database, open_hospital):
    return open_hospital(database)
