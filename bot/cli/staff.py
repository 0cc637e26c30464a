"""`suifang staff`: who may sign in to the console."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="工作台的用户。")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another


@app.callback()
def _group() -> None:
    pass


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="登录名")],
    name: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[str, typer.Option(help="角色：nurse、ward、supervisor、admin …")] = "nurse",
    ward: Annotated[str, typer.Option(help="病区")] = "",
) -> None:
    """新增一位用户，打印初始密码。"""
    from bot import config
    from bot.care.errors import Refused
    from bot.web.auth import hash_password
    from storage import staff
    from storage.database import open_database

    if role not in staff.ROLES:
        raise typer.BadParameter(f"角色应为 {'、'.join(staff.ROLES)} 之一", param_hint="--role")
    database = open_database(config.load().database)
    try:
        if database.behind:
            raise Refused("数据库还没有建好，请先执行 suifang migrate")
        if database.read_now(staff.by_username, username) is not None:
            raise Refused(f"登录名 {username} 已经有了")
        password = "".join(secrets.choice(LETTERS) for _ in range(12))
        database.write_now(staff.add, username, name, hash_password(password), role, datetime.now(UTC), ward=ward)
    finally:
        database.close_now()
    typer.echo(f"已新增 {username}，初始密码 {password}（只显示这一次，请当面转告）")
