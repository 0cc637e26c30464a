"""The shipped protocols as a hospital's list meets them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.engine.parse import load_yaml, parse
from bot.rules.cohort import EpisodeFacts, Exclusions, excluded
from bot.rules.protocol import Protocol, choose


def data(path):
    found, issues = load_yaml(Path(path).read_text(encoding="utf-8"))
    assert issues == []
    return found


PROTOCOLS = [Protocol.model_validate(data(path)) for path in sorted(Path("flows/protocols").glob("*.yaml"))]
EXCLUSIONS = Exclusions.model_validate(data("flows/exclusions.yaml"))
HOME = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def episode(**known):
    return EpisodeFacts(**{"department": "普外科", "discharged_at": HOME} | known)


@pytest.mark.parametrize(
    ("known", "chosen"),
    [
        ({}, ["general"]),
        ({"local": False}, ["general_remote"]),
        ({"department": "骨科", "procedure": "右膝人工全膝关节置换术"}, ["knee"]),
        ({"department": "骨科", "procedure": "右膝关节镜检查"}, ["general"]),
        ({"department": "骨科", "procedure": "左膝关节置换术", "local": False}, ["knee"]),
        ({"procedure": "腹腔镜下阑尾切除术"}, ["abdominal"]),
        ({"procedure": "腹腔镜胆囊切除术", "revisit_on": date(2026, 12, 1)}, ["abdominal", "revisit_reminder"]),
        ({"procedure": "胃镜检查"}, ["general"]),
        ({"department": "骨科", "procedure": "左侧人工髋关节置换术"}, ["joint"]),
        ({"department": "心内科", "icd10": "I50.900"}, ["heart_failure"]),
        ({"department": "肿瘤科", "procedure": "静脉注射化疗药物"}, ["chemo"]),
        ({"department": "日间手术中心", "procedure": "大隐静脉剥脱术"}, ["day_surgery"]),
        ({"department": "内分泌科", "icd10": "E11.900"}, ["chronic"]),
        ({"department": "整形外科", "procedure": "硅胶假体隆鼻术", "procedure_on": date(2026, 11, 19)}, ["rhinoplasty"]),
        ({"department": "妇产科", "procedure": "子宫下段剖宫产术"}, ["postpartum"]),
        ({"department": "妇产科", "icd10": "O80.901"}, ["postpartum"]),
        ({"department": "妇产科", "procedure": "子宫肌瘤剔除术"}, ["general"]),
        ({"revisit_on": date(2026, 11, 17)}, ["general"]),
    ],
)
def test_which_plan_a_patient_gets(known, chosen):
    assert [one.id for one in choose(PROTOCOLS, episode(**known), date(2026, 11, 21))] == chosen


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"department": "男科"}, "private"),
        ({"department": "皮肤性病科"}, "private"),
        ({"department": "感染科", "icd10": "B20.100"}, "private"),
        ({"department": "精神科"}, "opt_in"),
        ({"department": "感染科", "icd10": "B18.1"}, None),
    ],
)
def test_who_is_left_in_peace(known, reason):
    assert excluded(episode(**known), EXCLUSIONS) == reason


def test_every_touchpoint_has_its_flow():
    for protocol in PROTOCOLS:
        for touchpoint in protocol.touchpoints:
            path = Path("flows") / f"{touchpoint.flow}.yaml"
            assert parse(path.read_text(encoding="utf-8"))[0].id == touchpoint.flow


def test_nobody_is_contacted_more_often_than_is_decent():
    """Four contacts in the first thirty days at most; the revisit reminder comes beside."""
    for protocol in PROTOCOLS:
        held = [touchpoint for touchpoint in protocol.touchpoints if not touchpoint.beyond_cap]
        assert sum((touchpoint.day or 99) <= 30 for touchpoint in held) <= 4


def test_the_example_of_the_readme_is_a_protocol():
    text = Path("flows/protocols/README.md").read_text(encoding="utf-8").split("```yaml")[1].split("```")[0]
    found, issues = load_yaml(text)
    assert issues == []
    example = Protocol.model_validate(found)
    assert {touchpoint.key for touchpoint in example.touchpoints} == {"D3", "P14", "R-1", "M1"}
    assert set(Protocol.model_fields) == set(found)
