"""A copy of everything about a person, and its deletion but for what the law wants kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import SQLModel, select

from bot.care import escalation, privacy
from bot.care.errors import Refused
from bot.web import person as pages
from storage import contacts, kept, patients, person, staff

WORDS = "烧到39度2，伤口有点红"


def told(hospital):
    """A patient whose story has a danger sign, a complaint and an answered ticket."""
    hospital.confirmed()
    hospital.say("o1", "36.8")
    hospital.pass_time(minutes=1)
    hospital.say("o1", WORDS)
    hospital.pass_time(minutes=1)
    hospital.say("o1", "我要投诉，护士扎针扎了三次还骂人")
    hospital.pass_time(minutes=1)
    return hospital.query(select(patients.Patient.id))[0]


def closed(hospital, nurse=None):
    nurse = nurse or hospital.nurse()
    outcomes = {"danger": "已就诊", "complaint": "已解释致歉", "question": "已答复"}
    for ticket in hospital.tickets():
        outcome = outcomes.get(ticket.matter, "已联系本人")
        hospital.write(escalation.close, ticket.id, nurse, outcome, "已向患者说明并致歉", hospital.now)
    return nurse


def stored(hospital):
    """Every value of every row that tells of patients, as one text."""

    def look(tx):
        rows = [
            tx.connection.execute(one.select()).fetchall() for one in SQLModel.metadata.sorted_tables if one.name != "revision"
        ]
        return repr(rows)

    return hospital.database.read_now(look)


def test_a_copy_holds_everything_in_clear_and_that_it_was_made_is_written_down(hospital):
    patient = told(hospital)
    nurse = closed(hospital)
    made = hospital.write(privacy.export, patient, nurse, hospital.now)
    (who,) = made.tables["patient"]
    assert (who["name"], who["phone"], who["hospital_no"]) == ("赵小样", "13800000001", "B001")
    assert {"episode", "binding", "consent", "inbound", "outbound", "answer", "finding", "record", "ticket", "complaint"} <= set(
        made.tables
    )
    assert WORDS in [one["text"] for one in made.tables["inbound"]]
    assert "export person" in hospital.query(select(staff.AuditEntry.act))
    html = pages.as_html(made, hospital.practice.zone)
    for words in ("赵小样", "13800000001", WORDS, "知情同意", "同意", "投诉", "2026-11-18"):
        assert words in html
    assert "<script>" not in html
    assert WORDS.encode() in pages.as_json(made)


def test_words_of_patients_are_no_markup_in_the_copy(hospital):
    hospital.confirmed()
    hospital.say("o1", "</script><script>alert(1)</script>")
    made = hospital.write(privacy.export, 1, None, hospital.now)
    assert "<script>alert" not in pages.as_html(made, hospital.practice.zone)


def test_nothing_readable_is_left_after_an_erasure(hospital):
    patient = told(hospital)
    closed(hospital)
    before = stored(hospital)
    assert all(word in before for word in ("赵小样", WORDS, "B001", "ZY20261234"))
    done = hospital.write(privacy.erase, patient, None, "本人申请", hospital.now)
    after = stored(hospital)
    for word in ("赵小样", "39度2", "B001", "ZY20261234", "o1'", "扎针"):
        assert word not in after, word
    assert done.deleted["patient"] == 1
    assert hospital.query(select(contacts.Contact)) == []
    entry = hospital.query(select(staff.AuditEntry).where(staff.AuditEntry.act == "erase person"))[0]
    assert (entry.noun_id, entry.detail) == (patient, "本人申请")


def test_what_the_law_wants_kept_is_sealed_until_its_day_and_then_gone(hospital):
    patient = told(hospital)
    closed(hospital)
    hospital.write(privacy.erase, patient, None, "本人申请", hospital.now)
    rows = hospital.query(select(kept.Kept).order_by(kept.Kept.id))
    assert [row.kind for row in rows] == ["danger", "complaint", "consent", "talk"]
    assert {row.kind: row.until.year for row in rows} == {"danger": 2041, "complaint": 2036, "consent": 2029, "talk": 2029}
    danger = next(row for row in rows if row.kind == "danger")
    with pytest.raises(Refused):
        hospital.write(privacy.open_kept, danger.id, None, " ", hospital.now)
    opened = hospital.write(privacy.open_kept, danger.id, None, "公函 2027-1 号", hospital.now)
    assert opened.tables["patient"][0]["name"] == "赵小样"
    assert any("39度2" in one["text"] for one in opened.tables["inbound"])
    assert hospital.write(privacy.expire, hospital.now + timedelta(days=4 * 365)) == 2
    assert [row.kind for row in hospital.query(select(kept.Kept).order_by(kept.Kept.id))] == ["danger", "complaint"]


def test_a_term_of_no_years_keeps_nothing(hospital):
    patient = told(hospital)
    closed(hospital)
    terms = {kind: term.model_copy(update={"years": 0}) for kind, term in hospital.practice.retention.terms.items()}
    hospital.practice = replace(hospital.practice, retention=hospital.practice.retention.model_copy(update={"terms": terms}))
    assert hospital.write(privacy.erase, patient, None, "本人申请", hospital.now).kept == ()
    assert hospital.query(select(kept.Kept)) == []


def test_who_still_needs_somebody_is_not_erased(hospital):
    patient = told(hospital)
    with pytest.raises(Refused, match="没有关闭"):
        hospital.write(privacy.erase, patient, None, "本人申请", hospital.now)
    assert hospital.query(select(patients.Patient.name)) == ["赵小样"]


def test_an_erased_stay_does_not_come_back_with_the_same_list_but_a_new_one_does(hospital):
    patient = told(hospital)
    closed(hospital)
    hospital.write(privacy.erase, patient, None, "本人申请", hospital.now)
    with pytest.raises(IndexError):
        hospital.discharge()  # the same list: no code comes of it
    assert "已按患者要求删除" in hospital.imported().issues[0]["message"]
    assert hospital.query(select(patients.Patient)) == []
    assert hospital.discharge(admission_no="ZY20269999", discharged_at=hospital.now - timedelta(hours=3))


def test_nothing_more_is_sent_to_who_was_erased_and_who_writes_again_is_a_stranger(hospital):
    patient = told(hospital)
    closed(hospital)
    hospital.write(privacy.erase, patient, None, "本人申请", hospital.now)
    hospital.sent()
    hospital.pass_time(days=30)
    assert hospital.sent() == []
    assert "二维码" in hospital.say("o1", "你好")


def test_of_a_shared_account_only_what_is_about_the_person_goes(hospital):
    hospital.confirmed()
    hospital.say("o1", "36.8")
    hospital.pass_time(minutes=1)
    hospital.say("o1", "这次不想说了，不用了")
    other = hospital.discharge(hospital_no="B002", name="钱试样", admission_no="ZY20265678", discharged_at=hospital.now)
    hospital.event("o1", "scan", other)
    hospital.pass_time(days=3)
    for said in ("你好", "8", "2", "36.6"):
        hospital.pass_time(minutes=1)
        hospital.say("o1", said)
    first = hospital.query(select(patients.Patient.id).where(patients.Patient.hospital_no == "B001"))[0]
    second = hospital.query(select(patients.Patient.id).where(patients.Patient.hospital_no == "B002"))[0]
    copy = hospital.write(privacy.export, second, None, hospital.now)
    assert "36.8" not in [one["text"] for one in copy.tables["inbound"]]
    assert "36.6" in [one["text"] for one in copy.tables["inbound"]]
    hospital.write(privacy.erase, first, None, "本人申请", hospital.now)
    assert hospital.contact("o1").openid == "o1"
    assert hospital.query(select(patients.Patient.name)) == ["钱试样"]
    assert hospital.write(privacy.export, second, None, hospital.now).tables["answer"]


def test_every_table_is_either_of_the_house_or_reached_from_a_person():
    """A new table with personal data must not be forgotten."""
    of_house = {name for name in SQLModel.metadata.tables if name in person.HOUSE}
    assert of_house == person.HOUSE
    reached = {"patient"}
    for one in SQLModel.metadata.sorted_tables:
        if one.name not in person.HOUSE and any(key.column.table.name in reached for key in one.foreign_keys):
            reached.add(one.name)
    assert set(SQLModel.metadata.tables) - person.HOUSE - reached <= {"contact"}, "contacts are found by their bindings"
    assert all("id" in one.c for name, one in SQLModel.metadata.tables.items() if name not in person.HOUSE)
