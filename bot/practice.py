"""The roof's reading of the hospital's files: protocols, ladders, tables and texts become a Practice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.care.almanac import Almanac
from bot.care.approved import Approved
from bot.care.practice import Practice
from bot.care.scripts import Scripts
from bot.care.ways import Ways
from bot.care.words import Words
from bot.config import TABLES, Settings, WrongSettings, shipped
from bot.engine.parse import load_yaml
from bot.parsed import Parsed
from bot.reading.read import Tables, compile_tables
from bot.rules.cohort import Exclusions
from bot.rules.consent import Consent
from bot.rules.protocol import Protocol
from bot.rules.retention import Retention
from bot.rules.sending import Sending
from bot.rules.sla import Ladders
from storage.sealing import Seal

T = TypeVar("T")

# What the reading cannot do without; a table without it would find nothing and say nothing.
NEEDED = {
    "red_flags": ("version", "approver", "names", "parts", "phenomena", "signs"),
    "complaints": ("version", "approver", "codes", "aspects"),
    "words": ("version", "approver", "scope", "gone", "intents", "question", "yesno"),
}
_SAYS = {
    "string_too_short": "不能为空",
    "string_too_long": "太长，最多 {max_length} 个字",
    "too_short": "至少要有 {min_length} 项",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_parsing": "应为 yes 或 no",
    "literal_error": "应为 {expected} 之一",
    "string_pattern_mismatch": "只能用小写字母、数字和下划线",
    "string_type": "应为文字",
    "dict_type": "应为一组“名: 值”",
    "model_type": "应为一组“名: 值”",
    "model_attributes_type": "应为一组“名: 值”",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
}


def load(settings: Settings, seal: Seal, calendar: Mapping[date, bool], sending: Sending | None = None) -> Practice:
    """Read everything an act needs. Raises WrongSettings that names each file that is missing or wrong."""
    files = _Files(settings.flows, Parsed(settings.data_dir))
    hospital = {"hospital": settings.hospital, "phone": settings.hospital_phone}
    protocols = tuple(files.read(f"protocols/{name}", Protocol.model_validate) for name in files.names("protocols"))
    ladders = files.read("ladders.yaml", Ladders.model_validate)
    exclusions = files.read("exclusions.yaml", Exclusions.model_validate)
    retention = files.read("retention.yaml", Retention.model_validate)
    consent = files.read("consent.yaml", Consent.model_validate)
    words = files.read("messages.yaml", lambda data: Words(data, hospital))
    script = files.read("scripts/phone.yaml", lambda data: Scripts(data, hospital))
    tables = files.tables()
    approved = files.read("answers.yaml", lambda data: Approved(data, hospital, tables.normalise)) if tables else None
    if files.wrong or approved is None:
        raise WrongSettings(files.wrong)
    files.parsed.keep()
    return Practice(
        hospital=settings.hospital,
        hospital_phone=settings.hospital_phone,
        public_url=settings.public_url,
        zone=settings.zone,
        tables=tables,
        protocols=protocols,
        ladders=ladders,
        almanac=Almanac(settings.zone, calendar, sending or Sending()),
        hours=ladders.hours(settings.zone),
        exclusions=exclusions,
        words=words,
        approved=approved,
        seal=seal,
        consent=consent,
        retention=retention,
        script=script,
        ways=Ways(
            templates=frozenset(settings.wechat_templates),
            subscriptions=settings.wechat_subscriptions,
            long_term=frozenset(settings.wechat_long_term),
            medical=frozenset(settings.wechat_medical),
            sms=settings.sms_folder is not None,
            sms_cost=settings.sms_cost,
        ),
    )


def load_tables(folder: Path) -> Tables:
    """The reading's tables alone. Raises WrongSettings that names each file that is missing or wrong."""
    if not folder.is_dir():
        raise WrongSettings([f"没有文件夹 {folder}"])
    files = _Files(folder, Parsed(None))
    tables = files.tables()
    if files.wrong:
        raise WrongSettings(files.wrong)
    return tables


def flow_texts(folder: Path) -> dict[str, str]:
    """The conversations of a folder: name of the file without .yaml → text."""
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml")) if path.stem not in TABLES}


class _Files:
    """Reads files and gathers what is wrong with them, so that all of it can be said at once."""

    def __init__(self, folder: Path, parsed: Parsed) -> None:
        self._folder = folder
        self.parsed = parsed
        self.wrong: list[str] = []

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self._folder / folder).glob("*.yaml"))

    def data(self, name: str) -> Any:
        try:
            text = (self._folder / name).read_text("utf-8")
        except FileNotFoundError:
            raise ValueError(f"没有 {name} 这个文件") from None
        data = self.parsed.data(text)
        if data is None:
            data, issues = load_yaml(text)
            if issues:
                raise ValueError("；".join(f"{name} 第{issue.line}行 {issue}" for issue in issues))
            self.parsed.add(text, data)
        return data

    def read(self, name: str, build: Callable[[Any], T]) -> T:
        """The file, built. What is wrong is noted; then the value must not be used."""
        try:
            return build(self.data(name))
        except ValidationError as error:
            found = error.errors(include_url=False)
            inside = {each["loc"][:1] for each in found if len(each["loc"]) > 1}  # a list is not empty for what is wrong in it
            places = dict.fromkeys(_in_words(one) for one in found if one["type"] != "too_short" or one["loc"] not in inside)
            self.wrong.append(f"{self._folder / name}：{'；'.join(places)}")
        except UnicodeDecodeError:
            self.wrong.append(f"{self._folder / name}：要用 UTF-8 保存")
        except re.error as error:
            self.wrong.append(f"{self._folder / name}：括号或符号不成对：{error.pattern!r}")
        except (ValueError, OSError) as error:
            self.wrong.append(f"{self._folder / name}：{error}")
        return None  # type: ignore[return-value]

    def tables(self) -> Tables:
        """The reading's tables, which belong together. What is wrong is noted; then the value must not be used."""
        before = len(self.wrong)
        data = [self.read(f"{name}.yaml", partial(_whole, name)) for name in NEEDED]
        if len(self.wrong) > before:
            return None  # type: ignore[return-value]
        return self.read("red_flags.yaml", lambda _: compile_tables(*data))


def _whole(name: str, table: Any) -> Any:
    """The table, when it has all parts that it needs and no others; a misspelt part would be passed over without a word."""
    if not isinstance(table, dict):
        raise ValueError("应为一组“名: 值”")
    shown = (shipped("flows") / f"{name}.yaml").read_text("utf-8")
    known, known_below = set(re.findall(r"^(\w+):", shown, re.MULTILINE)), set(re.findall(r"(\w+):(?=\s)", shown))
    wrong = [f"缺少 {part}" for part in NEEDED[name] if part not in table or (part != "approver" and not table[part])]
    wrong += [_unknown(part, known) for part in table if part not in known]
    for part, rows in table.items():
        for number, row in enumerate(rows if isinstance(rows, list) else (), 1):
            strange = [key for key in row if key not in known_below] if isinstance(row, dict) else []
            wrong += [f"{part} 第{number}项：{_unknown(key, known_below)}" for key in strange]
    if wrong:
        raise ValueError("；".join(wrong))
    return table


def _unknown(part: str, known: set[str]) -> str:
    near = get_close_matches(str(part), known, 1)
    return f"不认识 {part}" + (f"（是不是想写 {near[0]}？）" if near else "")


def _in_words(error: Any) -> str:
    """One mistake that a model found, in Chinese, with its place: touchpoints 第2项 day：应为整数."""
    kind, place = error["type"], list(error["loc"])
    if kind in ("missing", "extra_forbidden"):
        said = ("缺少 " if kind == "missing" else "不认识 ") + str(place.pop())
    elif kind in ("value_error", "assertion_error"):
        said = str(error["ctx"]["error"])
    else:
        said = _SAYS.get(kind, "写法不对").format(**error.get("ctx", {}))
    where = " ".join(f"第{step + 1}项" if isinstance(step, int) else str(step) for step in place)
    return f"{where}：{said}" if where else said
