"""An invented discharge list, for the demo and the tests. Nobody in it exists: names say so, phones begin 1380000, and the
identity numbers carry a region that is not given out."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import xlsxwriter

from bot.his.cells import check_sign
from bot.his.columns import OURS

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = ("小样", "示安", "例康", "试宁", "虚舟", "样华", "示文", "例平", "试远", "样敏")
_KIN = (("配偶", "样家人"), ("儿子", "示家人"), ("女儿", "例家人"))

# ward: department, doctor, nurse, ages, women of ten, cases (diagnosis, ICD-10, operation, days in hospital, revisit after)
_WARDS: tuple[tuple[str, str, str, str, tuple[int, int], int, tuple[tuple[str, str, str, int, int], ...]], ...] = (
    (
        "骨科一病区",
        "骨科",
        "林示医",
        "高样护",
        (58, 79),
        6,
        (
            ("右膝骨关节炎", "M17.1", "右膝人工全膝关节置换术", 8, 14),
            ("左膝骨关节炎", "M17.1", "左膝关节单髁置换术", 7, 14),
            ("左桡骨远端骨折", "S52.5", "桡骨骨折切开复位内固定术", 5, 14),
        ),
    ),
    (
        "普外科病区",
        "普外科",
        "唐例医",
        "苏试护",
        (25, 70),
        4,
        (
            ("急性阑尾炎", "K35.8", "腹腔镜阑尾切除术", 4, 10),
            ("胆囊结石伴慢性胆囊炎", "K80.1", "腹腔镜胆囊切除术", 5, 10),
            ("右侧腹股沟疝", "K40.9", "腹股沟疝无张力修补术", 3, 10),
        ),
    ),
    (
        "产科病区",
        "产科",
        "江样医",
        "白示护",
        (23, 38),
        10,
        (("单胎顺产", "O80.0", "", 3, 42), ("剖宫产分娩", "O82.0", "子宫下段剖宫产术", 5, 42)),
    ),
    (
        "呼吸内科病区",
        "呼吸内科",
        "罗试医",
        "柳例护",
        (40, 82),
        4,
        (("社区获得性肺炎", "J18.9", "", 8, 14), ("慢性阻塞性肺疾病急性加重", "J44.1", "", 10, 14)),
    ),
    (
        "心内科病区",
        "心内科",
        "方例医",
        "云样护",
        (50, 84),
        4,
        (("慢性心力衰竭", "I50.0", "", 9, 7), ("冠状动脉粥样硬化性心脏病", "I25.1", "冠状动脉支架植入术", 6, 14)),
    ),
)
_MEDICINES = {
    "骨科": "利伐沙班、塞来昔布",
    "普外科": "头孢呋辛",
    "产科": "",
    "呼吸内科": "莫西沙星",
    "心内科": "阿司匹林、阿托伐他汀",
}


def discharge_list(today: date, *, patients: int = 30, seed: int = 7) -> bytes:
    """An `.xlsx` of stays that ended one to three days before `today`; the same for the same arguments. The last three are
    a patient who died, one who left against advice and one marked private."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(today, time())})
        sheet = book.add_worksheet("出院患者")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        minute = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for column, name in enumerate(OURS.values()):
            sheet.write_string(0, column, name)
        for line, stay in enumerate(stays(today, patients=patients, seed=seed), start=1):
            for column, field in enumerate(OURS):
                value = stay[field]
                if isinstance(value, datetime):
                    sheet.write_datetime(line, column, value, minute)
                elif isinstance(value, date):
                    sheet.write_datetime(line, column, value, day)
                elif isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value:
                    sheet.write_string(line, column, value)
        sheet.set_column(0, len(OURS) - 1, 16)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def stays(today: date, *, patients: int = 30, seed: int = 7) -> list[dict[str, Any]]:
    """The same list as plain rows, by field."""
    chance = Random(seed)  # noqa: S311 - nothing secret
    listed = [_stay(chance, number, today) for number in range(1, patients + 1)]
    for stay, change in zip(reversed(listed), ({"private": "是"}, {"outcome": "非医嘱离院"}, {"outcome": "死亡"}), strict=False):
        stay.update(change)
    return listed


def _stay(chance: Random, number: int, today: date) -> dict[str, Any]:
    ward, department, doctor, nurse, (young, old), women, cases = _WARDS[number % len(_WARDS)]
    diagnosis, icd10, procedure, nights, revisit = cases[(number // len(_WARDS)) % len(cases)]
    female = chance.randrange(10) < women
    left = today - timedelta(days=1 + number % 3)
    born_on = date(left.year - chance.randint(young, old), chance.randint(1, 12), chance.randint(1, 28))
    admitted_on = left - timedelta(days=nights)
    relation, kin = chance.choice(_KIN)
    surname = _SURNAMES[(number * 7) % len(_SURNAMES)]
    stem = f"999999{born_on:%Y%m%d}{number % 50:02d}{(number * 2 + (0 if female else 1)) % 10}"
    return {
        "hospital_no": f"B{800000 + number}",
        "admission_no": f"ZY{today.year}{number:05d}",
        "times": 1,
        "name": surname + _GIVEN[number % len(_GIVEN)],
        "sex": "女" if female else "男",
        "born_on": born_on,
        "phone": f"1380000{number:04d}",
        "id_no": stem + check_sign(stem),
        "kin_name": surname + kin,
        "kin_relation": relation,
        "kin_phone": f"1380001{number:04d}",
        "department": department,
        "ward": ward,
        "doctor": doctor,
        "nurse": nurse,
        "admitted_on": admitted_on,
        "discharged_at": datetime.combine(left, time(9 + chance.randrange(7), chance.choice((0, 15, 30, 45)))),
        "outcome": "医嘱离院",
        "diagnosis": diagnosis,
        "icd10": icd10,
        "procedure": procedure,
        "procedure_on": admitted_on + timedelta(days=1) if procedure else None,
        "revisit_on": left + timedelta(days=revisit),
        "medication": _MEDICINES[department],
        "risks": "跌倒" if left.year - born_on.year >= 75 else "",
        "private": "否",
        "residence": "本地",
    }
