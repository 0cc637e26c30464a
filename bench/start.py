"""From `suifang serve` to the first answered request, and the memory it then holds."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.row import Row

ROUNDS = 3
START_BAR, MEMORY_BAR = 2.0, 150.0


def run() -> list[Row]:
    """A migrated database, as at a restart."""
    starts, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = {
            "HOSPITAL": "示例医院", "PUBLIC_URL": "http://127.0.0.1", "PORT": str(port), "WECHAT_APPID": "wx0",
            "WECHAT_SECRET": "s", "WECHAT_TOKEN": "t", "WECHAT_MODE": "plain", "DATA_DIR": folder,
            "WECHAT_API": "http://127.0.0.1:9",
        }  # fmt: skip
        environment = {**os.environ, **{f"SUIFANG_{name}": value for name, value in settings.items()}}
        subprocess.run([sys.executable, "-m", "bot", "migrate"], env=environment, check=True, capture_output=True)
        for _ in range(ROUNDS + 1):
            begun = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=environment, stderr=subprocess.DEVNULL)
            _answered(port, process)
            starts.append(time.perf_counter() - begun)
            time.sleep(1)
            status = Path(f"/proc/{process.pid}/status")
            if status.exists():
                memory.append(int(status.read_text().split("VmRSS:")[1].split()[0]) / 1024)
            process.send_signal(signal.SIGTERM)
            if process.wait(15) != 0:
                raise RuntimeError(f"stopped with exit code {process.returncode}")
    rows = [Row("启动到第一个应答", median(starts[1:]), "s", START_BAR)]
    return rows + ([Row("常驻内存", median(memory[1:]), "MB", MEMORY_BAR)] if memory else [])


def _answered(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 0.1) as sock:
                sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if sock.recv(1024).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("suifang serve ended by itself")
