"""What a test needs beside Python: skipped where it is missing, unless the environment says that it has to be there."""

import os

import pytest


def require(what, why):
    """Skip the test because `what` is missing; fail it when `SUIFANG_REQUIRE=postgres,browser,node` names it."""
    if what in os.environ.get("SUIFANG_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail(f"{what} is required: {why}", pytrace=False)
    pytest.skip(why)
