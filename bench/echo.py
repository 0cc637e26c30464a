"""The unit of the webhook's figures: a bare aiohttp POST echo on the asyncio loop. Prints its port."""

from __future__ import annotations

import socket

from aiohttp import web


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read(), content_type="application/xml")


async def _api(request: web.Request) -> web.Response:
    """What WeChat answers to any call, for the outbox to have somewhere to go."""
    if request.path.endswith("token"):
        return web.json_response({"access_token": "t", "expires_in": 7200})
    return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": 1})


def main() -> None:
    """Serve until killed."""
    app = web.Application()
    app.router.add_post("/wechat", _echo)
    app.router.add_route("*", "/cgi-bin/{rest:.*}", _api)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    web.run_app(app, sock=listener, access_log=None, print=None)


if __name__ == "__main__":
    main()
