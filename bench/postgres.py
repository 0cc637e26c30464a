"""A PostgreSQL for measuring: the tests' own, but durable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests import postgres

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "128MB"}


@contextmanager
def started() -> Iterator[str]:
    """Its URL; an empty text where there is none."""
    postgres.SETTINGS.update(DURABLE)
    try:
        with postgres.running() as server:
            yield server.url()
    except postgres.Unavailable:
        yield ""
