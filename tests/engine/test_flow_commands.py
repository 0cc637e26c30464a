"""`suifang flow`: what an author sees in the terminal."""

import sys

import orjson
import plain_reader
import pytest
from typer.testing import CliRunner

from bot import config
from bot.cli.flow import app

GOOD = """id: day3
title: 第3天
otherwise: end
remind_after: 4h
nodes:
  - {id: pain, ask: 多疼？回复数字, answer: {type: scale}, hint: 请回复数字}
  - {id: bye, say: "{{ patient.name }}，谢谢。", use: closing}
"""
CLOSING = "id: closing\ntitle: 结束语\nnodes:\n  - {id: wish, say: 祝早日康复。}\n"


@pytest.fixture
def run():
    def run(*args, typed=""):
        return CliRunner().invoke(app, [str(arg) for arg in args], input=typed)

    return run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "day3.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "closing.yaml").write_text(CLOSING, encoding="utf-8")
    (tmp_path / "ladders.yaml").write_text("version: 1\n", encoding="utf-8")
    return tmp_path


def test_check_of_good_files(run, folder):
    result = run("check", folder / "day3.yaml")
    assert (result.exit_code, result.output) == (0, "检查了1个文件，没有错误。\n")
    assert "检查了2个文件，没有错误" in run("check", folder).output


def test_check_passes_over_tables(run, folder):
    result = run("check", *sorted(folder.glob("*.yaml")))
    assert result.exit_code == 0
    assert result.output == "跳过ladders.yaml：是表，不是话术，由 suifang check 检查。\n检查了2个文件，没有错误。\n"


def test_check_says_file_line_and_message(run, folder):
    path = folder / "day3.yaml"
    path.write_text(GOOD.replace("use: closing", "use: closin, go: nowhere"), encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 1
    assert f"{path}:7: 没有“closin”这份话术（是不是想写 closing？） [unknown_flow]" in result.output
    assert f"{path}:7: 没有“nowhere”这个节点 [unknown_node]" in result.output
    assert "2个错误" in result.output


def test_check_lets_a_warning_pass(run, folder):
    path = folder / "day3.yaml"
    path.write_text(GOOD.replace(", hint: 请回复数字", ""), encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0
    assert "提醒：“pain”缺少 hint" in result.output


def test_check_finds_two_flows_of_one_name(run, folder):
    (folder / "copy.yaml").write_text(GOOD, encoding="utf-8")
    result = run("check", folder)
    assert result.exit_code == 1
    assert "[duplicate_flow]" in result.output


def test_check_of_what_cannot_be_read(run, folder):
    (folder / "gbk.yaml").write_bytes("title: 随访".encode("gb18030"))
    for path, words in ((folder / "none.yaml", "没有这个文件"), (folder / "gbk.yaml", "UTF-8")):
        result = run("check", path)
        assert result.exit_code == 2
        assert words in result.output.replace("\n", "").replace("│", "")


def test_talk(run, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "bot.cli.reader", type(sys)("bot.cli.reader"))
    sys.modules["bot.cli.reader"].make_reader = lambda content, today: plain_reader.read
    result = run("talk", folder / "day3.yaml", "--fact", "name=李四", typed="@ +5h\n@ 后天\n/状态\n3\n")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "< 多疼？回复数字" in lines
    assert ". 提醒" in "\n".join(lines)
    assert "时间要写成" in result.output
    assert any(
        line.removeprefix("> ").startswith("{") and orjson.loads(line.removeprefix("> "))["flow"] == "day3" for line in lines
    )
    assert lines[-4:] == ["> = pain: 3", "< 李四，谢谢。", "< 祝早日康复。", ". 结束：完成"]


def test_talk_to_a_broken_flow(run, folder):
    (folder / "day3.yaml").write_text(GOOD.replace("otherwise: end", "otherwise: nobody"), encoding="utf-8")
    result = run("talk", folder / "day3.yaml")
    assert result.exit_code == 1
    assert "没有“nobody”这个节点" in result.output


def test_schema(run, tmp_path):
    assert run("schema", tmp_path / "out.json").exit_code == 0
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == run("schema").output


def test_check_names_a_notice_that_wechat_would_cut(run, tmp_path):
    shipped = (config.shipped("flows") / "messages.yaml").read_text("utf-8")
    good = run("check", config.shipped("flows") / "messages.yaml")
    assert good.exit_code == 0, good.output
    longer = shipped.replace("thing1: 出院随访，想了解您的恢复情况", "thing1: 出院随访，想了解您的恢复情况，请您抽空回复我们一下")
    (tmp_path / "messages.yaml").write_text(longer, "utf-8")
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "p.yaml").write_text("touchpoints:\n  - {flow: a, notice: strange}\n", "utf-8")
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert "follow_up" in result.output
    assert "thing1 有25个字，微信最多20个" in result.output
    assert "strange" in result.output
