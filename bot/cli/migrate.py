"""`suifang migrate`: bring the database up to date."""

from __future__ import annotations

import typer


def migrate() -> None:
    """建立数据库，或升级到当前版本。请先备份。"""
    from bot import config
    from storage.database import open_database

    settings = config.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database)
    try:
        if not database.behind:
            typer.echo("数据库已是当前版本。")
            return
        database.migrate()
    finally:
        database.close_now()
    typer.echo("数据库已升级到当前版本。")
