"""The house stands: imports only go down, each library has one door, the grounds are pure, modules are small."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MIGRATIONS = "storage.migrations"

# the floors from above; a room may use its own modules and those of the floors below, never its neighbour's
FLOORS = [
    ["bot.app", "bot.cli", "bot.config", "bot.parsed", "bot.practice", "bot.__main__"],
    ["bot.web", "bot.scheduler"],
    ["bot.wechat", "bot.wecom", "bot.sms", "bot.his"],
    ["bot.care"],
    ["bot.engine", "bot.reading", "bot.rules", "storage"],
]
ROOF, GROUNDS = FLOORS[0], FLOORS[-1]
BESIDE = "bot.simulator"  # knows nothing of the house; only the roof knows it
PURE = ["bot.engine", "bot.reading", "bot.rules"]

# where a library may be imported; a longer name wins
LIBRARY_DOORS = {
    "PIL": ["bot.wechat.pictures"],
    "aiohttp": ["bot.web", "bot.wechat", "bot.simulator", *ROOF],
    "aiohttp.web": ["bot.web", "bot.simulator", *ROOF],
    "aiohttp_jinja2": ["bot.web"],
    "aiohttp_sse": ["bot.web", "bot.simulator"],
    "alembic": ["storage"],
    "apscheduler": ["bot.scheduler"],
    "cryptography": ["storage", "bot.wechat", "bot.simulator"],
    "holidays": ["bot.his"],
    "jinja2": ["bot.engine.texts", "bot.web", "bot.simulator"],
    "opencc": ["bot.reading"],
    "prometheus_client": ["bot.web"],
    "psycopg": ["storage"],
    "pydantic_settings": ["bot.config"],
    "python_calamine": ["bot.his"],
    "rapidfuzz": ["bot.reading", "bot.engine", "bot.his"],
    "rich": ["bot.cli"],
    "rjieba": ["bot.reading"],
    "ruamel": ["bot.engine.parse"],
    "segno": ["bot.web"],
    "sqlalchemy": ["storage"],
    "sqlite3": ["storage"],
    "sqlmodel": ["storage"],
    "structlog": ["bot.app", "bot.web", "bot.scheduler", "bot.wechat", "bot.cli"],
    "typer": ["bot.cli"],
    "wechatpy": ["bot.wechat"],
    "xlsxwriter": ["bot.his", "bot.web", "bot.cli"],
}
# importlib.resources and importlib.metadata only read
TRICKS = {"importlib.import_module", "importlib.util", "importlib.machinery", "importlib.reload", "runpy", "imp", "pkgutil"}
IMPURE = {
    "asyncio", "concurrent", "ctypes", "glob", "http", "io", "locale", "logging", "multiprocessing", "os", "pathlib", "pickle",
    "platform", "queue", "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "structlog", "subprocess",
    "sys", "tempfile", "threading", "time", "urllib.request", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today"}
TRICK_CALLS = {"__import__", "import_module", "exec", "eval"}  # `session.exec` is another thing
SHAPELESS = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "tools"}


@dataclass
class Module:
    name: str
    source: str
    package: bool = False

    @property
    def tree(self):
        return ast.parse(self.source)

    def imports(self):
        """Full names of all that is imported, wherever in the file it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = node.module or ""
                if node.level:
                    home = self.name.split(".")[: None if self.package and node.level == 1 else self.package - node.level]
                    origin = ".".join([*home, *([node.module] if node.module else [])])
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    def calls(self):
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", None) or getattr(node.func, "attr", None)


def modules():
    """Every module of the project."""
    for folder in ("bot", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            package = parts[-1] == "__init__"
            yield Module(".".join(parts[:-1] if package else parts), path.read_text("utf-8"), package)


def within(name, place):
    return name == place or name.startswith(place + ".")


def room(name):
    """The room a module of ours is in, and its floor (0 is the roof)."""
    if within(name, BESIDE):
        return BESIDE, None
    for number, floor in enumerate(FLOORS):
        for place in floor:
            if within(name, place):
                return place, number
    return None, None


def wrong_imports(module):
    """What the module imports and must not, as sentences."""
    own, floor = room(module.name)
    for name in module.imports():
        if within(name, "bot") or within(name, "storage"):
            other, below = room(name)
            roof = floor == 0
            if other is None:
                allowed = name.count(".") <= 1 and not within(name, "storage")  # `bot` itself holds nothing
            elif BESIDE in (own, other):
                allowed = own == other or roof
            else:
                allowed = own == other or roof or floor < below
            if not allowed:
                yield f"{module.name} ({own}) imports {name} ({other})"
        else:
            door = max((library for library in LIBRARY_DOORS if within(name, library)), key=len, default=None)
            if door and not any(within(module.name, place) for place in LIBRARY_DOORS[door]):
                yield f"{module.name} imports {name}, whose door is {', '.join(LIBRARY_DOORS[door])}"
            if any(within(name, trick) for trick in TRICKS):
                yield f"{module.name} imports {name}"


def impurities(module):
    """What a pure module does that is not a function of its arguments."""
    if not any(within(module.name, place) for place in PURE):
        return
    for name in module.imports():
        if any(within(name, each) for each in IMPURE):
            yield f"{module.name} imports {name}"
    for call in module.calls():
        if call in IMPURE_CALLS:
            yield f"{module.name} calls {call}()"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            yield f"{module.name}:{node.lineno} awaits or keeps state"


def tricks(module):
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in TRICK_CALLS and not (isinstance(node, ast.Attribute) and name in ("exec", "eval")):
                yield f"{module.name} calls {name}()"


def untidy(module):
    """A module that is too long or named for nothing."""
    lines = module.source.count("\n")
    if lines > 300 and not within(module.name, f"{MIGRATIONS}.versions"):
        yield f"{module.name} has {lines} lines: it is two modules"
    if SHAPELESS & set(module.name.strip("_").split(".")):
        yield f"{module.name} is named for nothing"


ALL = list(modules())


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_each_module_keeps_to_its_floor(module):
    assert room(module.name)[0] or module.name in ("bot", "storage"), f"{module.name} stands on no floor"
    assert [*wrong_imports(module), *impurities(module), *tricks(module), *untidy(module)] == []


@pytest.mark.parametrize("path", [*(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")], ids=lambda path: path.stem)
def test_tests_and_benchmarks_are_named_for_something(path):
    assert path.stem.removeprefix("test_") not in SHAPELESS


@pytest.mark.parametrize(
    ("name", "source", "wrong"),
    [
        ("bot.care.intake", "from bot.wechat import client", "bot.care.intake (bot.care) imports bot.wechat.client (bot.wechat)"),
        ("bot.care.intake", "def f():\n    import bot.web.pages", "(bot.care) imports bot.web.pages (bot.web)"),
        ("bot.care.intake", "from ..wechat import client", "imports bot.wechat.client"),
        ("bot.care", "from .. import wechat", "imports bot.wechat"),
        ("bot.engine.run", "from bot.reading import read", "(bot.engine) imports bot.reading.read (bot.reading)"),
        ("storage.plans", "from bot.rules import schedule", "(storage) imports bot.rules.schedule (bot.rules)"),
        ("bot.wechat.client", "import bot.his.discharges", "imports bot.his.discharges"),
        ("bot.web.webhook", "from bot import config", "imports bot.config"),
        ("bot.web.webhook", "from bot.simulator.clock import Clock", "imports bot.simulator.clock.Clock"),
        ("bot.simulator.app", "from storage import contacts", "imports storage.contacts"),
        ("bot.care.intake", "import sqlmodel", "imports sqlmodel, whose door is storage"),
        ("bot.wechat.client", "from aiohttp import web", "imports aiohttp.web, whose door is"),
        ("bot.engine.check", "from ruamel.yaml import YAML", "whose door is bot.engine.parse"),
        ("bot.care.intake", "from importlib import import_module", "imports importlib.import_module"),
        ("bot.care.intake", "__import__('bot.wechat')", "calls __import__()"),
        ("bot.care.intake", "import importlib as i\ni.import_module('bot.wechat')", "calls import_module()"),
        ("bot.engine.run", "import time", "imports time"),
        ("bot.reading.read", "from random import choice", "imports random.choice"),
        ("bot.rules.sla", "import datetime as d\nd.datetime.now()", "calls now()"),
        ("bot.engine.run", "async def f(): pass", "awaits"),
        ("bot.care.utils", "", "named for nothing"),
        ("bot.care.intake", "\n" * 301, "it is two modules"),
    ],
)  # fmt: skip
def test_a_wrong_module_is_found(name, source, wrong):
    module = Module(name, source, package=name.count(".") == 1)
    found = [*wrong_imports(module), *impurities(module), *tricks(module), *untidy(module)]

    assert any(wrong in line for line in found), found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("bot.care.intake", "from storage import patients\nfrom bot.rules import sla\nfrom bot.care.errors import Refused"),
        ("bot.care.intake", "from . import errors\nfrom .errors import Refused"),
        ("bot.web.webhook", "from bot.wechat import callback\nfrom aiohttp import web"),
        ("bot.app", "from bot.simulator import app\nfrom bot.web import webhook"),
        ("bot.engine.run", "from datetime import datetime\nimport re\nfrom importlib import metadata"),
    ],
)
def test_a_right_module_is_left_alone(name, source):
    module = Module(name, source)

    assert [*wrong_imports(module), *impurities(module), *tricks(module), *untidy(module)] == []
