"""`suifang serve`: the bot and the console."""

from __future__ import annotations

import gc
from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="监听的地址（默认见设置）")] = None,
    port: Annotated[int | None, typer.Option(help="监听的端口（默认见设置）")] = None,
) -> None:
    """启动随访服务：微信回调、工作台、定时任务。SIGTERM 或 Ctrl+C 平稳停止。"""
    gc.disable()  # while it starts, as `app.run` does
    try:
        from bot import app, config

        given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        settings = config.load(**given)
        address = f"随访服务 http://{settings.host}:{settings.port}/console/  微信回调 {settings.public_url}/wechat"
        app.run(settings, ready=lambda: typer.echo(address, err=True))
    finally:
        gc.enable()
