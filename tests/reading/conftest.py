from pathlib import Path

import pytest

from bot.engine.parse import load_yaml
from bot.reading.read import compile_tables

FLOWS = Path(__file__).parents[2] / "flows"


def plain(name):
    data, issues = load_yaml((FLOWS / f"{name}.yaml").read_text(encoding="utf-8"))
    assert not issues, [str(issue) for issue in issues]
    return data


@pytest.fixture(scope="session")
def tables():
    return compile_tables(plain("red_flags"), plain("complaints"), plain("words"))
