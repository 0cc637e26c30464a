"""`suifang serve` on a clock that is set forward. For each line of input, by how many seconds, a process serves: it is forked
with everything imported and the tables of words read, so that it takes the place of a killed one at once. Printed are its
number and how it ended."""

import ctypes
import functools
import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import bot.cli.serve  # noqa: F401
import storage.tables  # noqa: F401
from bot import app, config, practice


def go_with_parent():
    """On Linux, end when the parent ends: a killed test leaves nothing running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def serve(ahead):
    go_with_parent()
    app.run(config.load(), now=lambda: datetime.now(UTC) + ahead)


def tell(number):
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main():
    go_with_parent()
    practice.load_tables = functools.cache(practice.load_tables)
    practice.load_tables(config.load().flows)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            sys.stdin.close()
            serve(timedelta(seconds=float(line)))
            sys.stderr.flush()
            os._exit(0)
        tell(process)
        tell(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


if __name__ == "__main__":
    main()
