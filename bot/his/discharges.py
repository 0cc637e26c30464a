"""Discharge lists as hospitals export them: `.xlsx`, `.xls` or `.csv` in, rows and readable complaints out.

Nothing is guessed that decides whether and when a patient hears from us: without a name, a number, a department or a day
of discharge a row is refused. A wrong cell beside those is left out and reported, and the row kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.care.discharge import DischargeRow, Discharges, RowIssue
from bot.his import cells
from bot.his.columns import OURS, find
from bot.his.sheets import MAX_ROWS, Unreadable, tables

T = TypeVar("T")

_SEXES = {
    "男": "男",
    "男性": "男",
    "m": "男",
    "male": "男",
    "1": "男",
    "女": "女",
    "女性": "女",
    "f": "女",
    "female": "女",
    "2": "女",
}
_NO_SEX = {"", "未知", "不详", "0", "9", "未说明"}
# 离院方式: the codes of the front page of a medical record, and words met in their place
_OUTCOMES = {
    "1": ("1", "01", "医嘱离院", "医嘱出院", "正常出院", "治愈", "好转", "出院", "常规出院", "治愈出院", "好转出院"),
    "2": ("2", "02", "转院", "医嘱转院"),
    "3": ("3", "03", "转社区", "医嘱转社区", "医嘱转社区卫生服务机构/乡镇卫生院", "医嘱转社区卫生服务机构"),
    "4": ("4", "04", "非医嘱离院", "自动出院", "自动离院", "自行离院"),
    "5": ("5", "05", "死亡", "死亡出院", "去世", "临床死亡"),
    "9": ("9", "09", "其他", "其它", "未愈"),
}
_OUTCOME = {word: code for code, words in _OUTCOMES.items() for word in words}
_NOT_PRIVATE = {"", "否", "无", "不", "n", "no", "0", "false", "普通", "非保密", "不保密", "-"}
_LENGTHS = {"hospital_no": 40, "admission_no": 40, "name": 60, "department": 60, "ward": 60, "doctor": 60, "nurse": 60}
_LONG = {"diagnosis": 200, "icd10": 20, "procedure": 200, "medication": 500, "kin_name": 60, "kin_relation": 20}


def read(name: str, data: bytes, *, zone: tzinfo | None = None, today: date | None = None) -> Discharges:
    """The stays in a file, as an admin uploads it. The content decides what it is, not the name. `zone` is the hospital's
    (Asia/Shanghai); with `today`, discharges after it are refused. Never raises for a bad file: row 0 tells."""
    try:
        best: tuple[Sequence[Sequence[Any]], int, dict[str, int], tuple[str, ...]] | None = None
        for found in tables(data):
            rows = list(found)
            header = find(rows)
            if header and (best is None or len(header[1]) > len(best[2])):
                best = rows, *header
    except Unreadable as problem:
        return Discharges((), (RowIssue(0, "", str(problem)),))
    if best is None:
        return Discharges((), (RowIssue(0, "", "没有找到表头。第一行应有：住院号、姓名、科室、出院时间 等列名"),))
    table, at, places, ignored = best
    missing = [field for field in ("name", "department", "discharged_at") if field not in places]
    if "admission_no" not in places and "hospital_no" not in places:
        missing.append("admission_no")
    if missing:
        told = tuple(RowIssue(at + 1, OURS[field], f"缺少“{OURS[field]}”列，请补上后重新导入") for field in missing)
        return Discharges((), told, ignored)
    list_ = _List(places, zone or ZoneInfo("Asia/Shanghai"), today)
    for number, row in enumerate(table[at + 1 : at + 1 + MAX_ROWS], start=at + 2):
        list_.take(number, row)
    if not list_.rows and not list_.issues:
        list_.issues.append(RowIssue(0, "", "表头下面没有患者"))
    return Discharges(tuple(list_.rows), tuple(list_.issues), ignored)


class _List:
    """A list being read."""

    def __init__(self, places: dict[str, int], zone: tzinfo, today: date | None) -> None:
        self.rows: list[DischargeRow] = []
        self.issues: list[RowIssue] = []
        self._places = places
        self._zone = zone
        self._today = today
        self._stays: dict[tuple[str, int], DischargeRow] = {}
        self._people: dict[str, DischargeRow] = {}

    def take(self, number: int, cells: Sequence[Any]) -> None:
        """Read one row, and keep it or say why not. A row with fewer than two cells is a blank or a sum."""
        filled = sum(1 for place in self._places.values() if place < len(cells) and cells[place] not in ("", None))
        if filled < 2:
            return
        reading = _Reading(number, self._places, cells)
        row = reading.row(self._zone, self._today)
        self.issues += reading.issues
        if row is None:
            return
        same = self._stays.get((row.admission_no, row.times))
        person = self._people.get(row.hospital_no)
        if same:
            differs = replace(row, number=same.number) != same
            ending = "但内容不同，请核对后只留一行" if differs else "，已略过"
            self.issues.append(RowIssue(number, OURS["admission_no"], f"与第{same.number}行是同一次住院{ending}"))
        elif person and (person.name, person.sex) != (row.name, row.sex):
            told = f"与第{person.number}行病案号相同，姓名或性别却不同，请核对"
            self.issues.append(RowIssue(number, OURS["hospital_no"], told))
        else:
            self._stays[row.admission_no, row.times] = self._people[row.hospital_no] = row
            self.rows.append(row)


class _Reading:
    """One row being read. A refused row goes on being read, so that all that is wrong is told at once."""

    def __init__(self, number: int, places: dict[str, int], row: Sequence[Any]) -> None:
        self.issues: list[RowIssue] = []
        self._number = number
        self._places = places
        self._row = row

    def row(self, zone: tzinfo, today: date | None) -> DischargeRow | None:
        """The stay, or None when the row is refused."""
        hospital_no = self._must("hospital_no", cells.number, "")
        admission_no = self._must("admission_no", cells.number, "")
        if not hospital_no and not admission_no and not self.issues:
            self._refuse("admission_no", "没有住院号，请补上")
        name = self._needed("name")
        department = self._needed("department")
        discharged = self._must("discharged_at", cells.moment, None)
        if discharged is None and not self._told("discharged_at"):
            self._refuse("discharged_at", "没有出院时间，请补上")
        times = self._must("times", _times, 1)
        outcome = self._must("outcome", _outcome, "1")
        admitted_on = self._may("admitted_on", cells.day, None)
        born_on = self._may("born_on", cells.day, None)
        id_no = self._may("id_no", cells.identity, "")
        sex = self._may("sex", _sex, "未知")
        if id_no and (born_on not in (None, cells.born(id_no)) or sex not in ("未知", cells.sex(id_no))):
            self._leave("id_no", "与出生日期或性别不一致，请核对")
            id_no = ""
        elif id_no:
            born_on, sex = cells.born(id_no), cells.sex(id_no)
        left = discharged[0] if discharged else None
        if left and today and left > today:
            self._refuse("discharged_at", "出院时间还没有到，请核对")
        if left and left.year < 2000:
            self._refuse("discharged_at", "年份不对，请核对")
        if left and admitted_on and admitted_on > left:
            self._refuse("admitted_on", "入院时间晚于出院时间，请核对")
        born_on = self._between("born_on", born_on, None, left, "出生日期晚于出院时间，请核对")
        procedure_on = self._may("procedure_on", cells.day, None)
        procedure_on = self._between("procedure_on", procedure_on, admitted_on, left, "手术日期不在住院期间，请核对")
        revisit_on = self._may("revisit_on", cells.day, None)
        revisit_on = self._between("revisit_on", revisit_on, left, None, "复诊日期早于出院时间，请核对")
        phone = self._may("phone", cells.phone, "")
        kin_phone = self._may("kin_phone", lambda cell: cells.phone(cell, landline=True), "")
        texts = {field: self._text(field, limit) for field, limit in _LONG.items()}
        doctor, nurse, ward = self._short("doctor"), self._short("nurse"), self._short("ward")
        for field, value in (("hospital_no", hospital_no), ("admission_no", admission_no)):
            if len(value) > _LENGTHS[field]:
                self._refuse(field, f"超过{_LENGTHS[field]}个字，请核对")
        if discharged is None or any(not issue.kept for issue in self.issues):
            return None
        return DischargeRow(
            number=self._number,
            hospital_no=hospital_no or admission_no,
            admission_no=admission_no or hospital_no,
            times=times,
            name=name,
            sex=sex,
            born_on=born_on,
            phone=phone,
            id_no=id_no,
            kin_phone=kin_phone,
            department=department,
            ward=ward or department,
            doctor=doctor,
            nurse=nurse,
            admitted_on=admitted_on,
            discharged_at=datetime.combine(discharged[0], discharged[1] or time(12), zone),
            outcome=outcome,
            procedure_on=procedure_on,
            revisit_on=revisit_on,
            risks=tuple(dict.fromkeys(word for word in re.split(r"[、，,;；/\s]+", self._shown("risks")) if word)),
            private=self._shown("private").lower() not in _NOT_PRIVATE,
            residence=self._shown("residence")[:200],
            **texts,
        )

    def _cell(self, field: str) -> Any:
        place = self._places.get(field)
        return self._row[place] if place is not None and place < len(self._row) else ""

    def _shown(self, field: str) -> str:
        return cells.text(self._cell(field))

    def _must(self, field: str, convert: Callable[[Any], T], empty: T) -> T:
        """The cell's value; a wrong one refuses the row."""
        try:
            return convert(self._cell(field))
        except ValueError as problem:
            self._refuse(field, str(problem))
            return empty

    def _may(self, field: str, convert: Callable[[Any], T], empty: T) -> T:
        """The cell's value; a wrong one is left out."""
        try:
            return convert(self._cell(field))
        except ValueError as problem:
            self._leave(field, str(problem))
            return empty

    def _needed(self, field: str) -> str:
        value = self._shown(field)
        if not value:
            self._refuse(field, f"没有{OURS[field]}，请补上")
        elif len(value) > _LENGTHS[field]:
            self._refuse(field, f"超过{_LENGTHS[field]}个字，请核对")
        return value

    def _short(self, field: str) -> str:
        return self._text(field, _LENGTHS[field])

    def _text(self, field: str, limit: int) -> str:
        value = self._shown(field)
        if len(value) > limit:
            self._leave(field, f"超过{limit}个字，只留前{limit}个字")
        return value[:limit]

    def _between(self, field: str, value: date | None, first: date | None, last: date | None, wrong: str) -> date | None:
        if value and ((first and value < first) or (last and value > last)):
            self._leave(field, wrong)
            return None
        return value

    def _told(self, field: str) -> bool:
        return any(issue.column == OURS[field] for issue in self.issues)

    def _refuse(self, field: str, message: str) -> None:
        self.issues.append(RowIssue(self._number, OURS[field], message))

    def _leave(self, field: str, message: str) -> None:
        self.issues.append(RowIssue(self._number, OURS[field], message, kept=True))


def _times(cell: Any) -> int:
    shown = cells.text(cell).removeprefix("第").removesuffix("次")
    if not shown:
        return 1
    if not re.fullmatch(r"[1-9]\d{0,2}", shown):
        raise ValueError("住院次数应为1、2、3这样的数字")
    return int(shown)


def _outcome(cell: Any) -> str:
    shown = cells.text(cell)
    code = _OUTCOME.get(re.sub(r"^\d[.、 ]\s*(?=\D)", "", shown)) if shown else "1"
    if code is None:
        raise ValueError("离院方式认不出来，请写 医嘱离院、转院、转社区、非医嘱离院、死亡 或 其他")
    return code


def _sex(cell: Any) -> str:
    shown = cells.text(cell).lower()
    if shown in _NO_SEX:
        return "未知"
    if shown not in _SEXES:
        raise ValueError("性别应为 男 或 女")
    return _SEXES[shown]
