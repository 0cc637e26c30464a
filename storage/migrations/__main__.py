"""`python -m storage.migrations URL "what changes"`: writes the next revision, by comparing the tables in the code with an
empty PostgreSQL brought to the last revision. With `--again` it replaces the last one, which must not be released yet."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import Script, ScriptDirectory

from storage.database import open_database
from storage.migrations import config, upgrade


def main() -> None:
    """Write the revision; read it before committing it."""
    parser = argparse.ArgumentParser(prog="python -m storage.migrations", description=__doc__)
    parser.add_argument("url", help="an empty PostgreSQL: postgresql+psycopg://…")
    parser.add_argument("title", help="what changes")
    parser.add_argument("--again", action="store_true", help="replace the last revision")
    asked = parser.parse_args()
    if asked.again:
        Path(_known()[0].path).unlink()
    database = open_database(asked.url)
    upgrade(database.engine)
    with database.engine.connect() as connection:
        settings = config(connection)
        settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        number = len(_known()) + 1
        written = command.revision(settings, asked.title, autogenerate=True, rev_id=f"{number:04d}")
    database.close_now()
    assert isinstance(written, Script)
    path = Path(written.path)
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.strip().startswith("# ###")]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=False)  # noqa: S603 - our own file


def _known() -> list[Script]:
    return list(ScriptDirectory.from_config(config()).walk_revisions())


if __name__ == "__main__":
    main()
