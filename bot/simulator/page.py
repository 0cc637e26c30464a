"""`/`: the phones page. Its HTML, CSS and scripts live in templates/simulator and load nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def folder() -> Path:
    """Where the page's files are: in the source tree, or inside the installed package."""
    package = Path(__file__).resolve().parent.parent
    places = (package.parent / "templates" / "simulator", package / "content" / "templates" / "simulator")
    return next((one for one in places if (one / "index.html").is_file()), places[0])


def mount(app: web.Application) -> None:
    here = folder()
    if not here.is_dir():
        return
    app.router.add_static("/sim/static/", here)

    async def index(request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(here / "index.html")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    async def fresh(request: web.Request, response: web.StreamResponse) -> None:
        """An upgrade shows at once: browsers ask each time whether a file has changed."""
        if request.path == "/" or request.path.startswith("/sim/static/"):
            response.headers["Cache-Control"] = "no-cache"
            response.headers["X-Content-Type-Options"] = "nosniff"

    app.router.add_get("/", index)
    app.on_response_prepare.append(fresh)
