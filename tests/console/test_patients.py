"""The register: finding somebody, and all that happened to one person."""

from datetime import timedelta

import hospital
from hospital import NOW, SEAL
from sqlmodel import select

from storage import staff
from storage.patients import Patient
from storage.plans import CarePlan, Touchpoint


def known(tx):
    for number, name in ((1, "赵测试"), (2, "欧阳测试"), (1234, "钱测试"), (77, "孙%测试")):
        hospital.person(tx, number, name=name, seal=SEAL)


FOUND = {
    "赵": ["赵测试"],
    "欧阳": ["欧阳测试"],
    "阳测": ["欧阳测试"],
    "赵 测试": ["赵测试"],
    "欧 阳\u3000测试": ["欧阳测试"],
    "1234": ["钱测试"],  # the last four digits of the phone
    "13800001234": ["钱测试"],
    "138 0000 1234": ["钱测试"],
    "138-0000-1234": ["钱测试"],
    "Z2026000077": ["孙%测试"],
    "T000002": ["欧阳测试"],
    "孙%": ["孙%测试"],
    "%": ["孙%测试"],
    "_": [],
    "李": [],
    "0001'; --": [],
    "赵\0": ["赵测试"],
}


async def test_who_is_found_by_what(anywhere, database):
    database.write_now(known)
    for words, found in FOUND.items():
        response, text = await anywhere.post("/console/patients", {"words": words})
        assert response.status == 200, words
        assert [name for name in ("赵测试", "欧阳测试", "钱测试", "孙%测试") if f">{name}</a>" in text] == found, words
        assert ("没有找到" in text) == (not found), words


async def test_no_name_stands_in_an_address(nurse, sqlite_database):
    """Names and numbers would stay in the browser's history and in a proxy's log."""
    sqlite_database.write_now(known)
    _, text = await nurse.get("/console/patients?words=赵")
    assert ">钱测试</a>" in text  # a GET does not search
    assert '<form class="find" method="post"' in text


async def test_the_list_says_what_comes_next(nurse, sqlite_database):
    sqlite_database.write_now(lambda tx: hospital.talk(tx, 1))
    _, text = await nurse.get("/console/patients")
    assert "12月1日 11:00" in text
    assert "已绑定" in text


async def test_an_empty_register_leads_to_the_import(nurse):
    _, text = await nurse.get("/console/patients")
    assert "/console/imports" in text.split('class="empty"')[1]


async def test_a_patient_page_has_the_plan_and_all_that_happened_the_latest_first(anywhere, database):
    patient = database.write_now(lambda tx: hospital.talk(tx, 1)[0].id)
    _, text = await anywhere.get(f"/console/patients/{patient}")
    for words in (
        "术后第3天随访",
        "进行中",
        "复诊提醒",
        "12月1日 11:00",
        "身份确认：本人",
        "本人同意使用健康信息（同意书 2026-01）",
        "紧急 · 红线：术后发热",
    ):
        assert words in text, words
    events = text.split('class="timeline"')[1]
    order = ["2，纱布上有黄水", "昨晚开始发烧", "开始：膝关节置换术后第3天随访", "关注了公众号", "医嘱离院"]
    assert sorted(order, key=events.index) == order


async def test_the_phone_stays_hidden_until_asked_for_and_asking_is_written_down(nurse, sqlite_database):
    patient = sqlite_database.write_now(lambda tx: hospital.talk(tx, 1, seal=SEAL)[0].id)
    _, text = await nurse.get(f"/console/patients/{patient}")
    assert "13800000001" not in text
    for headers in ({}, {"HX-Request": "true"}):
        response, text = await nurse.post(f"/console/patients/{patient}/phone", headers=headers)
        assert response.status == 200
        assert "13800000001" in text
    entries = sqlite_database.read_now(lambda tx: tx.session.exec(select(staff.AuditEntry)).all())
    assert [(e.act, e.noun_id) for e in entries if e.act == "reveal phone"] == [("reveal phone", patient)] * 2
    response, _ = await nurse.post(f"/console/patients/{patient}/phone", csrf="wrong")
    assert response.status == 403


async def test_a_number_sealed_with_another_key_says_so(nurse, sqlite_database):
    def fill(tx):
        patient = hospital.talk(tx, 1, seal=SEAL)[0]
        patient.phone_sealed = SEAL.seal("13800000001", "patient.phone_sealed:999")
        tx.session.add(patient)
        return patient.id

    patient = sqlite_database.write_now(fill)
    response, text = await nurse.post(f"/console/patients/{patient}/phone")
    assert response.status == 200
    assert "密钥不对" in text


async def test_a_person_with_two_stays_and_nothing_else(nurse, sqlite_database):
    def fill(tx):
        patient, _ = hospital.person(tx, 1)
        again = {"discharged_at": NOW - timedelta(days=400), "state": "dead", "excluded_for": "患者已故", "private": True}
        _, older = hospital.person(tx, 2, times=2, **again)
        older.patient_id = patient.id
        tx.session.add(older)
        return patient.id

    patient = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/patients/{patient}")
    for words in ("死亡", "隐私", "患者已故", "没有随访计划", "2025年10月17日出院"):
        assert words in text, words
    assert sqlite_database.read_now(lambda tx: tx.session.get(Patient, patient)).phone_sealed is None


async def test_why_a_plan_stopped_is_said_in_words(nurse, sqlite_database):
    def fill(tx):
        patient = hospital.talk(tx, 1)[0]
        plan = tx.session.exec(select(CarePlan)).one()
        plan.state, plan.stopped_for = "stopped", "withdrawn"
        point = tx.session.exec(select(Touchpoint)).first()
        point.state, point.reason = "stopped", "wrong_person"
        return patient.id

    _, text = await nurse.get(f"/console/patients/{sqlite_database.write_now(fill)}")
    assert "已停止：患者不愿接收" in text
    assert "联系人不是本人" in text
