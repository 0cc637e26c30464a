"""Logs: lines of JSON in which no patient can be found."""

import io
import json
import logging

import pytest
import structlog
from aiohttp import web

from bot.web import log

PERSONAL = ["13800000001", "11010119600101001X", "oAbcdefghijklmnopqrstuvwxy-1", "张三", "伤口很疼"]


@pytest.fixture
def lines():
    """Set logs up and hand over a reader of what was written."""
    kept = structlog.get_config(), logging.root.handlers[:], logging.root.level
    counted = []
    out = io.StringIO()
    log.set_up("debug", to=out, count=counted.append)

    def read():
        return [json.loads(line) for line in out.getvalue().splitlines()]

    read.text = out.getvalue
    read.counted = counted
    yield read
    structlog.configure(**kept[0])
    logging.root.handlers, logging.root.level = kept[1], kept[2]


@pytest.mark.parametrize(
    "field",
    [
        "openid",
        "phone",
        "text",
        "said",
        "quote",
        "name",
        "patient_name",
        "content",
        "id_number",
        "body",
        "query",
        "token",
        "secret",
    ],
)
def test_a_private_field_is_masked_whatever_it_holds(lines, field):
    structlog.get_logger().info("kept", **{field: "张三"}, kind="text_kept", nested=[{field: "张三"}])

    [line] = lines()
    assert line[field] == "…"
    assert line["nested"] == [{field: "…"}]
    assert line["kind"] == "text_kept"


@pytest.mark.parametrize(
    "value", ["13800000001", "+86 138-0000-0001", "11010119600101001X", "oAbcdefghijklmnopqrstuvwxy-1", "电话13800000001打不通"]
)
def test_numbers_of_a_person_are_masked_in_any_field_and_in_the_event(lines, value):
    structlog.get_logger().warning(f"went wrong {value}", why=value, deep={"rid": [value]}, thing=OSError(value))

    assert not any(each in lines.text() for each in ("13800000001", "138-0000", "11010119600101001X", "oAbcdefghijkl"))


@pytest.mark.parametrize("value", ["2026112112345678", "rid: 5f0a1b2c-3d4e5f60-7a8b9c0d", 45015, 3.5, True, None])
def test_what_is_no_person_stays(lines, value):
    structlog.get_logger().info("sent", rid=value)

    assert lines()[0]["rid"] == value


def test_an_exception_is_logged_by_kind_and_place_without_its_words(lines):
    try:
        raise ValueError("张三 13800000001 伤口很疼")
    except ValueError:
        structlog.get_logger().exception("went wrong")

    [line] = lines()
    assert line["error"] == "ValueError"
    assert line["where"][-1].startswith("test_log.py:")
    assert not any(each in lines.text() for each in PERSONAL)


def test_what_libraries_log_goes_the_same_way(lines):
    logger = logging.getLogger("aiohttp.server")
    try:
        raise KeyError("张三")
    except KeyError:
        logger.exception("Error handling request from %s", "13800000001")
    logger.warning("bad value 伤口很疼 %s", "张三")

    first, second = lines()
    assert (first["event"], first["library"], first["error"]) == ("Error handling request from %s", "aiohttp.server", "KeyError")
    assert second["event"] == "bad value … %s"
    assert not any(each in lines.text() for each in PERSONAL)


def test_errors_are_counted_by_kind(lines):
    structlog.get_logger().info("fine")
    structlog.get_logger().error("message not kept", error="OperationalError")
    logging.getLogger("aiohttp.server").error("Error handling request")

    assert lines.counted == ["message not kept", "aiohttp.server"]


async def test_a_request_is_logged_by_its_route_without_path_and_query(lines, aiohttp_client):
    async def page(request):
        return web.Response(text="ok")

    async def gone(request):
        raise web.HTTPNotFound

    app = web.Application(middlewares=[log.requests])
    app.router.add_get("/t/{token}", page)
    app.router.add_get("/gone/{id}", gone)
    app.router.add_get("/healthz", page)
    client = await aiohttp_client(app)
    await client.get("/t/secret-token?phone=13800000001&openid=x")
    await client.get("/gone/7")
    await client.get("/nowhere/张三")
    await client.get("/healthz")

    seen = [(line["route"], line["status"]) for line in lines() if line["event"] == "request"]
    assert seen == [("/t/{token}", 200), ("/gone/{id}", 404), ("", 404)]
    assert "secret-token" not in lines.text()
    assert not any(each in lines.text() for each in PERSONAL)
