"""`suifang simulate`: the simulated WeChat platform, for a bot that runs elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer


def simulate(
    port: Annotated[int, typer.Option(help="监听端口")] = 8081,
    host: Annotated[str, typer.Option(help="监听地址；模拟器没有登录，不要对外开放")] = "127.0.0.1",
    callback: Annotated[str, typer.Option(help="机器人的回调地址")] = "http://127.0.0.1:8080/wechat",
    token: Annotated[str, typer.Option(help="服务器配置里的 Token")] = "sim-token",  # noqa: S107
    aes_key: Annotated[str, typer.Option(help="EncodingAESKey，43 位；兼容、安全模式必填")] = "",
    appid: Annotated[str, typer.Option(help="公众号 appid")] = "wx0000000000000000",
    secret: Annotated[str, typer.Option(help="公众号 appsecret")] = "sim-secret",  # noqa: S107
    mode: Annotated[str, typer.Option(help="消息加解密方式：plain 明文、compatible 兼容、safe 安全")] = "plain",
    account_name: Annotated[str, typer.Option(help="公众号名称")] = "示例医院",
    phones: Annotated[int, typer.Option(min=0, max=1000, help="先放几部手机")] = 3,
    simulated_retries: Annotated[bool, typer.Option(help="重推的 0、5、10 秒按模拟时间走")] = False,
) -> None:
    """启动模拟的微信平台：机器人像连接微信一样连接它，手机页面在浏览器里打开。"""
    from aiohttp import web

    from bot.simulator.app import PLATFORM, Options, build

    if mode not in ("plain", "compatible", "safe"):
        raise typer.BadParameter("只能是 plain、compatible 或 safe", param_hint="--mode")
    address = f"http://{host}:{port}"
    try:
        options = Options(
            appid=appid,
            secret=secret,
            token=token,
            aes_key=aes_key,
            mode=mode,  # type: ignore[arg-type]
            callback_url=callback,
            account_name=account_name,
            retries_by="simulated" if simulated_retries else "real",
            base_url=address,
        )
    except ValueError as error:
        raise typer.BadParameter("必须是 43 位字母和数字", param_hint="--aes-key") from error
    app = build(options)
    for number in range(1, phones + 1):
        app[PLATFORM].add(f"手机{number}")
    typer.echo(f"模拟的微信：{address}/  推送到 {callback}  （Ctrl+C 结束）")
    web.run_app(app, host=host, port=port, print=None, access_log=None, shutdown_timeout=2)
