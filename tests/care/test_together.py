"""Two processes of one hospital at work on the same patients."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import conversation, delivery, escalation, followup
from bot.care.inbound import Inbound
from bot.care.parcel import Receipt
from storage import contacts, messages, sessions
from storage.database import open_database

PHONES = ("o1", "o2", "o3")


@pytest.mark.postgres
def test_messages_and_time_meet_and_nothing_is_lost_or_said_twice(postgres_url, open_hospital):
    one, two = open_database(postgres_url), open_database(postgres_url)
    hospital = open_hospital(one)
    for number, openid in enumerate(PHONES):
        hospital.scan(openid, hospital.discharge(hospital_no=f"B{number}", admission_no=f"ZY2026000{number}"))
    hospital.pass_time(days=2, hours=1, minutes=10)
    now = hospital.now

    def writes(openid, number):
        said = ("你好", "8", "1", "36.8", "烧到39度2", "我喘不上气", "晚点再说", "请转人工")[number % 8]
        inbound = Inbound(f"{openid}:{number}", openid, "gh_1", "text", now, text=said)
        # WeChat asks both processes at once, the same message
        with ThreadPoolExecutor(2) as pair:
            asked = [pair.submit(db.write_now, conversation.receive, hospital.practice, inbound, now) for db in (one, two)]
            return {reply and reply.text for reply in (future.result() for future in asked)}

    def time_passes(database, hours):
        moment = now + timedelta(hours=hours)
        for act in (followup.begin_due, followup.wake_due, escalation.climb_due):
            database.write_now(act, hospital.practice, moment)
        for parcel in database.write_now(delivery.claim, hospital.practice, moment):
            database.write_now(delivery.settle, hospital.practice, parcel, Receipt("sent", 0), moment)

    with ThreadPoolExecutor(8) as street:
        said = [street.submit(writes, openid, number) for number in range(8) for openid in PHONES]
        passed = [street.submit(time_passes, database, hours) for hours in range(6) for database in (one, two)]
        answers = [future.result() for future in said]
        for future in passed:
            future.result()

    assert all(len(answer) == 1 for answer in answers), "a retry was told something else"
    waiting = hospital.query(select(sessions.Session.contact_id).where(sessions.Session.status == "waiting"))
    assert len(waiting) == len(set(waiting))
    assert len(hospital.query(select(messages.Inbound.id).where(messages.Inbound.kind == "text"))) == 24
    assert {row.contact_id for row in hospital.tickets() if row.level == "L0"} == {hospital.contact(one).id for one in PHONES}
    assert len(hospital.query(select(contacts.Contact.id))) == len(PHONES)
    two.close_now()
    one.close_now()
