"""What editors and authors are given is what the grammar says today."""

import re
from pathlib import Path

import orjson

from bot.cli.flow import schema_text
from bot.engine.check import check
from bot.engine.facts import FACTS
from bot.engine.flow import Alarm, Escalate, Node, Route
from bot.engine.mistakes import KEYS, TYPES
from bot.engine.parse import parse

FLOWS = Path(__file__).resolve().parents[2] / "flows"
README = (FLOWS / "README.md").read_text(encoding="utf-8")


def test_the_schema_is_up_to_date():
    assert (FLOWS / "flow.schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run: suifang flow schema flows/flow.schema.json"
    )


def test_the_schema_speaks_of_every_key():
    schema = orjson.loads(schema_text())
    for model, part in (("Node", Node), ("Route", Route), ("Alarm", Alarm), ("Escalate", Escalate)):
        keys = {field.alias or name for name, field in part.model_fields.items()}
        assert set(schema["$defs"][model]["properties"]) == keys
        assert set(KEYS[{"Node": "nodes", "Route": "route", "Alarm": "alarms", "Escalate": "escalate"}[model]]) == keys


def test_the_example_of_the_readme_is_right():
    example = re.search(r"```yaml\n(.*?)```", README, re.S)[1]
    flow, issues = parse(example)
    assert [*issues, *check(flow, {})] == []


def test_the_readme_names_every_word():
    for word in [*TYPES, *FACTS, *(field.alias or name for name, field in Node.model_fields.items())]:
        assert f"`{word}" in README or f" {word}" in README, word
