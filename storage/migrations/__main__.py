"""`python -m storage.migrations URL "what changes"`: writes the next revision, by comparing the tables in the code with an
empty PostgreSQL brought to the last revision."""

from __future__ import annotations

import sys

from alembic import command
from alembic.script import ScriptDirectory

from storage.database import open_database
from storage.migrations import config, upgrade


def main() -> None:
    """Write the revision; read it before committing it."""
    url, title = sys.argv[1:]
    database = open_database(url)
    upgrade(database.engine)
    with database.engine.connect() as connection:
        settings = config(connection)
        settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        count = len(list(ScriptDirectory.from_config(settings).walk_revisions()))
        command.revision(settings, title, autogenerate=True, rev_id=f"{count + 1:04d}")
    database.close_now()


if __name__ == "__main__":
    main()
