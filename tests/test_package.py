"""The wheel: built, put into an empty environment of its own, and used from another folder."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def pinned():
    """The run-time packages of the lock file that this machine needs."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ").splitlines()
    wanted = [Requirement(re.sub(r"--hash=\S+", "", line).strip()) for line in lines if line[:1].isalnum()]
    return [one for one in wanted if one.marker is None or one.marker.evaluate()]


@pytest.fixture(scope="module")
def suifang(wheel, tmp_path_factory):
    """The command of an environment that holds the locked run-time packages and the wheel, nothing else. The packages are
    copied from here, so that no network is needed."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(home / "env")
    scheme = {"base": str(home / "env"), "platbase": str(home / "env")}
    site = Path(sysconfig.get_path("purelib", "posix_prefix", vars=scheme))
    for one in pinned():
        distribution = importlib.metadata.distribution(one.name)
        assert distribution.version in one.specifier, f"{one.name} {distribution.version} is here, {one} is locked"
        for file in distribution.files or ():
            source = Path(file.locate())
            if ".." not in file.parts and file.suffix != ".pyc" and source.is_file():
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, site / file)
    python = home / "env" / "bin" / "python"
    uv = shutil.which("uv")
    pip = (
        [uv, "pip", "install", "--python", str(python)]
        if uv
        else [sys.executable, "-m", "pip", "--python", str(python), "install"]
    )
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SUIFANG_", "PYTHON"))}

    def run(*args, **environment):
        command = [str(home / "env" / "bin" / "suifang"), *args]
        return subprocess.run(command, cwd=home, env={**clean, **environment}, capture_output=True, text=True, timeout=60)

    run.home = home
    run.site = site
    return run


def test_the_wheel_holds_code_content_and_migrations_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}

    assert folders == {"bot", "storage", next(name for name in folders if name.endswith(".dist-info"))}
    for needed in ("flows/messages.yaml", "flows/protocols/general.yaml", "templates/console/page.html"):
        assert f"bot/content/{needed}" in names
    assert any(name.startswith("storage/migrations/versions/") for name in names)
    assert not [name for name in names if name.endswith((".pyc", ".sqlite", ".jsx")) or "node_modules" in name]


def test_help_and_the_shipped_flows_work_from_another_folder(suifang):
    helped = suifang("--help")
    checked = suifang("flow", "check", str(suifang.site / "bot" / "content" / "flows"))

    assert (helped.returncode, helped.stderr) == (0, "")
    assert "migrate" in helped.stdout
    assert checked.returncode == 0, checked.stdout


def test_a_database_is_made_and_a_user_added_from_another_folder(suifang):
    made = suifang("migrate")
    added = suifang("staff", "add", "wang", "--name", "王示例")

    assert (made.returncode, made.stdout) == (0, "数据库已升级到当前版本。\n"), made.stderr
    assert "初始密码" in added.stdout
    assert (suifang.home / "data" / "suifang.sqlite").is_file()


def test_check_names_what_is_missing(suifang):
    checked = suifang("check")

    assert checked.returncode == 1
    assert "SUIFANG_WECHAT_APPID：没有填（公众号的 AppID）" in checked.stdout
    assert "Traceback" not in checked.stdout + checked.stderr
