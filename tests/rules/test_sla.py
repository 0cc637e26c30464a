from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.engine.parse import load_yaml
from bot.rules.hours import working
from bot.rules.sla import Ladder, Ladders, Step, answer_by, climb, deadline, ladder_for, level_of, rungs

TZ = ZoneInfo("Asia/Shanghai")
DATA, _ = load_yaml(Path("flows/ladders.yaml").read_text(encoding="utf-8"))
LADDERS = Ladders.model_validate(DATA)
HOURS = LADDERS.hours(TZ)
CALENDAR = {date(2026, 10, day): False for day in range(1, 8)}


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=TZ)


@pytest.mark.parametrize(
    ("level", "matter", "raised", "due"),
    [
        ("L0", "danger", "2026-09-28 10:00", "2026-09-28 10:10"),
        ("L0", "danger", "2026-10-03 02:00", "2026-10-03 02:10"),  # a holiday, at night
        ("L1", "danger", "2026-09-28 10:00", "2026-09-28 11:00"),
        ("L1", "danger", "2026-09-28 11:50", "2026-09-28 12:50"),  # the clock does not stop for lunch
        ("L1", "danger", "2026-09-28 13:00", "2026-09-28 15:00"),  # raised during lunch
        ("L1", "danger", "2026-09-26 10:00", "2026-09-26 12:00"),  # Saturday
        ("L2", "danger", "2026-10-01 09:00", "2026-10-02 09:00"),
        (3, "complaint", "2026-09-28 17:00", "2026-09-29 09:30"),
        ("2", "complaint", "2026-09-30 16:00", "2026-10-08 10:30"),  # complaints wait for the holiday to end
        (1, "complaint", "2026-09-28 08:00", "2026-09-28 17:30"),
        ("L1", "complaint", "2026-09-28 17:00", "2026-09-29 09:30"),  # the ticket's level says the same as its severity
        (3, "other", "2026-09-28 10:00", "2026-09-28 11:00"),
        ("?", "other", "2026-09-28 08:00", "2026-09-28 17:30"),
        ("L3", "follow-up", "2026-09-28 08:00", "2026-09-29 17:30"),
        ("L1", "question", "2026-09-28 10:00", "2026-09-28 11:00"),  # not stated there: as for other matters
        ("L2", "something new", "2026-09-28 08:00", "2026-09-28 17:30"),
    ],
)
def test_deadlines_of_the_first_human_response(level, matter, raised, due):
    assert deadline(level, matter, local(raised), CALENDAR, HOURS, LADDERS)[0] == local(due)


@pytest.mark.parametrize(
    ("level", "matter", "raised", "why"),
    [
        ("L0", "danger", "2026-10-03 02:00", "危急：10分钟内由工作人员联系，夜间和节假日照常计时"),
        ("L1", "danger", "2026-09-28 10:00", "当日：工作时间提出，1小时内由工作人员联系"),
        ("L1", "danger", "2026-09-28 20:00", "当日：非工作时间提出，2小时内由工作人员联系"),
        ("L1", "complaint", "2026-09-28 10:00", "严重投诉：2小时工作时间内由工作人员联系"),
        (3, "complaint", "2026-09-28 10:00", "严重投诉：2小时工作时间内由工作人员联系"),
        (2, "complaint", "2026-10-02 10:00", "一般投诉：4小时工作时间内由工作人员联系，非工作时间提出，从下一工作时段起算"),
    ],
)
def test_the_deadline_explains_itself(level, matter, raised, why):
    assert deadline(level, matter, local(raised), CALENDAR, HOURS, LADDERS)[1] == why


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(MOMENTS)
def test_what_is_more_urgent_is_never_due_later(raised):
    dues = [deadline(level, "danger", raised, CALENDAR, HOURS, LADDERS)[0] for level in ("L0", "L1", "L2")]
    assert dues == sorted(dues)
    assert raised < dues[0]


@pytest.mark.parametrize(
    ("severity", "received", "last"),
    [
        (3, "2026-09-28 10:00", "2026-10-12 17:30"),  # five working days, the holiday between
        (2, "2026-09-28 10:00", "2026-10-01 17:30"),  # three calendar days
        ("1", "2026-09-28 23:59", "2026-10-01 17:30"),
        (None, "2026-09-28 10:00", "2026-10-01 17:30"),  # severity not known
    ],
)
def test_the_last_day_of_a_complaints_answer(severity, received, last):
    assert answer_by(severity, local(received), CALENDAR, HOURS, LADDERS) == local(last)


@given(MOMENTS)
def test_a_serious_complaint_is_answered_on_a_working_day(received):
    assert working(HOURS.day(answer_by(3, received, CALENDAR, HOURS, LADDERS)), CALENDAR)


def test_a_complaints_severity_gives_its_tickets_level():
    assert [level_of(severity) for severity in (1, 2, "3", None)] == ["L3", "L2", "L1", "L2"]


def test_a_ladder_becomes_moments():
    steps = rungs(ladder_for(LADDERS, "danger", "L0"), local("2026-10-03 02:00"), CALENDAR, HOURS)
    assert steps[0] == Step(local("2026-10-03 02:00"), "duty", "值班护士")
    assert steps[-1] == Step(local("2026-10-03 02:10"), "supervisor", "随访主管")
    office = rungs(ladder_for(LADDERS, "complaint", 3), local("2026-09-28 20:00"), CALENDAR, HOURS)
    assert [step.at for step in office] == [local("2026-09-29 08:00"), local("2026-09-29 09:00"), local("2026-09-29 10:00")]


def test_climbing_tells_each_rung_once_and_a_late_look_tells_all_that_were_missed():
    steps = rungs(ladder_for(LADDERS, "danger", "L0"), local("2026-09-28 10:00"), CALENDAR, HOURS)
    first = climb(steps, 0, local("2026-09-28 10:00"))
    assert (first.rung, first.tell, first.climb_at) == (1, steps[:1], steps[1].at)
    again = climb(steps, first.rung, local("2026-09-28 10:01"))
    assert (again.rung, again.tell, again.climb_at) == (1, (), steps[1].at)
    late = climb(steps, 1, local("2026-09-28 12:00"))
    assert (late.rung, late.tell, late.climb_at) == (4, steps[1:], None)
    assert climb(steps, 4, local("2026-09-28 12:00")).tell == ()


@pytest.mark.parametrize("afters", [[10, 5], [0, 0]])
def test_rungs_rise(afters):
    with pytest.raises(ValidationError, match="一级比一级晚"):
        Ladder.model_validate({"rungs": [{"after": str(after), "who": "nurse", "name": "护士"} for after in afters]})


@pytest.mark.parametrize("part", ["deadlines", "ladders"])
def test_every_level_has_a_rule(part):
    broken = DATA | {part: {"other": {key: rule for key, rule in DATA[part]["other"].items() if key != "L1"}}}
    with pytest.raises(ValidationError, match="other 缺少 L1"):
        Ladders.model_validate(broken)
