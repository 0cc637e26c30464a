"""WeChat within reach of the tests."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.wechat.client import open_session
from tests.wechat.server import WeChat


@pytest.fixture
async def wechat():
    wechat = WeChat()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", wechat.handle)
    server = TestServer(app)
    await server.start_server()
    wechat.url = str(server.make_url("/"))
    yield wechat
    await server.close()


@pytest.fixture
async def session():
    async with open_session() as session:
        yield session
