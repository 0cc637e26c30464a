"""The calendar and the hours of sending in the console."""

from datetime import date

import pytest

from bot.his.calendar import china
from bot.web.keys import PRACTICE
from storage import calendar, staff


@pytest.fixture
async def admin(nurse, sqlite_database):
    def promote(tx):
        member = staff.by_username(tx, "liu")
        member.role = "admin"
        tx.session.add(member)

    sqlite_database.write_now(promote)
    sqlite_database.write_now(calendar.seed, china((2026, 2027)))
    return nurse


@pytest.fixture
def practice(practice):
    """What a test sets must not reach the next one."""
    from dataclasses import replace

    from bot.care.almanac import Almanac

    return replace(practice, almanac=Almanac(practice.zone))


async def test_the_year_stands_there_with_its_make_up_days_and_the_next_is_warned_of(admin):
    _, text = await admin.get("/console/calendar")
    assert "10月1日 周四 到 10月7日 周三" in text
    assert "10月10日 周六" in text
    assert "2027 年的调休上班日还没有录入" in text
    assert "2026 年的调休上班日还没有录入" not in text


async def test_a_day_that_staff_make_free_pauses_sending_at_once(admin, sqlite_database):
    response, _ = await admin.post(
        "/console/calendar/days", {"first": "2026-12-24", "last": "2026-12-25", "kind": "holiday", "name": "院庆"}
    )
    assert response.status == 303
    _, text = await admin.get("/console/calendar?year=2026")
    assert "12月24日 周四 到 12月25日 周五" in text
    assert "院庆" in text
    assert admin.client.app[PRACTICE].calendar[date(2026, 12, 24)] is False
    await admin.post("/console/calendar/days", {"first": "2026-12-24", "last": "2026-12-25", "kind": "ordinary"})
    assert date(2026, 12, 24) not in admin.client.app[PRACTICE].calendar


async def test_the_next_years_make_up_days_end_the_warning(admin):
    await admin.post("/console/calendar/days", {"first": "2027-02-20", "kind": "working", "name": "春节调休"})
    assert "还没有录入" not in (await admin.get("/console/calendar"))[1]


async def test_hours_and_cap_are_set_and_hold_at_once(admin):
    given = {
        "windows": "10:00-11:00, 15:00-16:00, 19:00-20:30",
        "quiet_from": "20:30",
        "quiet_until": "09:00",
        "most": "6",
        "days": "28",
    }
    response, _ = await admin.post("/console/calendar/sending", given)
    assert response.status == 303
    almanac = admin.client.app[PRACTICE].almanac
    assert len(almanac.windows.spans) == 3
    assert (almanac.sending.most, almanac.sending.days, almanac.sending.pause_on_holidays) == (6, 28, False)
    assert 'value="10:00-11:00, 15:00-16:00, 19:00-20:30"' in (await admin.get("/console/calendar"))[1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"windows": "20:00-22:00"}, "发送时段须在"),
        ({"windows": "nine to five"}, "时段写法不对"),
        ({"quiet_from": "22:30"}, "安静时段须"),
        ({"most": "many"}, "应为整数"),
        ({"quiet_until": "25:00"}, "时间应如"),
    ],
)
async def test_hours_that_make_no_sense_are_refused_in_words(admin, wrong, words):
    given = {"windows": "09:00-11:30", "quiet_from": "21:00", "quiet_until": "08:30", "most": "4", "days": "30"}
    response, text = await admin.post("/console/calendar/sending", given | wrong)
    assert response.status == 409
    assert words in text


async def test_a_nurse_sees_the_calendar_and_cannot_change_it(nurse):
    _, text = await nurse.get("/console/calendar")
    assert "修改由系统管理员或主管来做" in text
    for path in ("days", "seed", "sending"):
        given = {"year": "2027", "first": "2026-12-24", "kind": "holiday", "windows": "09:00-11:30"}
        given |= {"quiet_from": "21:00", "quiet_until": "08:30", "most": "4", "days": "30"}
        response, _ = await nurse.post(f"/console/calendar/{path}", given)
        assert response.status == 409


async def test_the_seed_fills_what_is_missing_and_keeps_what_staff_set(admin, sqlite_database):
    await admin.post("/console/calendar/days", {"first": "2027-10-01", "kind": "working", "name": "值班"})
    await admin.post("/console/calendar/seed", {"year": "2027"})
    days = sqlite_database.read_now(calendar.days)
    assert days[date(2027, 10, 1)] is True
    assert days[date(2027, 10, 2)] is False
