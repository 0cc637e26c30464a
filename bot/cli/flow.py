"""`suifang flow`: check flow files, talk to one in the terminal, write the grammar for editors."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.config import TABLES, shipped
from bot.engine.check import check as check_flow
from bot.engine.compiled import Compiled, compile_all
from bot.engine.facts import FACTS, SAMPLE
from bot.engine.flow import Flow, duration, literal
from bot.engine.flow import schema as flow_schema
from bot.engine.issue import Issue
from bot.engine.parse import parse
from bot.engine.run import resume, start
from bot.engine.session import Turn
from bot.engine.transcript import elapse, lines

app = typer.Typer(no_args_is_help=True, help="话术：检查、试聊、编辑器用的语法。")
HELP = "直接打字是患者的回复；@ +4h 让时间过去；/状态 看会话；/结束 或 Ctrl-D 离开。"


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="话术文件或文件夹")]) -> None:
    """Check flow files; prints file:line: message, exit code 1 when there are errors."""
    paths = [path for given in files for path in (_flow_files(given) if given.is_dir() else [given])]
    if tables := [path.name for path in paths if path.stem in TABLES]:
        typer.echo(f"跳过{'、'.join(tables)}：是表，不是话术，由 suifang check 检查。")
    paths = [path for path in paths if path.stem not in TABLES]
    flows, issues = _read(paths)
    neighbours = {path for given in paths for path in _flow_files(given.parent)} - set(paths)
    library = {flow.id: flow for flow in [*_read(sorted(neighbours))[0].values(), *flows.values()]}
    for path, flow in flows.items():
        same = [other for other, known in flows.items() if known.id == flow.id and other != path]
        if same:
            issues[path].append(Issue(*flow.place("id"), "duplicate_flow", f"“{flow.id}”这个编号在 {same[0].name} 里也有"))
        issues[path] += check_flow(flow, library)
    errors = 0
    for file in {path for given in files for path in _messages(given)}:
        for line in _too_long(file):
            errors += 1
            typer.echo(f"{file}: {line} [too_long]")
    for path in paths:
        for issue in issues[path]:
            errors += issue.level == "error"
            typer.echo(f"{path}:{issue.line}: {'提醒：' if issue.level == 'warning' else ''}{issue} [{issue.code}]")
    typer.echo(f"检查了{len(paths)}个文件，{errors}个错误。" if errors else f"检查了{len(paths)}个文件，没有错误。")
    raise typer.Exit(1 if errors else 0)


@app.command()
def talk(
    file: Annotated[Path, typer.Argument(help="话术文件")],
    fact: Annotated[list[str] | None, typer.Option(help="患者资料，如 --fact age=80，可写多次")] = None,
    content: Annotated[
        Path | None, typer.Option(help="red_flags.yaml 等词表所在的文件夹，默认与话术文件同处，没有就用附带的")
    ] = None,
) -> None:
    """Talk to a flow in the terminal as the patient; time passes by `@ +4h`."""
    flow = _compiled(file)
    from bot.cli.reader import make_reader  # the reading's tables take a moment; check and schema do without them

    patient = {**SAMPLE, **_facts(fact or [])}
    now = datetime.now(UTC)
    own = file.parent if (file.parent / "red_flags.yaml").is_file() else shipped("flows")
    read = make_reader(content or own, now.date())
    typer.echo(HELP)
    turn = start(flow, patient, now, read)
    _show(turn)
    while turn.session.status == "waiting":
        try:
            said = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            typer.echo("")
            return
        if said == "/结束":
            return
        if said == "/状态":
            typer.echo(turn.session.to_json().decode())
        elif said.startswith("@"):
            try:
                time = duration(said.removeprefix("@").strip().removeprefix("+"))
            except ValueError:
                typer.echo("时间要写成 @ +30m、@ +4h 或 @ +2d")
                continue
            session = turn.session
            for turn in elapse(flow, session, now, time, patient, read):
                _show(turn)
            now += time
        elif said:
            turn = resume(flow, turn.session, said, patient, now, read)
            _show(turn)


def _show(turn: Turn) -> None:
    for line in lines(turn.events):
        typer.echo(line)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Argument(help="写到哪个文件；不写就打印")] = None,
) -> None:
    """Write the grammar as JSON Schema, for completion in editors (flows/flow.schema.json)."""
    text = schema_text()
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def schema_text() -> str:
    """What stands in flows/flow.schema.json."""
    return json.dumps(flow_schema(), ensure_ascii=False, indent=2) + "\n"


def _messages(given: Path) -> list[Path]:
    """The file of fixed texts and notices, when it is or belongs to what is checked."""
    if given.is_dir():
        return [path for path in (given / "messages.yaml",) if path.is_file()]
    return [given] if given.name == "messages.yaml" else []


def _too_long(file: Path) -> list[str]:
    """What of the notices WeChat would cut, and notices that a plan names and nobody wrote."""
    from bot import config
    from bot.care.words import Words
    from bot.engine.parse import load_yaml

    try:
        hospital = config.load().hospital
    except config.WrongSettings:
        hospital = ""
    data, wrong = load_yaml(_text(file))
    if wrong:
        return [str(one) for one in wrong]
    try:
        words = Words(data, {"hospital": hospital or "示例市第一人民医院", "phone": ""})
    except ValueError as error:
        return [str(error)]
    named = {name for path in file.parent.glob("protocols/*.yaml") for name in _NOTICE.findall(_text(path))}
    return words.too_long() + [f"方案用到的通知 {name} 没有写" for name in sorted(named - words.notices.keys())]


_NOTICE = re.compile(r"\bnotice:\s*([a-z][a-z0-9_]*)")


def _flow_files(folder: Path) -> list[Path]:
    """The YAML files of a folder that are flows: tables (red flags, ladders) have no `nodes:`."""
    return sorted(path for path in folder.glob("*.yaml") if "\nnodes:" in _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise typer.BadParameter(f"没有这个文件：{path}") from None
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter(f"读不了这个文件（要用 UTF-8 保存）：{path}") from None


def _read(paths: list[Path]) -> tuple[dict[Path, Flow], dict[Path, list[Issue]]]:
    flows: dict[Path, Flow] = {}
    issues: dict[Path, list[Issue]] = {}
    for path in paths:
        flow, issues[path] = parse(_text(path), name=path.stem)
        if flow is not None:
            flows[path] = flow
    return flows, issues


def _compiled(file: Path) -> Compiled:
    flows, issues = _read(list(dict.fromkeys([file, *_flow_files(file.parent)])))
    library = {flow.id: flow for flow in flows.values()}
    found = [*issues[file], *(check_flow(flows[file], library) if file in flows else [])]
    errors = [issue for issue in found if issue.level == "error"]
    for issue in errors:
        typer.echo(f"{file}:{issue.line}: {issue} [{issue.code}]", err=True)
    if errors:
        raise typer.Exit(1)
    wanted = _used(flows[file], library)
    try:
        return compile_all(wanted)[flows[file].id]
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _used(flow: Flow, library: dict[str, Flow]) -> list[Flow]:
    """A flow and every flow it uses, however deep."""
    found, waiting = {flow.id: flow}, [flow]
    while waiting:
        for node in waiting.pop().nodes:
            if node.use in library and node.use not in found:
                found[node.use] = library[node.use]
                waiting.append(library[node.use])
    return list(found.values())


def _facts(given: list[str]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or name not in FACTS:
            raise typer.BadParameter(f"--fact 要写成 名字=值，名字可以是 {'、'.join(FACTS)}")
        facts[name] = value if isinstance(FACTS[name].sample, str) else literal(value)
    return facts
