"""A short soak. `python3 dev.py soak` goes on for as long as one likes."""

import pytest
import soak


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_under_all_troubles_nothing_is_lost_and_nothing_doubled(tmp_path, request, kind):
    server = request.getfixturevalue("postgres_server") if kind == "postgresql" else None

    wrong, told = await soak.play(tmp_path, kind, 20261122, server=server, patients=12, kills=2, hours=(), peace=True)

    assert wrong == [], told
