from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from bot.rules.cohort import EpisodeFacts, Exclusions, excluded
from bot.rules.protocol import Protocol, choose

HOME = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # 21 November, 00:30 in Shanghai


def facts(**known):
    return EpisodeFacts(**{"department": "普外科", "discharged_at": HOME} | known)


def protocol(**fields):
    """As YAML gives it: every scalar a string."""
    return Protocol.model_validate(
        {"id": "general", "title": "通用", "touchpoints": [{"flow": "general_day3", "title": "第3天", "day": "3"}]} | fields
    )


@pytest.mark.parametrize(
    ("cohort", "known", "belongs"),
    [
        ({}, {}, True),
        ({"departments": ["骨"]}, {"department": "骨二科"}, True),
        ({"departments": ["骨", "关节"]}, {"department": "关节外科"}, True),
        ({"departments": ["骨"]}, {}, False),
        ({"wards": ["十二病区"]}, {"ward": "骨科十二病区"}, True),
        ({"procedures": ["膝关节置换"]}, {"procedure": "左侧人工全膝关节置换术"}, True),
        ({"procedures": ["膝关节置换"]}, {"procedure": ""}, False),
        ({"icd10": ["o80", "O82"]}, {"icd10": "O82.100"}, True),
        ({"icd10": ["O80"]}, {"icd10": ""}, False),
        ({"age_from": "60"}, {"age": 60}, True),
        ({"age_from": "60"}, {"age": 59}, False),
        ({"age_from": "60"}, {"age": None}, False),
        ({"age_to": "14"}, {"age": 14}, True),
        ({"outcomes": ["1", "3"]}, {"outcome": "2"}, False),
        ({"local": "false"}, {"local": False}, True),
        ({"local": "false"}, {"local": None}, False),
        ({"departments": ["产"], "procedures": ["剖宫产"]}, {"department": "妇产科", "procedure": "子宫肌瘤切除"}, False),
        ([{"procedures": ["剖宫产"]}, {"icd10": ["O80"]}], {"icd10": "O80.0"}, True),
    ],
)
def test_who_belongs_to_a_cohort(cohort, known, belongs):
    assert protocol(cohort=cohort).matches(facts(**known)) is belongs


def test_one_main_protocol_and_what_goes_beside():
    general = protocol()
    knee = protocol(id="knee", priority="10", cohort={"procedures": ["膝"]})
    reminder = protocol(
        id="revisit", beside="true", touchpoints=[{"flow": "revisit_reminder", "title": "复诊", "before_revisit": "1"}]
    )
    every = [reminder, general, knee]

    def ids(today=date(2026, 11, 21), **known):
        return [one.id for one in choose(every, facts(**known), today)]

    assert ids() == ["general"]
    assert ids(procedure="右膝置换") == ["knee"]
    assert ids(procedure="右膝置换", revisit_on=date(2026, 11, 28)) == ["knee", "revisit"]
    assert ids(today=date(2026, 11, 24), revisit_on=date(2026, 11, 22)) == ["general"]  # the visit is over
    assert ids(today=date(2026, 11, 27)) == ["general"]  # day 3 may begin three days late
    assert ids(today=date(2026, 11, 28)) == []
    assert ids(today=date(2026, 11, 24)) == ["general"]  # counted from the local day of going home


def test_a_discharge_too_long_ago_begins_nothing():
    long = protocol(touchpoints=[{"flow": "general_day3", "title": "半年", "month": "6"}])
    assert choose([long], facts(), date(2026, 12, 21)) == [long]
    assert choose([long], facts(), date(2026, 12, 22)) == []


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({}, None),
        ({"outcome": "9"}, None),
        ({"outcome": "5"}, "dead"),
        ({"outcome": "4"}, "against_advice"),
        ({"private": True}, "private"),
        ({"icd10": "a53.0"}, "private"),
        ({"department": "男科"}, "private"),
        ({"department": "精神科", "ward": "精神二病区"}, "opt_in"),
        ({"department": "精神科", "ward": "精神一病区"}, None),
        ({"outcome": "5", "private": True}, "dead"),
    ],
)
def test_who_is_not_followed_up_and_why(known, reason):
    rules = Exclusions(
        private_icd10=("A50", "A53"), private_departments=("男科",), opt_in_departments=("精神",), opted_in=("精神一病区",)
    )
    assert excluded(facts(**known), rules) == reason


def test_without_a_privacy_list_nobody_is_private_by_code():
    assert excluded(facts(icd10="A53", department="男科")) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"touchpoints": []},
        {"touchpoints": [{"flow": "a", "title": "t"}]},
        {"touchpoints": [{"flow": "a", "title": "t", "day": "1", "month": "1"}]},
        {"touchpoints": [{"flow": "a", "title": "t", "day": "1"}, {"flow": "a", "title": "u", "day": "1"}]},
        {"touchpoints": [{"flow": "a", "title": "t", "day": "-1"}]},
        {"touchpoints": [{"flow": "a", "title": "t", "day": "three"}]},
        {"touchpoints": [{"flow": "a", "title": "t", "day": "1", "att": "10:00"}]},
        {"id": "Knee Plan"},
        {"cohort": {"department": ["骨"]}},
        {"stop_on": ["rain"]},
    ],
)
def test_a_protocol_that_makes_no_sense_is_refused(broken):
    with pytest.raises(ValidationError):
        protocol(**broken)


@pytest.mark.parametrize(
    ("reason", "stops"),
    [("dead", True), ("withdrawn", True), ("wrong_person", True), ("readmitted", False), ("transferred", True), ("late", False)],
)
def test_what_ends_a_plan(reason, stops):
    assert protocol(stop_on=["transferred"]).stops(reason) is stops
