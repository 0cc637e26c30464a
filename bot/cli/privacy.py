"""`suifang privacy`: a copy of everything about one person, and its deletion but for what the law wants kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.app import House
    from bot.care.privacy import Copy

app = typer.Typer(no_args_is_help=True, help="个人信息：导出、删除一位患者的全部信息。")
Number = Annotated[str, typer.Argument(help="病案号")]
Target = Annotated[Path, typer.Option("--to", help="写到这个文件，.html 可读可打印，.json 给程序用", dir_okay=False)]


@app.callback()
def _group() -> None:
    pass


@app.command()
def export(hospital_no: Number, to: Target) -> None:
    """导出一位患者的全部信息，号码是明文；会写入审计。"""
    from bot.care import privacy

    with _house() as house:
        patient_id = house.database.read_now(privacy.find, hospital_no)
        made = house.database.write_now(privacy.export, house.practice, patient_id, None, house.now())
        _write(house, made, to)
    typer.echo(f"已导出到 {to}，含健康信息和号码，请妥善保管。")


@app.command()
def erase(
    hospital_no: Number,
    reason: Annotated[str, typer.Option(help="本人申请、监护人申请、近亲属申请（本人已故）、撤回同意、其他")],
    yes: Annotated[bool, typer.Option("--yes", help="不再询问")] = False,
) -> None:
    """删除一位患者的全部信息，不能恢复；法律要求保存的加密封存，到期自动删除。会写入审计。"""
    from bot.care import privacy
    from storage.files import Files

    with _house() as house:
        patient_id = house.database.read_now(privacy.find, hospital_no)
        if not yes:
            typer.confirm("删除后不能恢复，确定删除这位患者的全部信息吗？", abort=True)
        done = house.database.write_now(privacy.erase, house.practice, patient_id, None, reason, house.now())
        files = Files(house.settings.data_dir / "media", house.practice.seal)
        for name in done.files:
            files.drop(name)
        typer.echo(f"已删除，共{sum(done.deleted.values())}条记录。")
        for title, _, until in done.kept:
            typer.echo(f"  封存：{title}，到 {until.astimezone(house.settings.zone):%Y年%m月%d日}")


@app.command()
def kept(hospital_no: Annotated[str, typer.Argument(help="病案号；不填列出全部")] = "") -> None:
    """列出删除之后按规定封存的记录。"""
    from storage import kept as storage

    with _house() as house:
        subject = house.practice.seal.index(hospital_no, "subject") if hospital_no else None
        for one in house.database.read_now(storage.of, subject):
            typer.echo(f"{one.id}  {one.title}  到 {one.until.astimezone(house.settings.zone):%Y年%m月%d日}")


@app.command("open")
def open_(
    number: Annotated[int, typer.Argument(help="封存记录的编号，见 kept")],
    why: Annotated[str, typer.Option(help="依据，例如公文编号；写入审计")],
    to: Target,
) -> None:
    """有权机关依法查阅时，打开一份封存的记录；会写入审计。"""
    from bot.care import privacy
    from bot.care.errors import Refused

    with _house() as house:
        try:
            made = house.database.write_now(privacy.open_kept, house.practice, number, None, why, house.now())
        except LookupError:
            raise Refused("没有这份封存的记录") from None
        _write(house, made, to)
    typer.echo(f"已写到 {to}")


@contextmanager
def _house() -> Iterator[House]:
    from bot import app as roof
    from bot import config

    house = roof.open_house(config.load())
    try:
        yield house
    finally:
        house.database.close_now()


def _write(house: House, made: Copy, to: Path) -> None:
    """The file, which only this user may read."""
    from bot.web import person

    machine = to.suffix.lower() == ".json"
    body = person.as_json(made) if machine else person.as_html(made, house.settings.zone).encode()
    with os.fdopen(os.open(to, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
