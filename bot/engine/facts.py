"""What a flow may know of a patient, in texts as {{ patient.name }} and in conditions as patient.age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """`meaning` is for authors, `sample` an invented value for trying a flow out."""

    meaning: str
    sample: Any


FACTS: Mapping[str, Fact] = {
    "name": Fact("姓名", "张三"),
    "surname": Fact("姓", "张"),
    "sex": Fact("性别", "男"),
    "age": Fact("年龄，整岁", 66),
    "salutation": Fact("称呼：先生、女士，或空", "先生"),
    "hospital": Fact("医院名称", "示例医院"),
    "department": Fact("科室", "骨科"),
    "ward": Fact("病区", "骨科一病区"),
    "doctor": Fact("主管医生", "李医生"),
    "day": Fact("出院第几天", 3),
    "discharged": Fact("出院日期，如 11月21日", "11月21日"),
    "revisit": Fact("复诊日期，如 11月28日；没有就是空", "11月28日"),
    "revisit_in": Fact("还有几天复诊：1 是明天；没有复诊日期时不知道", 1),
    "procedure": Fact("手术名称", "右膝人工关节置换术"),
    "proxy": Fact("回复的是家属：true 或 false", False),
    "relation": Fact("回复的是谁：self 本人、family 家属、unknown 还不知道", "unknown"),
    "consent": Fact("知情同意书的文字，见 consent.yaml", "想请您同意我们为随访使用您的健康信息，不同意不影响看病。"),
    "guardian_consent": Fact("不满14岁的同意书文字，见 consent.yaml", "想请监护人同意我们使用孩子的健康信息，不同意不影响看病。"),
    "birth_month": Fact("出生月份，1 到 12", 8),
    "admission_tail": Fact("住院号最后4位数字，作为数", 2345),
    "phone": Fact("医院电话", "010-00000000"),
}
SAMPLE: Mapping[str, Any] = {name: fact.sample for name, fact in FACTS.items()}
