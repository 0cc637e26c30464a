"""`suifang plan`: what runs by which protocol, and taking running plans over to a protocol that was changed."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="随访方案：看改动会影响谁，再决定要不要移动正在走的计划。")
MOST_SHOWN = 50

ProtocolId = Annotated[str, typer.Argument(help="方案编号，如 knee")]


@app.command()
def preview(protocol: ProtocolId) -> None:
    """列出移动以后谁会怎样变，不改任何东西。"""
    from bot import app as house_of
    from bot import config
    from bot.care import moving

    house = house_of.open_house(config.load())
    try:
        changes = house.database.read_now(moving.preview, house.practice, protocol, house.now(), 100_000)
    finally:
        house.database.close_now()
    zone = house.practice.zone
    for change in changes[:MOST_SHOWN]:
        same = "" if change.steps else "：日期不变，只更新文字和时段"
        typer.echo(f"计划{change.plan_id} {change.ward}（版本 {change.version} 起）{same}")
        for step in change.steps:
            typer.echo(f"    {step.title}：{_words(step.before, step.after, zone)}")
    if len(changes) > MOST_SHOWN:
        typer.echo(f"……还有{len(changes) - MOST_SHOWN}个，工作台“方案”页可以看全")
    typer.echo(f"共{len(changes)}个计划会变。执行 suifang plan move {protocol} 移动。" if changes else "没有按旧版本进行的计划。")


def _words(before: datetime | None, after: datetime | None, zone: tzinfo) -> str:
    told = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "" for at in (before, after)]
    if before and after:
        return f"{told[0]} 改为 {told[1]}"
    return f"新增 {told[1]}" if after else f"取消 {told[0]}"


@app.command()
def move(protocol: ProtocolId, yes: Annotated[bool, typer.Option("--yes", help="不再确认")] = False) -> None:
    """把正在走的计划移到方案现在的版本。已经开始的和患者自己定了时间的不动。"""
    from bot import app as house_of
    from bot import config
    from bot.care import moving

    house = house_of.open_house(config.load())
    try:
        changes = house.database.read_now(moving.preview, house.practice, protocol, house.now(), 100_000)
        if not changes:
            typer.echo("没有按旧版本进行的计划。")
            return
        if not yes:
            typer.confirm(f"移动{len(changes)}个计划？", abort=True)
        moved = 0
        while done := house.database.write_now(moving.move, house.practice, protocol, None, house.now()):
            moved += done
        typer.echo(f"已移动{moved}个计划。")
    finally:
        house.database.close_now()
