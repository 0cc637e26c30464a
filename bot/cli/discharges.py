"""`suifang import`: a discharge list from a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

MOST_SHOWN = 50


def import_(
    file: Annotated[Path, typer.Argument(help="出院名单，.xlsx、.xls 或 .csv", exists=True, dir_okay=False, readable=True)],
) -> None:
    """导入出院名单，并为每位患者安排随访。可以重复导入：变了的更新，没变的不动。"""
    from bot import app, config
    from bot.care import intake
    from bot.his import discharges
    from storage import library

    house = app.open_house(config.load())
    try:
        now = house.now()
        found = discharges.read(file.name, file.read_bytes(), zone=house.settings.zone, today=house.practice.today(now))
        for issue in found.issues[:MOST_SHOWN]:
            place = f"第{issue.row}行 {issue.column}" if issue.row else "文件"
            typer.echo(f"{place}：{issue.message}", err=True)
        if len(found.issues) > MOST_SHOWN:
            typer.echo(f"……还有{len(found.issues) - MOST_SHOWN}处，请在工作台的导入页查看", err=True)

        async def take_in() -> int:
            return await intake.import_list(house.database, house.practice, found, name=file.name, staff_id=None, now=now)

        done = house.database.read_now(library.one_import, asyncio.run(take_in()))
        assert done is not None
        typer.echo(f"新增{done.added}，更新{done.changed}，没有变化{done.unchanged}，未导入{done.refused}。")
    finally:
        house.database.close_now()
    if found.issues and not found.rows:
        raise typer.Exit(1)
