"""A copy and an erasure from the console: for administrators alone, and written down."""

import hospital
import pytest
from hospital import SEAL
from sqlalchemy import update
from sqlmodel import select

from storage import staff
from storage.patients import Patient


@pytest.fixture
def patient(sqlite_database):
    def fill(tx):
        made = hospital.person(tx, 1, seal=SEAL)[0]
        return made.id, made.hospital_no, made.name

    return sqlite_database.write_now(fill)


@pytest.fixture
async def admin(nurse, sqlite_database):
    """The same browser, whose owner is an administrator now."""
    sqlite_database.write_now(lambda tx: tx.session.execute(update(staff.Staff).values(role="admin")) and None)
    return nurse


def acts(database):
    return database.read_now(lambda tx: list(tx.session.exec(select(staff.AuditEntry.act))))


async def test_a_nurse_may_neither_copy_nor_erase(nurse, sqlite_database, patient):
    for ask in (nurse.get, nurse.post):
        for page in ("privacy",) if ask == nurse.get else ("export", "erase"):
            response, text = await ask(f"/console/patients/{patient[0]}/{page}")
            assert response.status == 409
            assert "只有系统管理员" in text
    _, text = await nurse.get(f"/console/patients/{patient[0]}")
    assert "导出、删除" not in text


async def test_an_administrator_copies_everything_and_it_is_written_down(admin, sqlite_database, patient):
    number, _, name = patient
    _, text = await admin.get(f"/console/patients/{number}")
    assert f"/console/patients/{number}/privacy" in text
    response, text = await admin.post(f"/console/patients/{number}/export", {"format": "html"})
    assert response.headers["Content-Disposition"] == f'attachment; filename="person-{number}.html"'
    assert name in text
    assert "基本信息" in text
    response, text = await admin.post(f"/console/patients/{number}/export", {"format": "json"})
    assert response.content_type == "application/json"
    assert acts(sqlite_database).count("export person") == 2


async def test_an_administrator_erases_after_writing_the_number_once_more(admin, sqlite_database, patient):
    number, hospital_no, name = patient
    response, text = await admin.post(f"/console/patients/{number}/erase", {"hospital_no": "X", "reason": "本人申请"})
    assert (response.status, "没有删除" in text) == (409, True)
    response, text = await admin.post(f"/console/patients/{number}/erase", {"hospital_no": hospital_no, "reason": ""})
    assert (response.status, "原因" in text) == (409, True)
    response, text = await admin.post(f"/console/patients/{number}/erase", {"hospital_no": hospital_no, "reason": "本人申请"})
    assert response.status == 200
    assert "已删除" in text
    assert name not in text
    assert sqlite_database.read_now(lambda tx: list(tx.session.exec(select(Patient)))) == []
    assert "erase person" in acts(sqlite_database)
    response, _ = await admin.get(f"/console/patients/{number}")
    assert response.status == 404
