"""Photos and voices in the console: for staff only, looked at on the record, and harmless whatever is in them."""

from datetime import timedelta
from pathlib import Path

import hospital
import pytest
from hospital import NOW
from sqlmodel import select

from storage.approved import ApprovedUse
from storage.files import Files
from storage.media import Media
from storage.staff import AuditEntry

JPEG = b"\xff\xd8\xff\xe0 a photo"


def files(database, practice):
    return Files(Path(str(database.engine.url.database)).parent / "media", practice.seal)


def photo(tx, name, **more):
    _, episode = hospital.person(tx, 1)
    contact = hospital.follower(tx, episode, 1)
    ticket = hospital.ticket(tx, contact, episode, "L2", "question", "患者发来图片，请查看", due_at=NOW + timedelta(hours=3))
    kind = more.get("kind", "image")
    message = hospital.heard(tx, contact, "", NOW - timedelta(minutes=5), kind=kind)
    values = {
        "kind": "image",
        "state": "kept",
        "name": name,
        "small": name,
        "content_type": "image/jpeg",
        "width": 800,
        "height": 600,
    }
    made = Media(inbound_id=message.id, contact_id=contact.id, media_id="M", due_at=NOW, at=NOW, **(values | more))
    hospital.add(tx, made)
    return made.id, ticket.id


async def test_a_photo_stands_in_the_talk_and_is_opened_on_the_record(nurse, sqlite_database, practice):
    name = files(sqlite_database, practice).keep(JPEG)
    media_id, ticket_id = sqlite_database.write_now(photo, name)
    _, page = await nurse.get(f"/console/tickets/{ticket_id}")
    assert f'href="/console/media/{media_id}"' in page
    assert f'src="/console/media/{media_id}/small"' in page
    for path, looked in ((f"/console/media/{media_id}/small", 0), (f"/console/media/{media_id}", 1)):
        response = await nurse.client.get(path)
        assert response.status == 200
        assert await response.read() == JPEG
        assert response.content_type == "image/jpeg"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        entries = sqlite_database.read_now(lambda tx: tx.session.exec(select(AuditEntry).where(AuditEntry.noun == "media")).all())
        assert len(entries) == looked


async def test_a_voice_is_taken_down_not_played_by_the_page(nurse, sqlite_database, practice):
    name = files(sqlite_database, practice).keep(b"#!AMR\n")
    more = {"kind": "voice", "content_type": "audio/amr", "small": "", "seconds": 12}
    media_id, ticket_id = sqlite_database.write_now(photo, name, **more)
    _, page = await nurse.get(f"/console/tickets/{ticket_id}")
    assert "下载语音（12 秒）" in page
    response = await nurse.client.get(f"/console/media/{media_id}")
    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "正在从微信取"), ("lost", "看不到：三天内没有取到"), ("refused", "看不到：三天内没有取到")]
)
async def test_what_is_not_there_is_said_in_the_talk(nurse, sqlite_database, state, words):
    media_id, ticket_id = sqlite_database.write_now(photo, "", state=state, error="三天内没有取到")
    _, page = await nurse.get(f"/console/tickets/{ticket_id}")
    assert words in page
    assert (await nurse.client.get(f"/console/media/{media_id}")).status == 404


async def test_strangers_see_no_photos(stranger, sqlite_database, practice):
    name = files(sqlite_database, practice).keep(JPEG)
    media_id, _ = sqlite_database.write_now(photo, name)
    for path in (f"/console/media/{media_id}", f"/console/media/{media_id}/small"):
        response, text = await stranger.get(path)
        assert response.status == 303
        assert "photo" not in text


async def test_a_file_that_is_gone_is_not_found(nurse, sqlite_database):
    media_id, _ = sqlite_database.write_now(photo, "0" * 32)
    assert (await nurse.client.get(f"/console/media/{media_id}")).status == 404
    assert (await nurse.client.get("/console/media/999")).status == 404


async def test_the_talk_says_which_approved_answer_was_given(nurse, sqlite_database):
    def asked(tx):
        _, ticket_id = photo(tx, "", state="lost")
        message = tx.session.exec(select(Media)).one().inbound_id
        contact = tx.session.exec(select(Media)).one().contact_id
        values = {"answer": "visiting_hours", "title": "探视时间", "version": "2026.11.1", "approver": "护理部"}
        hospital.add(tx, ApprovedUse(inbound_id=message, contact_id=contact, at=NOW, **values))
        return ticket_id

    _, page = await nurse.get(f"/console/tickets/{sqlite_database.write_now(asked)}")
    assert "已用核准答复：探视时间" in page
    assert "审定 护理部" in page
