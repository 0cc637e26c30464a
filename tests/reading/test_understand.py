"""`suifang understand`: replies in bulk, as anyone would run it."""

import json

from typer.testing import CliRunner

from bot.cli import app


def run(lines, *options):
    result = CliRunner().invoke(app, ["understand", *options], input="\n".join(lines))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_line_is_answered_in_order_and_a_bad_one_does_not_stop_the_run():
    fever = {"id": "1", "text": "38度5，伤口没事", "question": {"kind": "number", "min": 34, "max": 43, "unit": "℃"}}
    son = {"id": "3", "text": "我爸胸口疼", "proxy": True}
    when = {"id": "4", "text": "下周三", "question": {"kind": "date"}, "today": "2026-11-21"}
    out = run([json.dumps(fever), "{", json.dumps(son), json.dumps(when), json.dumps({"id": "5", "text": 1})])
    first, broken, third, fourth, fifth = map(json.loads, out.splitlines())
    assert (first["id"], first["answer"], first["triage"]) == ("1", {"status": "ok", "value": 38.5}, "L1")
    assert "JSON" in broken["error"]
    assert (third["answer"], third["triage"], third["findings"][0]["flag"]) == (None, "L0", "RF01")
    assert fourth["answer"]["value"] == "2026-11-25"
    assert fifth == {"id": "5", "error": "缺少 text"}


def test_an_explanation_names_clauses_rules_and_what_was_suppressed():
    out = run([], "--explain", "没有发烧，护士小李特别好，就是饭太难吃")
    assert "没有[否定]" in out
    assert "压下：前面有“没有”" in out
    assert "ME03" in out
    assert "小李" in out
