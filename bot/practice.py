"""The roof's reading of the hospital's files: protocols, ladders, tables and texts become a Practice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.care.practice import Practice
from bot.care.words import Words
from bot.config import Settings, WrongSettings
from bot.engine.parse import load_yaml
from bot.reading.read import compile_tables
from bot.rules.protocol import Exclusions, Protocol
from bot.rules.schedule import windows
from bot.rules.sla import Ladders
from storage.sealing import Seal

T = TypeVar("T")

# Files of the flows folder that are tables, not conversations.
TABLES = frozenset({"red_flags", "complaints", "words", "ladders", "messages", "exclusions"})


def load(settings: Settings, seal: Seal, calendar: Mapping[date, bool]) -> Practice:
    """Read everything an act needs. Raises WrongSettings that names each file that is missing or wrong."""
    files = _Files(settings.flows)
    hospital = {"hospital": settings.hospital, "phone": settings.hospital_phone}
    protocols = tuple(files.read(f"protocols/{name}", Protocol.model_validate) for name in files.names("protocols"))
    ladders = files.read("ladders.yaml", Ladders.model_validate)
    exclusions = files.read("exclusions.yaml", Exclusions.model_validate)
    words = files.read("messages.yaml", lambda data: Words(data, hospital))
    tables = files.read(
        "red_flags.yaml",
        lambda flags: compile_tables(flags, files.data("complaints.yaml"), files.data("words.yaml")),
    )
    if files.wrong:
        raise WrongSettings(files.wrong)
    return Practice(
        hospital=settings.hospital,
        hospital_phone=settings.hospital_phone,
        public_url=settings.public_url,
        zone=settings.zone,
        tables=tables,
        protocols=protocols,
        ladders=ladders,
        windows=windows(settings.zone),
        hours=ladders.hours(settings.zone),
        exclusions=exclusions,
        calendar=calendar,
        words=words,
        seal=seal,
        consent_version=words.version,
    )


def flow_texts(folder: Path) -> dict[str, str]:
    """The conversations of a folder: name of the file without .yaml → text."""
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml")) if path.stem not in TABLES}


class _Files:
    """Reads files and gathers what is wrong with them, so that all of it can be said at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.wrong: list[str] = []

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self._folder / folder).glob("*.yaml"))

    def data(self, name: str) -> Any:
        try:
            text = (self._folder / name).read_text("utf-8")
        except FileNotFoundError:
            raise ValueError(f"没有 {name} 这个文件") from None
        data, issues = load_yaml(text)
        if issues:
            raise ValueError("；".join(f"{name} 第{issue.line}行 {issue}" for issue in issues))
        return data

    def read(self, name: str, build: Callable[[Any], T]) -> T:
        """The file, built. What is wrong is noted; then the value must not be used."""
        try:
            return build(self.data(name))
        except ValidationError as error:
            places = (f"{'.'.join(map(str, each['loc'])) or '全文'}：{each['msg']}" for each in error.errors(include_url=False))
            self.wrong.append(f"{self._folder / name}：{'；'.join(places)}")
        except (ValueError, OSError) as error:
            self.wrong.append(f"{self._folder / name}：{error}")
        return None  # type: ignore[return-value]
