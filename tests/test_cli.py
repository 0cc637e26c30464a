"""The commands, as an IT person of the hospital types them."""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot.cli import main
from bot.his import sample

ROOT = Path(__file__).parent.parent
SETTINGS = {
    "SUIFANG_HOSPITAL": "示例医院",
    "SUIFANG_HOSPITAL_PHONE": "000-00000000",
    "SUIFANG_PUBLIC_URL": "https://suifang.example.cn",
    "SUIFANG_WECHAT_APPID": "wx0000000000000000",
    "SUIFANG_WECHAT_SECRET": "geheim",
    "SUIFANG_WECHAT_TOKEN": "t",
    "SUIFANG_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "SUIFANG_WECHAT_API": "http://127.0.0.1:9",
    "SUIFANG_WECHAT_TEMPLATES": '{"follow_up": "T1"}',
}


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def suifang(tmp_path, monkeypatch, capsys):
    """Run `suifang` in an empty folder with good settings, or others."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SUIFANG_")]:
        monkeypatch.delenv(name)

    def run(*args, **other):
        with monkeypatch.context() as patch:
            for name, value in {**SETTINGS, **other}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["suifang", *args])
            with pytest.raises(SystemExit) as ended:
                main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return run


def test_help_imports_nothing_heavy():
    heavy = "aiohttp sqlalchemy pydantic ruamel.yaml cryptography"
    code = "import sys; from bot.cli import app; app(['--help'], standalone_mode=False); "
    code += f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_it_is_one_program_with_exit_codes(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SUIFANG_PORT": "x"}
    done = subprocess.run([sys.executable, "-m", "bot", "serve"], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == "设置有误："


def test_from_nothing_to_a_checked_hospital(suifang, tmp_path):
    before = suifang("check")
    migrated = suifang("migrate")
    again = suifang("migrate")
    added = suifang("staff", "add", "wang", "--name", "王示例", "--role", "supervisor")
    twice = suifang("staff", "add", "wang", "--name", "王示例")
    (tmp_path / "出院名单.xlsx").write_bytes(sample.discharge_list(date(2026, 11, 20), patients=12))
    first = suifang("import", "出院名单.xlsx")
    second = suifang("import", "出院名单.xlsx")
    after = suifang("check")

    assert "[错误] 数据库：还没有建立，请执行 suifang migrate" in before.stdout
    assert before.returncode == 1
    assert (migrated.stdout, again.stdout) == ("数据库已升级到当前版本。\n", "数据库已是当前版本。\n")
    assert added.stdout.startswith("已新增 wang，初始密码 ")
    assert (twice.returncode, twice.stderr) == (1, "登录名 wang 已经有了\n")
    assert first.stdout == "新增12，更新0，没有变化0，未导入0。\n", first.stderr
    assert second.stdout == "新增0，更新0，没有变化12，未导入0。\n", second.stderr
    assert (after.returncode, after.stdout.splitlines()[-1]) == (0, "可以启动。"), after.stdout


def test_a_list_that_is_none_is_refused_in_words(suifang, tmp_path):
    suifang("migrate")
    (tmp_path / "名单.csv").write_bytes(b"\x00\x01\x02")
    done = suifang("import", "名单.csv")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("SUIFANG_PORT", "x", "SUIFANG_PORT：监听的端口"),
        ("SUIFANG_WECHAT_TOKEN", "", "SUIFANG_WECHAT_TOKEN：没有填（公众号后台填写的令牌（Token））"),
        ("SUIFANG_HOSPITL", "x", "[注意] SUIFANG_HOSPITL：没有这个设置，请检查拼写"),
        ("SUIFANG_PUBLIC_URL", "http://10.0.0.1", "不是 https"),
        ("SUIFANG_DATABASE_URL", "postgresql://u:geheim@127.0.0.1:9/none", "[错误] 数据库：连不上"),
        ("SUIFANG_CONTENT", "nowhere", "[错误] 内容：没有文件夹 nowhere/flows"),
        ("SUIFANG_WECHAT_MODE", "plain", "建议 safe"),
    ],
)
def test_check_names_what_is_wrong(suifang, setting, value, said):
    done = suifang("check", **{setting: value})

    assert said in done.stdout
    assert "geheim" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_check_finds_a_key_that_others_may_read(suifang, tmp_path):
    suifang("migrate")
    (tmp_path / "data" / "key").write_text("1 " + "A" * 43 + "=\n", "ascii")
    (tmp_path / "data" / "key").chmod(0o644)

    assert "[错误] 密钥：密钥文件 data/key 能被其他用户读取，请执行: chmod 600 data/key" in suifang("check").stdout


def test_check_finds_a_mistake_in_a_flow_with_its_line(suifang, tmp_path):
    for name in ("flows", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "own" / name)
    flow = tmp_path / "own" / "flows" / "general_day3.yaml"
    flow.write_text(flow.read_text("utf-8") + "  - {id: nowhere, go: nirgends}\n", "utf-8")
    done = suifang("check", SUIFANG_CONTENT=str(tmp_path / "own"))

    assert "[错误] 话术：" in done.stdout
    assert "general_day3.yaml 第" in done.stdout


@pytest.fixture
def own(tmp_path):
    """A hospital's own content, to be spoilt."""
    for name in ("flows", "templates"):
        shutil.copytree(ROOT / name, tmp_path / "own" / name)
    return tmp_path / "own"


WRONG = [
    ("red_flags.yaml", "\nsigns:", "\nsignz:", "red_flags.yaml：缺少 signs；不认识 signz（是不是想写 signs？）"),
    ("red_flags.yaml", ", severe: ", ", severre: ", "不认识 severre（是不是想写 severe？）"),
    ("words.yaml", "\nscope:", "\n  scope:", "words.yaml 第"),
    ("complaints.yaml", "\ncodes:", "\ncode:", "complaints.yaml：缺少 codes"),
    ("red_flags.yaml", None, None, "没有 red_flags.yaml 这个文件"),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG)
def test_the_reading_does_without_no_table(suifang, own, file, old, new, said):
    path = own / "flows" / file
    text = path.read_text("utf-8")
    path.unlink()
    if old:
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    done = suifang("understand", "--explain", "胸口疼", SUIFANG_CONTENT=str(own))

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert said in suifang("check", SUIFANG_CONTENT=str(own)).stdout


def test_the_reading_needs_a_folder_that_exists(suifang):
    done = suifang("understand", "--explain", "胸口疼", SUIFANG_CONTENT="nowhere")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "设置有误：\n  没有文件夹 nowhere/flows\n")
    assert "分诊：L0" in suifang("understand", "--explain", "胸口疼，喘不上气", SUIFANG_CONTENT="").stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("protocols/knee.yaml", "\ntitle:", "\ntitel:", "缺少 title；不认识 titel"),
        ("protocols/knee.yaml", "day: 3", "day: drei", "touchpoints 第1项 day：应为整数"),
        ("ladders.yaml", "\nladders:", "\nladder:", "ladders.yaml：缺少 ladders；不认识 ladder"),
    ],
)
def test_mistakes_in_plans_and_ladders_are_told_in_chinese(suifang, own, file, old, new, said):
    path = own / "flows" / file
    text = "\n" + path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    told = suifang("check", SUIFANG_CONTENT=str(own)).stdout
    assert said in told
    assert "至少要有" not in told


def test_check_online_says_when_wechat_cannot_be_reached(suifang):
    assert "[错误] 微信：连不上 http://127.0.0.1:9" in suifang("check", "--online").stdout


@pytest.mark.parametrize("command", [["serve"], ["import", "名单.csv"]])
def test_commands_ask_for_the_migration_first(suifang, tmp_path, command):
    (tmp_path / "名单.csv").write_text("x", "utf-8")
    done = suifang(*command)

    assert done.returncode == 1
    assert "请先备份，再执行 suifang migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_says_all_that_is_missing(suifang):
    done = suifang("serve", SUIFANG_HOSPITAL="", SUIFANG_WECHAT_SECRET="")

    assert done.returncode == 1
    assert "http" not in done.stderr
    assert "SUIFANG_HOSPITAL：没有填（医院名称）" in done.stderr
    assert "SUIFANG_WECHAT_SECRET：没有填（公众号的 AppSecret）" in done.stderr


def test_serve_says_when_its_port_is_taken(suifang):
    suifang("migrate")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = suifang("serve", SUIFANG_PORT=port)

    assert (done.returncode, done.stderr) == (1, f"设置有误：\n  SUIFANG_PORT：端口 {port} 已被占用\n")
