"""An invented hospital in the database: people, stays, talks and tickets for the console's tests."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlmodel import select

from bot.engine.session import Session as Run
from bot.engine.session import Wait
from bot.web import auth
from storage import staff
from storage.consents import Consent
from storage.contacts import Binding, Contact
from storage.messages import Inbound, Outbound
from storage.patients import Episode, Patient
from storage.plans import CarePlan, Touchpoint
from storage.readings import Finding, Record
from storage.revisions import Revision
from storage.sealing import Seal
from storage.sessions import Answer, Session
from storage.settings import Import
from storage.tickets import Ticket, TicketEntry

ROOT = Path(__file__).parents[2]
SEAL = Seal({1: b"k" * 32})
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 14:00 in Shanghai
PASSWORD = "三个词-很好记-2026"
HASH = auth.hash_password(PASSWORD)

FLOW = """id: knee_day3
title: 膝关节置换术后第3天随访
remind_after: 4h
expire_after: 24h
otherwise: nurse
alarms:
  - {if: temperature >= 38.5, level: L1, reason: 术后发热}
nodes:
  - id: temperature
    ask: 今天体温多少度？例如 36.8
    answer: {type: number, min: 34, max: 43, unit: 度}
  - id: wound
    ask: 伤口现在怎么样？
    answer:
      type: choice
      options:
        dry: [干燥没有异常, 干燥]
        leak: [渗血或流脓, 渗, 脓]
  - id: opinion
    ask: 对我们的医疗和护理有什么意见或建议？没有可回复“没有”
    answer: {type: feedback}
    go: end
  - id: nurse
    escalate: {level: L3, reason: 随访未完成，请人工联系}
    say: 已请护士跟进。
    go: end
"""

STATE = Run("knee_day3", wait=Wait("opinion", NOW, None, NOW + timedelta(hours=23)), last="wound").to_json().decode()

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
WARDS = ("骨科一病区", "骨科二病区", "普外科", "产科", "心内科")
REASONS = (
    ("L1", "danger", "术后发热 38.6 度", "昨晚开始发烧，量了38度6，伤口有点红"),
    ("L2", "complaint", "投诉：出院带药没有讲清楚", "出院那天护士根本没讲药怎么吃，问了还不耐烦，太让人生气了"),
    ("L3", "follow-up", "随访未完成，请人工联系", "看不懂"),
    ("L2", "question", "患者咨询用药", "利伐沙班要吃多久？能不能和降压药一起吃"),
    ("L3", "phone", "三次未回复，转电话随访", ""),
    ("L0", "danger", "胸痛、出冷汗", "胸口像压了石头，一直出冷汗"),
)


def add(tx, row):
    tx.session.add(row)
    tx.session.flush()
    return row


def nurse(tx, username="liu", name="刘护士", role="nurse"):
    return staff.add(tx, username, name, HASH, role, NOW - timedelta(days=30))


def person(tx, number, *, name=None, seal=None, **episode):
    """A patient with one stay, discharged three days before NOW."""
    name = name or SURNAMES[number % len(SURNAMES)] + "测试" + "甲乙丙丁戊己庚辛壬癸"[number % 10]
    patient = add(
        tx,
        Patient(
            hospital_no=f"T{number:06}",
            name=name,
            sex="男" if number % 2 else "女",
            born_on=date(1950 + number % 40, 1 + number % 12, 1 + number % 28),
            phone_tail=f"{number % 10000:04}",
            created_at=NOW,
            updated_at=NOW,
        ),
    )
    if seal:
        phone = f"1380000{number % 10000:04}"
        patient.phone_sealed = seal.seal(phone, f"patient.phone_sealed:{patient.id}")
        patient.phone_index = seal.index(phone, "phone")
    stay = {
        "department": "骨科",
        "ward": WARDS[number % len(WARDS)],
        "doctor": "王医生",
        "nurse": "李护士",
        "admitted_on": date(2026, 11, 10),
        "discharged_at": NOW - timedelta(days=3, hours=number % 24),
        "diagnosis": "膝关节骨性关节炎",
        "procedure": "全膝关节置换术",
        "procedure_on": date(2026, 11, 12),
        "revisit_on": date(2026, 12, 2),
        "medication": "利伐沙班 10mg 每日一次",
        "risks": ["抗凝药", "独居"] if number % 3 == 0 else [],
        "created_at": NOW,
        "updated_at": NOW,
    }
    episode = add(tx, Episode(patient_id=patient.id, admission_no=f"Z{2026000000 + number}", **(stay | episode)))
    return patient, episode


def follower(tx, episode, number, **contact):
    """A bound contact whose window is open for another day and a half."""
    values = {
        "openid": f"o-test-{number:05}",
        "followed": True,
        "window_until": NOW + timedelta(hours=36),
        "quota_left": 4,
        "last_inbound_at": NOW - timedelta(hours=1),
        "created_at": NOW - timedelta(days=3),
    }
    made = add(tx, Contact(**(values | contact)))
    bound = NOW - timedelta(days=3)
    add(tx, Binding(contact_id=made.id, episode_id=episode.id, relation="self", bound_at=bound, confirmed_at=bound))
    add(tx, Consent(contact_id=made.id, episode_id=episode.id, version="2026-01", answer="agreed", words="同意", at=bound))
    return made


def heard(tx, contact, text, at, **more):
    key = f"in-{contact.id}-{at.timestamp()}-{more.get('kind', 'text')}"
    values = {"key": key, "kind": "text", "text": text, "at": at, "received_at": at}
    return add(tx, Inbound(contact_id=contact.id, **(values | more)))


def sent(tx, contact, text, at, **more):
    values = {
        "key": f"out-{contact.id}-{at.timestamp()}",
        "lane": "reply",
        "body": {"text": text},
        "state": "handed",
        "due_at": at,
        "created_at": at,
    }
    return add(tx, Outbound(contact_id=contact.id, **(values | more)))


def ticket(tx, contact, episode, level="L1", matter="danger", reason="术后发热", **more):
    values = {
        "raised_at": NOW - timedelta(minutes=10),
        "due_at": NOW + timedelta(minutes=20),
        "why_due": "L1：30 分钟内首次响应",
        "ward": episode.ward if episode else "",
    }
    made = Ticket(
        matter=matter,
        level=level,
        reason=reason,
        contact_id=contact.id if contact else None,
        episode_id=episode.id if episode else None,
        **(values | more),
    )
    add(tx, made)
    add(tx, TicketEntry(ticket_id=made.id, at=made.raised_at, kind="raised", text=reason))
    return made


FEVER = {
    "text": "昨晚开始发烧，量了38度6，伤口有点红",
    "level": "L1",
    "matter": "danger",
    "reason": "术后发热 38.6 度",
}
GREETING = "您好，我是示范市第一人民医院的随访助手（自动服务，不是医生本人）。请问您是？\n1 本人\n2 家属"
ASKED = "今天想问您几个问题，约1分钟。\n今天体温多少度？例如 36.8"
ANSWERED = "收到。您的体温偏高，我已请护士尽快联系您。\n伤口现在怎么样？\n1 干燥没有异常\n2 渗血或流脓"


def talk(tx, number=1, *, seal=None, **more):
    """A whole story: a plan, a questionnaire, a fever (or what `text`, `level`, `matter`, `reason` say), a ticket."""
    story = {name: more.pop(name, told) for name, told in FEVER.items()}
    patient, episode = person(tx, number, seal=seal)
    contact = follower(tx, episode, number)
    run = _run(tx, contact, episode, _planned(tx, episode))
    yesterday, began, said_at = NOW - timedelta(days=1), NOW - timedelta(minutes=16), NOW - timedelta(minutes=10)
    heard(tx, contact, "", yesterday, kind="event", event="subscribe")
    sent(tx, contact, GREETING, yesterday, lane="service", state="sent")
    heard(tx, contact, "1", yesterday + timedelta(minutes=3))
    sent(tx, contact, ASKED, began)
    triage = story["level"] if story["matter"] == "danger" else "none"
    said = heard(tx, contact, story["text"], said_at, triage=triage, session_id=run.id)
    sent(tx, contact, ANSWERED, said_at, reply_to=said.id)
    of = {"session_id": run.id, "episode_id": episode.id}
    if story["matter"] == "danger":
        wound = heard(tx, contact, "2，纱布上有黄水", NOW - timedelta(minutes=8), session_id=run.id)
        fever = {"node": "temperature", "name": "temperature", "value": 38.6, "quote": "38度6"}
        add(tx, Answer(inbound_id=said.id, at=said.at, **fever, **of))
        add(tx, Answer(inbound_id=wound.id, at=wound.at, node="wound", name="wound", value="leak", quote="2", **of))
        found = {"flag": "RF10", "level": "L1", "status": "present", "value": 38.6, "quote": "发烧，量了38度6"}
        add(tx, Finding(episode_id=episode.id, inbound_id=said.id, at=said.at, **found))
    if story["matter"] == "complaint":
        matter = {"type": "complaint", "code": "CQ04", "severity": 2, "quote": story["text"]}
        add(tx, Record(episode_id=episode.id, contact_id=contact.id, inbound_id=said.id, at=said.at, **matter))
    made = ticket(tx, contact, episode, story["level"], story["matter"], story["reason"], session_id=run.id, **more)
    return patient, episode, contact, made


def _planned(tx, episode):
    """Touchpoints of a knee plan; the id of the one that is going on."""
    plan = add(tx, CarePlan(episode_id=episode.id, protocol="knee", made_at=NOW - timedelta(days=3)))
    points = (
        ("d3", "knee_day3", "术后第3天随访", 0, "begun"),
        ("d14", "knee_day14", "术后第14天随访", 11, "planned"),
        ("r", "revisit_reminder", "复诊提醒", 10, "planned"),
    )
    made = []
    for day, flow, title, days, state in points:
        due = {"due_at": NOW + timedelta(days=days, hours=-3), "state": state}
        made.append(add(tx, Touchpoint(plan_id=plan.id, episode_id=episode.id, flow=flow, day=day, title=title, **due)))
    return made[0].id


def published(tx):
    """The flow that the talks run on."""
    known = tx.session.exec(select(Revision).where(Revision.flow == "knee_day3")).first()
    what = {"flow": "knee_day3", "number": 1, "title": "膝关节置换术后第3天随访", "text": FLOW, "checksum": "0"}
    return known or add(tx, Revision(published_at=NOW, **what))


def _run(tx, contact, episode, touchpoint_id):
    began = {"started_at": NOW - timedelta(minutes=16), "updated_at": NOW - timedelta(minutes=10)}
    of = {"contact_id": contact.id, "episode_id": episode.id, "touchpoint_id": touchpoint_id}
    revision = published(tx)
    return add(tx, Session(revision_id=revision.id, flow="knee_day3", state=STATE, patient="{}", **of, **began))


def morning(tx, seal):
    """A full list, as after a night."""
    owner = nurse(tx, "chen", "陈护士")
    for number in range(1, 31):
        level, matter, reason, text = REASONS[number % len(REASONS)]
        minutes = number * 13 - 95
        more = {"raised_at": NOW - timedelta(minutes=abs(minutes) + 20), "due_at": NOW + timedelta(minutes=minutes)}
        if number % 4 == 0:
            more |= {"owner_id": owner, "state": "accepted", "accepted_at": NOW}
        if text:
            talk(tx, number, seal=seal, text=text, level=level, matter=matter, reason=reason, **more)
        else:
            _, episode = person(tx, number, seal=seal)
            ticket(tx, None, episode, level, matter, reason, **more)
    issues = [
        {"row": 4, "column": "出院时间", "message": "日期认不出来，请写成 2026-11-20", "kept": False},
        {"row": 9, "column": "手机号", "message": "不是11位手机号，请核对", "kept": True},
    ]
    add(
        tx,
        Import(
            name="出院名单20261120.xlsx",
            at=NOW - timedelta(hours=5),
            staff_id=owner,
            added=29,
            changed=1,
            refused=1,
            issues=issues,
        ),
    )
