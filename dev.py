#!/usr/bin/env python3
"""Everything a developer or a curious newcomer types: python3 dev.py demo | test | lint | bench | soak |
transcripts | screenshots | lock.

Standard library only. It makes .venv (also where there is neither pip nor ensurepip), installs the hash-locked set and
goes on. A new command is a function below with @command; its first line of docstring is its help.
"""

import sys

if sys.version_info < (3, 11):  # the file parses on 3.6, so that this sentence can be read there
    sys.exit("Suifang needs Python 3.11 or newer, this is %d.%d. 需要 Python 3.11 或更新的版本。" % sys.version_info[:2])

import base64
import configparser
import errno
import hashlib
import html
import importlib.util
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "suifang.json"
BIN = "Scripts" if os.name == "nt" else "bin"
RUN, DEV = "requirements.lock", "requirements-dev.lock"  # DEV holds all of RUN
PIP = ("pip-26.3-py3-none-any.whl", "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13")
COMMANDS = {}


class Trouble(Exception):
    """Something outside is wrong; the message is the one sentence the user gets."""


def command(function):
    """Register a command of dev.py; the function gets the remaining arguments."""
    COMMANDS[function.__name__] = function
    return function


@command
def demo(args):
    """Start everything on this machine and print the addresses; arguments as of `suifang demo`."""
    return become(ready(RUN), "-m", "bot", "demo", *args)


@command
def test(args):
    """Lint, types and all tests; arguments go to pytest instead of its default of one process a core."""
    python = ready(DEV)
    untidy = lint([])
    cores = min(4, os.cpu_count() or 1)
    code = call(python, "-m", "pytest", *(args or ["-n", str(cores), "--dist", "loadfile", "-q"]))
    return code or untidy


@command
def lint(args):
    """ruff check, ruff format --check and mypy; with --fix, mend what can be mended."""
    python = ready(DEV)
    fix = "--fix" in args
    checks = [
        ["-m", "ruff", "check", *(["--fix"] if fix else []), "."],
        ["-m", "ruff", "format", *([] if fix else ["--check"]), "."],
        ["-m", "mypy"],
    ]
    return max(call(python, *check) for check in checks)


@command
def bench(args):
    """Measure and compare with the bars; name some of bench/*.py to run only these, or `day`, which is long (--small)."""
    return become(ready(DEV), "-m", "bench", *args)


@command
def soak(args):
    """Days of a hospital under all troubles at once: --seed N --minutes M; what it says replays a round that failed."""
    return become(ready(DEV), "-m", "tests.soak", *args)


@command
def transcripts(args):
    """Play the recorded talks; with --approve, write them anew for reading in the diff."""
    return become(ready(DEV), "-m", "tests.transcript", *args)


@command
def screenshots(args):
    """Play the demo in Chromium and take the README's pictures anew, into docs/ or the folder named."""
    return become(ready(DEV), "-m", "tests.screenshots", *args)


@command
def lock(args):
    """Pin the newest allowed versions with their hashes (needs uv)."""
    uv = shutil.which("uv")
    if not uv:
        raise Trouble("重新锁定依赖需要 uv，请先安装 uv。")
    make = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--emit-index-url"]
    make += ["--custom-compile-command", "python3 dev.py lock", *(args or ["--upgrade"]), "pyproject.toml"]
    return call(*make, "-o", RUN) or call(*make, "--extra", "dev", "-c", RUN, "-o", DEV)


def ready(name):
    """The environment's python, with the lock file `name` installed; at once when it is already."""
    wanted = {file: digest(ROOT / file) for file in ((RUN, DEV) if name == DEV else (RUN,))}
    stamp = read_stamp()
    python = VENV / BIN / ("python.exe" if os.name == "nt" else "python")
    if not usable(python, stamp):
        if VENV.exists():
            shutil.rmtree(VENV)
        stamp = {}
    if wanted.items() <= stamp.get("locks", {}).items():
        return str(python)
    print("正在准备运行环境 .venv（第一次约需一分钟）…", file=sys.stderr, flush=True)
    fresh = not VENV.exists()
    try:
        if fresh:
            create(python)
        install(python, ROOT / name)
        at_home(python)
        write_stamp({"state": "ready", "root": str(ROOT), "locks": {**stamp.get("locks", {}), **wanted}})
    except BaseException:
        if fresh:
            shutil.rmtree(VENV, ignore_errors=True)
        elif STAMP.parent.exists():
            write_stamp(stamp)
        raise
    return str(python)


def usable(python, stamp):
    """Whether .venv can be kept: its python runs, it was not left half made, and the folder was not moved."""
    if stamp.get("state", "ready") != "ready" or stamp.get("root", str(ROOT)) != str(ROOT):
        return False
    probe = "import sys, sysconfig, os; sys.exit(sys.version_info < (3, 11) or not os.path.isdir(sysconfig.get_path('purelib')))"
    try:
        return subprocess.run([str(python), "-I", "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def create(python):
    """An empty environment at .venv, with pip unless uv does its work."""
    VENV.mkdir()
    write_stamp({"state": "making"})
    venv.EnvBuilder(symlinks=os.name != "nt", with_pip=False).create(VENV)
    if shutil.which("uv"):
        return
    if importlib.util.find_spec("ensurepip"):
        quiet([str(python), "-m", "ensurepip", "--default-pip"])
        return
    wheel = VENV / PIP[0]
    wheel.write_bytes(pip_wheel())
    quiet([str(python), str(wheel / "pip"), "install", "--quiet", "--no-index", "--no-deps", str(wheel)])
    wheel.unlink()


def install(python, lock_file):
    """Install exactly what the lock file says, wheels only, each checked against its hash. The index is the installer's own
    default or the user's setting: the line in the lock file would override a mirror set by PIP_INDEX_URL or pip.conf."""
    wanted = VENV / "wanted.txt"
    lines = lock_file.read_text("utf-8").splitlines(keepends=True)
    wanted.write_text("".join(line for line in lines if not line.startswith("--index-url")), "utf-8")
    stamp = read_stamp()
    write_stamp({**stamp, "state": "making"})
    flags = ["--require-hashes", "--only-binary", ":all:", "-r", str(wanted)]
    uv = shutil.which("uv")
    if uv:
        quiet([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *flags])
    else:
        quiet([str(python), "-m", "pip", "install", "--quiet", "--retries", "2", "--disable-pip-version-check", *flags])
    wanted.unlink()


def at_home(python):
    """Make the checkout importable in its environment, and `suifang` a command of it."""
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(python), "-I", "-c", where], capture_output=True, text=True, check=True).stdout.strip())
    (site / "suifang-checkout.pth").write_text(f"{ROOT}\n", "utf-8")
    if os.name != "nt":
        script = VENV / BIN / "suifang"
        script.write_text(f'#!/bin/sh\nexec "{python}" -m bot "$@"\n', "utf-8")
        script.chmod(0o755)


def pip_wheel():
    """The pip wheel of PIP from the package index. Its hash is pinned, so a machine without certificates may fetch it too."""
    name, sha256 = PIP
    index = index_url().rstrip("/") + "/pip/"
    page = fetch(index).decode("utf-8", "replace")
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
    link = next((link for link in links if urllib.parse.urlsplit(link).path.endswith("/" + name)), None)
    if link is None:
        raise Trouble("软件源里没有 %s，请换一个软件源（环境变量 PIP_INDEX_URL）。" % name)
    wheel = fetch(urllib.parse.urljoin(index, link))
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise Trouble("下载的 %s 校验和不符，已丢弃：网络或软件源不可信。" % name)
    return wheel


def index_url():
    """The package index: PIP_INDEX_URL, else pip's configuration files, else the first line of the lock file."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    home = Path.home()
    files = [os.environ.get("PIP_CONFIG_FILE", ""), home / ".config/pip/pip.conf", home / ".pip/pip.conf", "/etc/pip.conf"]
    for file in files:
        settings = configparser.RawConfigParser()
        settings.read(file or [], "utf-8")
        if settings.has_option("global", "index-url"):
            return settings.get("global", "index-url")
    return re.search(r"^--index-url (\S+)", (ROOT / RUN).read_text("utf-8"), re.MULTILINE)[1]


def fetch(url):
    """The bytes at `url`; user and password in it are sent as such."""
    parts = urllib.parse.urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl(), headers={"Accept": "text/html, */*;q=0.1"})
    if user:
        pair = urllib.parse.unquote(user).encode()
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or None)
    try:
        return urllib.request.urlopen(request, timeout=60, context=trusted).read()
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
    untrusted = ssl._create_unverified_context()  # noqa: S323 - what comes is compared with a pinned hash
    return urllib.request.urlopen(request, timeout=60, context=untrusted).read()


def quiet(argv):
    """Run an installer; its output is shown only as one sentence about what went wrong."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    if done.returncode == 0:
        return
    text = done.stdout.decode("utf-8", "replace")
    for pattern, sentence in SENTENCES:
        if re.search(pattern, text, re.IGNORECASE):
            raise Trouble(sentence)
    last = [line.strip() for line in text.splitlines() if line.strip()] or ["没有输出"]
    error = next((line for line in last if line.lower().startswith("error")), last[-1])
    raise Trouble("安装依赖失败：%s" % error[:300])


NO_NETWORK = "连不上软件源，请检查网络、代理（HTTPS_PROXY）或软件源设置（PIP_INDEX_URL），然后再运行一次。"
DISK_FULL = "磁盘已满，请腾出至少 500 MB 空间，然后再运行一次。"
SENTENCES = [
    (r"no space left|disk quota", DISK_FULL),
    (r"do not match the hashes|hash mismatch", "下载的软件包与锁定的校验和不符，已拒绝安装：网络或软件源不可信。"),
    (r"certificate|ssl", "软件源的 HTTPS 证书无法验证，请设置 PIP_CERT（或 SSL_CERT_FILE）为本单位的证书文件。"),
    (r"connection|name resolution|dns|timed? ?out|network|proxy|unreachable|error sending request", NO_NETWORK),
    (r"permission denied", "没有权限写入 .venv，请检查项目文件夹的权限。"),
]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp():
    try:
        return json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def write_stamp(stamp):
    STAMP.write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")


def call(*argv):
    """Run in the project folder and return the exit code."""
    return subprocess.run(argv, cwd=ROOT).returncode


def become(*argv):
    """Go on as another program, so that signals reach it."""
    os.chdir(ROOT)
    if os.name == "nt":
        return call(*argv)
    sys.stdout.flush()
    return os.execv(argv[0], argv)


def main(argv):
    name, args = (argv[0] if argv else "help"), argv[1:]
    if name not in COMMANDS:
        lines = ["  %-12s %s" % (each.__name__, each.__doc__.splitlines()[0]) for each in COMMANDS.values()]
        print("python3 dev.py COMMAND\n\n" + "\n".join(lines))
        return 0 if name in ("help", "-h", "--help") else 2
    try:
        return COMMANDS[name](args)
    except Trouble as trouble:
        sentence = str(trouble)
    except KeyboardInterrupt:
        return 130
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        sentence = NO_NETWORK
    except OSError as error:
        sentence = DISK_FULL if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)) else "无法继续：%s" % error
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
