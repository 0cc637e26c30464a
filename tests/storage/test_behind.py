"""Whether the database lacks a migration, known without Alembic."""

import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from storage import migrations
from storage.database import open_database

ROOT = Path(__file__).parent.parent.parent


def test_the_heads_are_those_that_alembic_finds():
    assert migrations.heads() == set(ScriptDirectory.from_config(migrations.config()).get_heads())


def test_an_empty_database_is_behind_until_it_is_migrated(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    before = database.behind
    database.migrate()
    after = database.behind
    database.close_now()

    assert (before, after) == (True, False)


def test_a_start_on_sqlite_needs_neither_alembic_nor_the_other_driver():
    code = "import sys, bot.app; print([name for name in ('alembic', 'psycopg', 'holidays') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout == "[]\n", done.stderr
