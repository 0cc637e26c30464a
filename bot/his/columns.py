"""The columns of a discharge list, and the names that hospitals give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

# The first name is ours; the others are met in exports.
NAMES: dict[str, tuple[str, ...]] = {
    "hospital_no": (
        "病案号",
        "病历号",
        "病案编号",
        "病人编号",
        "病人id",
        "患者id",
        "患者编号",
        "患者号",
        "登记号",
        "就诊卡号",
        "id号",
    ),
    "admission_no": ("住院号", "住院编号", "住院流水号", "就诊号", "住院病历号"),
    "times": ("住院次数", "次数", "第几次住院", "住院次"),
    "name": ("姓名", "患者姓名", "病人姓名", "患者", "名字"),
    "sex": ("性别", "患者性别"),
    "born_on": ("出生日期", "出生年月日", "生日", "出生年月"),
    "phone": (
        "手机",
        "手机号",
        "手机号码",
        "联系电话",
        "电话",
        "患者电话",
        "本人电话",
        "患者手机",
        "本人手机",
        "移动电话",
        "电话号码",
    ),
    "id_no": ("身份证号", "身份证", "身份证号码", "证件号", "证件号码", "公民身份号码"),
    "kin_name": ("联系人", "联系人姓名", "家属", "家属姓名"),
    "kin_relation": ("关系", "联系人关系", "与患者关系", "与病人关系", "家属关系"),
    "kin_phone": ("联系人电话", "联系人手机", "家属电话", "家属手机", "联系人联系电话", "联系人手机号"),
    "department": ("科室", "出院科室", "出院科别", "科别", "科室名称", "所在科室"),
    "ward": ("病区", "出院病区", "病房", "护理单元", "病区名称"),
    "doctor": ("主管医生", "主治医生", "主治医师", "主管医师", "经治医师", "管床医生", "住院医师", "医生", "医师"),
    "nurse": ("责任护士", "主管护士", "管床护士", "护士"),
    "admitted_on": ("入院时间", "入院日期", "住院日期", "入院"),
    "discharged_at": ("出院时间", "出院日期", "出院"),
    "outcome": ("离院方式", "出院方式", "出院情况", "转归", "出院转归"),
    "diagnosis": ("主要诊断", "出院诊断", "诊断", "第一诊断", "出院主要诊断", "主诊断"),
    "icd10": ("icd10", "icd-10", "icd编码", "诊断编码", "疾病编码", "主要诊断编码", "icd10编码"),
    "procedure": ("手术", "手术名称", "主要手术", "手术操作名称", "手术操作", "手术及操作"),
    "procedure_on": ("手术日期", "手术时间", "手术操作日期"),
    "revisit_on": ("复诊日期", "复诊时间", "复查日期", "复查时间", "预约复诊日期", "复诊"),
    "medication": ("带药", "出院带药", "带药情况", "出院用药"),
    "risks": ("风险标签", "风险", "标签", "风险提示", "风险等级"),
    "residence": ("本地外地", "本地/外地", "是否本地", "现住址", "现地址", "住址", "家庭住址", "常住地址", "居住地"),
    "private": ("隐私标记", "隐私", "保密", "是否保密", "隐私保护", "涉密"),
}
OURS = {field: names[0] for field, names in NAMES.items()}

_FIELDS = {name: field for field, names in NAMES.items() for name in names}
# More cells than this before the header are a title, not a table.
_HEADER_WITHIN = 15


def find(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int], tuple[str, ...]] | None:
    """The header's row, the place of each field in it, and the names it has beside; None when no row looks like one."""
    best: tuple[int, dict[str, int], tuple[str, ...]] | None = None
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        places: dict[str, int] = {}
        ignored = []
        for place, cell in enumerate(row):
            field = _FIELDS.get(_plain(cell)) if isinstance(cell, str) else None
            if field is None or field in places:
                if isinstance(cell, str) and cell.strip():
                    ignored.append(" ".join(cell.split())[:20])
            else:
                places[field] = place
        if len(places) >= 3 and (best is None or len(places) > len(best[1])):
            best = at, places, tuple(ignored)
    return best


def _plain(name: str) -> str:
    """`*出院 时间（必填）：` is 出院时间."""
    folded = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"\(.*?\)|\[.*?\]|[\s*:_/·'\"]", "", folded)
