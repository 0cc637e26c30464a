"""The console over a real database, with a browser that behaves (same origin, one cookie jar)."""

from datetime import timedelta
from pathlib import Path

import hospital
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hospital import ROOT, SEAL

from bot import practice as files
from bot.config import Settings
from bot.web import auth, site
from bot.web.keys import DATABASE, FILES, NOW, PRACTICE, SETTINGS
from storage import staff
from storage.files import Files


class Clock:
    """Two clocks: the house's, and the real one by which logins live."""

    def __init__(self):
        self.now = hospital.NOW
        self.wall = hospital.NOW

    def pass_(self, **length):
        self.now += timedelta(**length)
        self.wall += timedelta(**length)


class Browser:
    """Asks as a browser asks: with an Origin, and the token that stood in the page."""

    def __init__(self, client):
        self.client = client
        self.csrf = ""

    async def get(self, path, **more):
        response = await self.client.get(path, allow_redirects=False, **more)
        return response, await response.text()

    async def post(self, path, data=None, *, origin=None, csrf=None, headers=None, **more):
        home = f"http://{self.client.host}:{self.client.port}"
        fields = {"csrf": self.csrf if csrf is None else csrf} | (data or {})
        sent = {"Origin": origin or home} | (headers or {})
        response = await self.client.post(path, data=fields, headers=sent, allow_redirects=False, **more)
        return response, await response.text()

    def comes_in(self, database, clock):
        """Be nurse liu without the login page, which takes its time on purpose."""
        token, self.csrf = "t" * 43, "c" * 43
        member = database.read_now(staff.by_username, "liu")
        database.write_now(staff.open_login, member, auth.hashed(token), self.csrf, clock.wall)
        self.client.session.cookie_jar.update_cookies({"suifang": token}, self.client.make_url("/"))

    async def sign_in(self, username="liu", password=hospital.PASSWORD, **more):
        response, text = await self.post("/console/login", {"username": username, "password": password}, **more)
        if response.status == 303:
            page = (await self.get("/console/flows"))[1]
            self.csrf = page.split('name="csrf" value="')[1].split('"')[0]
        return response, text


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def practice():
    """The hospital as its shipped files make it."""
    settings = Settings(_env_file=None, hospital="示范市第一人民医院", hospital_phone="0571-00000000", content=ROOT)
    return files.load(settings, SEAL, {})


def application(database, practice, clock):
    app = web.Application()
    app[DATABASE], app[PRACTICE], app[NOW] = database, practice, lambda: clock.now
    app[SETTINGS] = Settings(_env_file=None, hospital=practice.hospital)
    app[FILES] = Files(Path(str(database.engine.url.database)).parent / "media", practice.seal)
    site.add_site(app, ROOT / "templates", clock=lambda: clock.wall)
    return app


async def opened(database, practice, clock):
    client = TestClient(TestServer(application(database, practice, clock)))
    await client.start_server()
    return client


@pytest.fixture
async def stranger(sqlite_database, practice, clock):
    """A browser without a login; nurse liu exists."""
    sqlite_database.write_now(hospital.nurse)
    client = await opened(sqlite_database, practice, clock)
    yield Browser(client)
    await client.close()


@pytest.fixture
async def second(sqlite_database, practice, clock):
    """A further browser at the same house: await second()."""
    clients = []

    async def sit():
        clients.append(await opened(sqlite_database, practice, clock))
        return Browser(clients[-1])

    yield sit
    for client in clients:
        await client.session.close()
        await client.close()


@pytest.fixture
async def nurse(stranger, sqlite_database, clock):
    """Nurse liu, signed in."""
    stranger.comes_in(sqlite_database, clock)
    return stranger


@pytest.fixture
async def anywhere(database, practice, clock):
    """Nurse liu signed in, on SQLite and on PostgreSQL."""
    database.write_now(hospital.nurse)
    client = await opened(database, practice, clock)
    browser = Browser(client)
    browser.comes_in(database, clock)
    yield browser
    await client.close()
