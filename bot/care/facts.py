"""What a talk may know of a patient: the names that texts and conditions of flows use."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.care.practice import Practice
from storage import patients
from storage.transaction import Tx

# Two-character surnames; any other surname is one character.
_DOUBLE = frozenset("欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 长孙 宇文 端木 南宫 独孤 闻人 呼延 西门".split())  # noqa: SIM905 - readable


def gather(tx: Tx, practice: Practice, episode_id: int, *, relation: str, now: datetime) -> dict[str, Any]:
    """The facts of an episode as they are now; a session keeps them as they were when it began. Raises LookupError."""
    stay = patients.stay(tx, episode_id)
    home, today = stay.discharged_at.astimezone(practice.zone).date(), practice.today(now)
    return {
        "name": stay.name,
        "surname": surname(stay.name),
        "sex": stay.sex,
        "age": patients.age(stay.born_on, today),
        "salutation": {"男": "先生", "女": "女士"}.get(stay.sex, ""),
        "hospital": practice.hospital,
        "phone": practice.hospital_phone,
        "department": stay.department,
        "ward": stay.ward,
        "doctor": stay.doctor,
        "day": (today - home).days,
        "discharged": _chinese(home),
        "revisit": _chinese(stay.revisit_on),
        "revisit_in": (stay.revisit_on - today).days if stay.revisit_on else None,
        "procedure": stay.procedure,
        "relation": relation,
        "proxy": relation == "family",
        "birth_month": stay.born_on.month if stay.born_on else None,
        "admission_tail": _tail(stay.admission_no),
        "population": population(stay, today),
    }


def population(stay: patients.Stay, today: date) -> list[str]:
    """The groups that red lines are stricter for, from the risk labels of the discharge list and the stay itself."""
    groups = list(stay.risks)
    if stay.procedure:
        groups.append("术后")
    age = patients.age(stay.born_on, today)
    if age is not None and age < 14:
        groups.append("儿童")
    if "产" in stay.department:
        groups.append("产后")
    return groups


def surname(name: str) -> str:
    """The surname, which is all that an unconfirmed contact may see."""
    return name[:2] if name[:2] in _DOUBLE and len(name) > 2 else name[:1]


def _tail(admission_no: str) -> int | None:
    """The last four digits as a number, as a patient types them: 0023 is 23."""
    digits = "".join(letter for letter in admission_no if letter in "0123456789")[-4:]
    return int(digits) if digits else None


def _chinese(day: date | None) -> str:
    return f"{day.month}月{day.day}日" if day else ""
