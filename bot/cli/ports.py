"""Ports of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable


def free(port: int, say: Callable[[str], object]) -> int:
    """The port, or another when it is taken, which `say` is told."""
    for wanted in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
        if port and found != port:
            say(f"端口 {port} 已被占用，改用 {found}。")
        return found
    raise OSError("no free port")
