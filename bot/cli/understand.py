"""`suifang understand`: the reading of replies in bulk, without the chat around it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def understand(
    explain: Annotated[str | None, typer.Option("--explain", help="只读这一句，说明为什么这样读")] = None,
    proxy: Annotated[bool, typer.Option("--proxy", help="说话的是家属（与 --explain 同用）")] = False,
) -> None:
    """读解回复：标准输入每行一个 JSON，标准输出每行一个读解；写得不对的行给出 error，不停下。"""
    import orjson

    from bot import config
    from bot.practice import load_tables
    from bot.reading import explain as explaining
    from bot.reading.read import read

    tables = load_tables(config.load().flows)
    if explain is not None:
        reading = read(explain, None, tables, proxy=proxy)
        typer.echo("\n".join(explaining.explain(explain, reading, tables, proxy=proxy)))
        return
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        data = None
        try:
            data = orjson.loads(line)
            text, question, by_proxy, today = explaining.from_json(data)
            reading = read(text, question, tables, proxy=by_proxy, today=today)
            made = {"id": data.get("id"), **explaining.to_json(reading)}
        except ValueError as error:
            words = "不是有效的 JSON" if isinstance(error, orjson.JSONDecodeError) else str(error)
            made = {"id": data.get("id") if isinstance(data, dict) else None, "error": words}
        out.write(orjson.dumps(made, option=orjson.OPT_APPEND_NEWLINE))
        out.flush()
