"""`suifang serve` on a clock that is set forward: the file `ahead` holds by how many seconds, as a double. For each line of input
a process serves: it is forked with everything imported and the tables of words read, so that it takes the place of a killed one
at once. Printed are its number and how it ended."""

import ctypes
import functools
import mmap
import os
import signal
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bot.cli.serve  # noqa: F401
import storage.tables  # noqa: F401
from bot import app, config, practice


def go_with_parent():
    """On Linux, end when the parent ends: a killed test leaves nothing running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def serve():
    go_with_parent()
    with Path("ahead").open("rb") as file:
        ahead = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    app.run(config.load(), now=lambda: datetime.now(UTC) + timedelta(seconds=struct.unpack_from("d", ahead)[0]))


def tell(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main():
    go_with_parent()
    practice.load_tables = functools.cache(practice.load_tables)
    practice.load_tables(config.load().flows)
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            sys.stdin.close()
            serve()
            sys.stderr.flush()
            os._exit(0)
        tell(process)
        tell(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


if __name__ == "__main__":
    main()
