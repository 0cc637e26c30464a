"""What stands in a cell: text, dates in many writings, phones, identity numbers. Pure; ValueError says in Chinese what is
wrong and what to do, and never repeats the cell."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a spreadsheet; its days have no zone
_DAMAGED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*T?\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2}))?(?:\.\d+)?[秒分]?)?Z?"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(?:-\d{1,6})?")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECKS = "10X98765432"

_HOW = "请写成 2026-11-18"
_AS_TEXT = "数字太长，已被 Excel 改写，末几位丢失；请把这一列设为“文本”格式后重新填写"


def text(cell: Any) -> str:
    """The cell as one line of text: full-width digits and letters narrowed, spaces and control characters tidied."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _tidy(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


@lru_cache(4096)
def _tidy(cell: str) -> str:
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    shown = "".join(
        # width is folded for letters, digits and spaces only: Chinese punctuation stays as it was written
        unicodedata.normalize("NFKC", sign) if "０" <= sign <= "ｚ" or sign in "\u3000\xa0－" else sign
        for sign in cell
        if sign.isprintable() or sign.isspace()
    )
    return " ".join(shown.split())


def number(cell: Any) -> str:
    """A hospital's number as text. ValueError when a spreadsheet has rounded it."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 1e15:
        raise ValueError(_AS_TEXT)
    shown = text(cell).lstrip("'").replace(" ", "")
    if _DAMAGED.fullmatch(shown):
        raise ValueError(_AS_TEXT)
    return shown


def moment(cell: Any) -> tuple[date, time | None] | None:
    """A day and, where the cell has one, the time of day; None for an empty cell. ValueError for anything else.
    Midnight is what programs write when they know the day only."""
    if isinstance(cell, datetime):
        found = cell.date(), cell.time()
    elif isinstance(cell, date):
        return cell, None
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        found = _numbered(cell)
    elif shown := text(cell):
        found = _written(shown)
    else:
        return None
    return found[0], found[1] if found[1] != time() else None


def day(cell: Any) -> date | None:
    """The day in a cell, None when it is empty. ValueError otherwise."""
    found = moment(cell)
    return found[0] if found else None


def _numbered(cell: float) -> tuple[date, time]:
    if 19000101 <= cell <= 21001231 and float(cell).is_integer():
        return _written(str(int(cell)))
    if 1 <= cell < 80000:
        at = _EPOCH + timedelta(days=int(cell), seconds=round(cell % 1 * 86400))
        return at.date(), at.time()
    raise ValueError(f"不是日期，{_HOW}")


@lru_cache(8192)
def _written(shown: str) -> tuple[date, time]:
    shown = shown.replace("：", ":").replace("－", "-")
    found = _DIGITS.fullmatch(shown) or _DATE.fullmatch(shown)
    if found is None:
        if re.fullmatch(r"[1-7]\d{4}(?:\.\d+)?", shown):
            return _numbered(float(shown))
        raise ValueError(f"日期认不出来，{_HOW}")
    year, month, dom, hour, minute, second = (int(part) if part else None for part in found.groups())
    try:
        when = date(year or 0, month or 0, dom or 0)
        at = time(hour or 0, minute or 0, second or 0)
    except ValueError:
        raise ValueError(f"没有这一天或这个时刻，{_HOW}") from None
    if not 1900 <= when.year <= 2100:
        raise ValueError(f"年份不对，{_HOW}")
    return when, at


def phone(cell: Any, *, landline: bool = False) -> str:
    """The first mobile number in a cell (or fixed line, where allowed), digits only; empty when the cell is."""
    shown = number(cell)
    if not shown:
        return ""
    for part in re.split(r"[/、，,;；]|或", shown):
        bare = re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", re.sub(r"[-()（）]", "", part))
        if _MOBILE.fullmatch(bare):
            return bare
        if landline and _LANDLINE.fullmatch(part):
            return part
    raise ValueError("不是11位手机号，请核对" + ("；座机请写成 0571-00000000" if landline else ""))


def identity(cell: Any) -> str:
    """An 18-character identity number whose date and check character are right; empty when the cell is."""
    shown = number(cell).upper()
    if not shown:
        return ""
    if not re.fullmatch(r"\d{17}[\dX]", shown):
        raise ValueError("不是18位身份证号，请核对；其他证件请留空")
    if check_sign(shown[:17]) != shown[-1]:
        raise ValueError("身份证号校验位不对，请核对是否抄错")
    try:
        born(shown)
    except ValueError:
        raise ValueError("身份证号里的出生日期不存在，请核对") from None
    return shown


def check_sign(digits: str) -> str:
    """The 18th character to 17 digits of an identity number."""
    return _CHECKS[sum(int(sign) * weight for sign, weight in zip(digits, _WEIGHTS, strict=True)) % 11]


def born(id_no: str) -> date:
    """The birthday in an identity number."""
    return date(int(id_no[6:10]), int(id_no[10:12]), int(id_no[12:14]))


def sex(id_no: str) -> str:
    """男 or 女, by the last but one character of an identity number."""
    return "男" if int(id_no[16]) % 2 else "女"
