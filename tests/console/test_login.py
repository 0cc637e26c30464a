"""Signing in, and what happens to those who may not."""

from datetime import timedelta

import hospital
import pytest
from sqlmodel import select

from bot.web import auth, middleware
from storage import staff


async def test_a_nurse_signs_in_and_comes_to_the_page_she_wanted(stranger):
    response, _ = await stranger.get("/console/tickets/7")
    assert (response.status, response.headers["Location"]) == (303, "/console/login?next=/console/tickets/7")
    wanted = {"username": "liu", "password": hospital.PASSWORD, "next": "/console/tickets/7"}
    response, _ = await stranger.post("/console/login", wanted)
    assert (response.status, response.headers["Location"]) == (303, "/console/tickets/7")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/console//evil", "/console/\\evil", "javascript:1"]
)
async def test_a_login_never_leads_elsewhere(stranger, wanted):
    response, _ = await stranger.post("/console/login", {"username": "liu", "password": hospital.PASSWORD, "next": wanted})
    assert response.headers["Location"] == "/console/tickets"


async def test_the_cookie_cannot_be_read_by_scripts_and_only_its_hash_is_kept(stranger, sqlite_database):
    response, _ = await stranger.sign_in()
    cookie = response.cookies["suifang"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    kept = sqlite_database.read_now(lambda tx: tx.session.exec(select(staff.Login.token_hash)).all())
    assert kept == [auth.hashed(cookie.value)]
    assert len(cookie.value) >= 43  # 256 bits


async def test_wrong_password_and_unknown_user_look_the_same(stranger):
    wrong = await stranger.sign_in(password="no")
    unknown = await stranger.sign_in(username="nobody", password="no")
    assert wrong[0].status == unknown[0].status == 401
    assert wrong[1].replace('value="liu"', "") == unknown[1].replace('value="nobody"', "")


async def test_an_unknown_user_costs_a_hash_too(stranger, monkeypatch):
    checked = []
    verify = auth._verify

    async def counted(kept, password):
        checked.append(kept)
        return await verify(kept, password)

    monkeypatch.setattr(auth, "_verify", counted)
    await stranger.sign_in(username="nobody", password="no")
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")


async def test_who_no_longer_works_here_cannot_sign_in_and_is_out_at_once(nurse, sqlite_database):
    def leave(tx):
        member = tx.session.exec(select(staff.Staff)).one()
        member.active = False
        tx.session.add(member)

    sqlite_database.write_now(leave)
    response, _ = await nurse.get("/console/tickets")
    assert response.status == 303
    response, _ = await nurse.sign_in()
    assert response.status == 401


async def test_ten_wrong_passwords_lock_the_user_also_with_the_right_one_until_a_quarter_of_an_hour_passed(stranger, clock):
    for _ in range(auth.TRIES_OF_USER):
        response, _ = await stranger.sign_in(password="no")
        assert response.status == 401
    response, text = await stranger.sign_in()
    assert response.status == 429
    assert "15 分钟后再试" in text
    clock.pass_(minutes=15, seconds=1)
    response, _ = await stranger.sign_in()
    assert response.status == 303


async def test_many_attempts_at_once_cannot_slip_past_the_count(stranger):
    import asyncio

    answers = await asyncio.gather(*(stranger.sign_in(password="no") for _ in range(auth.TRIES_OF_USER + 5)))
    assert [response.status for response, _ in answers].count(401) == auth.TRIES_OF_USER


async def test_guessing_many_names_from_one_address_is_stopped(stranger, sqlite_database, clock):
    def guesses(tx):
        for number in range(auth.TRIES_OF_ADDRESS):
            tx.session.add(staff.LoginFailure(username=f"user{number}", address="127.0.0.1", at=clock.wall))

    sqlite_database.write_now(guesses)
    assert (await stranger.sign_in())[0].status == 429


async def test_a_right_password_forgives_the_wrong_ones_before(stranger):
    for _ in range(2):
        for _ in range(auth.TRIES_OF_USER - 1):
            await stranger.sign_in(password="no")
        assert (await stranger.sign_in())[0].status == 303
        stranger.client.session.cookie_jar.clear()


async def test_half_an_hour_without_a_click_ends_the_login(nurse, clock):
    clock.pass_(minutes=29)
    assert (await nurse.get("/console/tickets"))[0].status == 200
    clock.pass_(minutes=29)
    assert (await nurse.get("/console/tickets"))[0].status == 200
    clock.pass_(minutes=31)
    assert (await nurse.get("/console/tickets"))[0].status == 303


async def test_a_list_that_refreshes_itself_does_not_keep_the_login_alive(nurse, clock):
    for _ in range(4):
        clock.pass_(minutes=10)
        response, _ = await nurse.get("/console/tickets?live&queue=todo", headers={"HX-Request": "true"})
    assert response.status == 401
    assert response.headers["HX-Redirect"].startswith("/console/login")


async def test_after_twelve_hours_one_signs_in_again_however_busy(nurse, clock):
    for _ in range(12 * 3 - 1):
        clock.pass_(minutes=20)
        assert (await nurse.get("/console/flows"))[0].status == 200
    clock.pass_(minutes=20)
    assert (await nurse.get("/console/flows"))[0].status == 303


async def test_moving_the_demo_clock_signs_nobody_out(nurse, clock):
    clock.now += timedelta(days=30)
    assert (await nurse.get("/console/tickets"))[0].status == 200


async def test_signing_out_makes_the_cookie_worthless(nurse):
    cookie = {c.key: c.value for c in nurse.client.session.cookie_jar}
    response, _ = await nurse.post("/console/logout")
    assert response.headers["Location"] == "/console/login"
    response, _ = await nurse.get("/console/tickets", cookies=cookie)
    assert response.status == 303


async def test_logins_can_be_revoked(nurse, sqlite_database, clock):
    assert sqlite_database.write_now(staff.end_logins, 1, clock.wall) == 1
    assert (await nurse.get("/console/tickets"))[0].status == 303


async def test_a_made_up_cookie_is_nobody(stranger):
    response, _ = await stranger.get("/console/tickets", cookies={"suifang": "A" * 43})
    assert response.status == 303


def console_routes(app):
    for sub in app._subapps:
        for route in sub.router.routes():
            yield route.method, route.resource.canonical, route.handler


async def test_every_page_needs_a_login(stranger):
    asked = 0
    for method, path, handler in console_routes(stranger.client.app):
        if not path.startswith("/console") or handler in middleware.OPEN:
            continue
        path = path.replace("{id}", "1").replace("{flow}", "knee_day3")
        response = await stranger.client.request(method, path, allow_redirects=False)
        assert (response.status, response.headers["Location"].split("?")[0]) == (303, "/console/login"), (method, path)
        asked += 1
    assert asked >= 20


async def test_only_the_login_is_open():
    assert (auth.show_login, auth.sign_in) == middleware.OPEN


async def change(browser, old=hospital.PASSWORD, new="新的三个词-2027", again=None):
    return await browser.post("/console/account", {"old": old, "new": new, "again": again or new})


async def test_a_new_password_ends_the_other_logins(stranger, second):
    other = await second()
    await other.sign_in()
    await stranger.sign_in()
    response, text = await change(stranger)
    assert response.status == 200
    assert "密码已改" in text
    assert (await stranger.get("/console/tickets"))[0].status == 200
    assert (await other.get("/console/tickets"))[0].status == 303
    assert (await other.sign_in())[0].status == 401
    assert (await other.sign_in(password="新的三个词-2027"))[0].status == 303


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"old": "no"}, "旧密码不对"),
        ({"new": "short"}, "10 到 200"),
        ({"new": "x" * 201}, "10 到 200"),
        ({"again": "something else"}, "不一样"),
        ({"new": hospital.PASSWORD}, "不能和旧密码一样"),
        ({"new": "LIU-123456789"}, "用户名"),
    ],
)
async def test_a_password_that_will_not_do(nurse, sqlite_database, asked, says):
    response, text = await change(nurse, **asked)
    assert response.status == 409
    assert says in text
    kept = sqlite_database.read_now(lambda tx: staff.by_username(tx, "liu")).password
    assert kept == hospital.HASH


async def test_the_old_password_cannot_be_guessed_at_an_unwatched_desk(nurse):
    for _ in range(auth.TRIES_OF_USER):
        await change(nurse, old="no")
    response, text = await change(nurse)
    assert response.status == 409
    assert "尝试次数过多" in text
