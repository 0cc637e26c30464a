"""Logs as JSON lines, without personal data: what could tell of a person is masked before it is written, whoever logs it."""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

MASK = "…"
SLOW = 1.0  # seconds; quiet routes are logged only when slower, or refused
QUIET = frozenset({"/wechat", "/healthz", "/metrics", "/static/{name}"})
Event = MutableMapping[str, Any]

# fields that hold words, names or ways to reach a person, whatever they contain
_PRIVATE = re.compile(
    r"openid|unionid|phone|mobile|email|address|text|body|content|said|quote|message|patient|title|query|password|secret|token|key|"
    r"cookie|id_?number|id_?card|admission|username|(^|_)name$",
    re.IGNORECASE,
)
_PHONE = r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
_ID_NUMBER = r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"
_OPENID = r"(?<![A-Za-z0-9_-])o[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])"
_PERSONAL = re.compile(f"{_PHONE}|{_ID_NUMBER}|{_OPENID}")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")

_log = structlog.get_logger()


def redact(logger: Any, method: str, event: Event) -> Event:
    """Mask private fields, and what looks like a phone, an ID number or an openid anywhere. An exception keeps its kind and
    place; its message goes, since a database error quotes what was to be written."""
    error = event.pop("exc_info", None)
    if error:
        event.update(_where(error))
    for name, value in event.items():
        if name == "event":
            event[name] = _PERSONAL.sub(MASK, str(value))
        elif name not in ("level", "timestamp", "where", "error"):
            event[name] = MASK if _PRIVATE.search(name) else _clean(value)
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _PERSONAL.sub(MASK, value)
    if isinstance(value, dict):
        return {name: MASK if _PRIVATE.search(str(name)) else _clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else _PERSONAL.sub(MASK, type(value).__name__)


def _where(error: Any) -> dict[str, Any]:
    raised = error if isinstance(error, BaseException) else (error if isinstance(error, tuple) else sys.exc_info())[1]
    if raised is None:
        return {}
    steps = traceback.extract_tb(raised.__traceback__)[-8:]
    where = [f"{step.filename.rsplit('/', 1)[-1]}:{step.lineno} {step.name}" for step in steps]
    return {"error": type(raised).__name__, "where": where}


class _FromLibraries(logging.Handler):
    """What libraries log by the standard way: their pattern is kept, its arguments, which may quote a person, are not."""

    def __init__(self, write: Callable[[Event], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        pattern = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        event: Event = {"event": _HAN.sub(MASK, pattern), "library": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        self._write(event)


def set_up(level: str = "info", *, to: TextIO | None = None, count: Callable[[str], None] | None = None) -> None:
    """Send all logs to `to` (stderr) as JSON lines. `count` is told the event of each error."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def counted(logger: Any, method: str, event: Event) -> Event:
        if count is not None and (method in ("error", "critical", "exception") or event.get("level") in ("error", "critical")):
            count(str(event.get("event", "")) if "library" not in event else str(event["library"]))
        return event

    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    chain: list[structlog.types.Processor] = [structlog.processors.add_log_level, counted, redact, stamp, render]
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(to or sys.stderr),
        cache_logger_on_first_use=False,
    )

    def write(event: Event) -> None:
        line: Any = event
        for step in (counted, redact, stamp, render):
            line = step(None, "", line)
        print(line, file=to or sys.stderr, flush=True)

    logging.root.handlers = [_FromLibraries(write)]
    logging.root.setLevel(max(number, logging.WARNING))


@web.middleware
async def requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request: the route, never the path (it may hold a token) nor the query."""
    began, status = time.perf_counter(), 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    finally:
        took = time.perf_counter() - began
        resource = request.match_info.route.resource
        route = resource.canonical if resource else ""
        if route not in QUIET or took > SLOW or status >= 500:
            _log.info("request", method=request.method, route=route, status=status, ms=round(took * 1000, 1))
