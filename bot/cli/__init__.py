"""`suifang`: the commands. Each module of this folder is a command or a group; what it needs is imported when it runs."""

from __future__ import annotations

import sys

import typer

from bot.cli import check, demo, discharges, migrate, plan, privacy, serve, simulate, staff, understand

app = typer.Typer(
    name="suifang",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="随访：出院患者的微信随访。设置用环境变量 SUIFANG_… 或 suifang.toml，缺什么请看 suifang check。",
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(check.check)
app.command()(migrate.migrate)
app.command("import")(discharges.import_)
app.command()(simulate.simulate)
app.command()(understand.understand)
app.add_typer(staff.app, name="staff")
app.add_typer(privacy.app, name="privacy")
app.add_typer(plan.app, name="plan")

# groups that are heavy to import: they read their own arguments
_ASIDE = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@app.command("flow", context_settings=_ASIDE, help="话术：检查、试聊、编辑器用的语法。")
def _flow(context: typer.Context) -> None:
    from bot.cli import flow

    flow.app(context.args, prog_name="suifang flow")


def main() -> None:
    """Run a command. What the user can put right is said in a few lines, without a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if lines := _words(error):
            print(*lines, sep="\n", file=sys.stderr)
            sys.exit(1)
        raise


def _words(error: Exception) -> list[str]:
    """What the error says to the user; nothing for one that nobody foresaw."""
    from bot.care.errors import Refused
    from bot.config import WrongSettings

    if isinstance(error, WrongSettings):
        return ["设置有误：", *(f"  {line}" for line in error.lines)]
    return [error.message] if isinstance(error, Refused) else []
