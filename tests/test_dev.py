"""The set-up on a machine that has only python3: what its owner sees when things are well and when they are not."""

import ast
import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path):
    """A clone with a run-time set of nothing, so that only the set-up itself is at work."""
    (tmp_path / "dev.py").write_text((ROOT / "dev.py").read_text("utf-8"), "utf-8")
    (tmp_path / "requirements.lock").write_text("--index-url http://127.0.0.1:9/simple\n", "utf-8")
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__main__.py").write_text("import sys; print('demo runs', *sys.argv[1:])\n", "utf-8")
    return tmp_path


def run(checkout, *args, **environment):
    """dev.py as somebody types it, on a PATH without uv."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys._base_executable, "dev.py", *args],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull, **kept, **environment},
        capture_output=True,
        text=True,
    )


def test_an_old_python_can_read_the_file_and_so_the_sentence():
    ast.parse((ROOT / "dev.py").read_text("utf-8"), feature_version=(3, 6))


def test_the_first_run_makes_the_environment_and_the_second_is_at_once(checkout):
    first = run(checkout, "demo", "--play")
    made = (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    second = run(checkout, "demo")

    assert (first.returncode, first.stdout) == (0, "demo runs demo --play\n")
    assert (second.returncode, second.stdout, second.stderr) == (0, "demo runs demo\n", "")
    assert (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made


def test_without_a_network_there_is_one_sentence_and_nothing_half_made(checkout):
    (checkout / "requirements.lock").write_text(f"aiohttp==3.14.5 --hash=sha256:{'0' * 64}\n", "utf-8")

    done = run(checkout, "demo", PIP_INDEX_URL="http://127.0.0.1:9/simple")

    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [dev.NO_NETWORK]
    assert not (checkout / ".venv").exists()


def test_an_environment_that_was_killed_half_way_is_made_again(checkout):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "suifang.json").write_text(json.dumps({"state": "making"}), "utf-8")

    assert run(checkout, "demo").stdout == "demo runs demo\n"


def test_a_failed_update_leaves_the_old_environment_working(checkout):
    run(checkout, "demo")
    good = (checkout / "requirements.lock").read_text("utf-8")
    (checkout / "requirements.lock").write_text(f"aiohttp==3.14.5 --hash=sha256:{'0' * 64}\n", "utf-8")
    broken = run(checkout, "demo", PIP_INDEX_URL="http://127.0.0.1:9/simple")
    (checkout / "requirements.lock").write_text(good, "utf-8")

    assert broken.returncode == 1
    assert run(checkout, "demo").stderr == ""


@pytest.mark.parametrize("args", [[], ["help"], ["nonsense"]])
def test_help_names_every_command(checkout, args):
    done = run(checkout, *args)

    assert all(f"  {name} " in done.stdout for name in dev.COMMANDS)
    assert done.returncode == (2 if args == ["nonsense"] else 0)


class Index(BaseHTTPRequestHandler):
    """A package index that has one pip, behind a password."""

    def do_GET(self):
        if self.headers.get("Authorization") != "Basic dTpw":
            self.send_error(401)
            return
        page = f'<a href="../../files/{dev.PIP[0]}#sha256=x&amp;y=1">pip</a>'.encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a wheel" if self.path == f"/files/{dev.PIP[0]}" else page)

    def log_message(self, *args):
        pass


@pytest.fixture
def index(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://u:p@127.0.0.1:{server.server_port}/simple")
    yield
    server.shutdown()
    server.server_close()


def test_pip_is_fetched_from_the_index_of_the_user(index, monkeypatch):
    monkeypatch.setattr(dev, "PIP", (dev.PIP[0], hashlib.sha256(b"a wheel").hexdigest()))

    assert dev.pip_wheel() == b"a wheel"


def test_a_pip_with_another_hash_is_refused(index):
    with pytest.raises(dev.Trouble, match="校验和不符"):
        dev.pip_wheel()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "磁盘已满"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "校验和不符"),
        ("Failed to fetch: dns error: failed to lookup address information", "连不上软件源"),
        ("NewConnectionError: Temporary failure in name resolution", "连不上软件源"),
        ("SSLError(SSLCertVerificationError(1, 'certificate verify failed'))", "证书"),
        ("  ERROR: something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_an_installers_failure_becomes_one_sentence(output, sentence):
    with pytest.raises(dev.Trouble) as trouble:
        dev.quiet([sys.executable, "-c", f"import sys; print({output!r}); sys.exit(1)"])

    assert sentence in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_every_locked_package_has_hashes_and_the_test_set_holds_the_run_time_set():
    def pins(name):
        lines = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
        return {line.split()[0]: "--hash=sha256:" in line for line in lines if line[:1].isalnum()}

    run_time, tests = pins("requirements.lock"), pins("requirements-dev.lock")

    assert len(run_time) > 40
    assert all(run_time.values())
    assert all(tests.values())
    assert run_time.keys() <= tests.keys()
