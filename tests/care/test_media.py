"""Photos, voices and what else is not words: kept, looked at by a person, and never lost without a word."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.care import conversation, media
from bot.care.inbound import Inbound
from storage.files import Files
from storage.media import Media
from storage.sealing import Seal, Unreadable
from storage.sessions import Answer

PHOTO = media.Fetched(b"whole picture", "image/jpeg", b"small picture", 800, 600)


@pytest.fixture
def files(tmp_path, hospital):
    return Files(tmp_path / "media", hospital.practice.seal)


def send(hospital, kind="image", media_id="M1", text="", openid="o1", **detail):
    key = f"m{next(hospital.numbers)}"
    inbound = Inbound(key, openid, "gh_1", kind, hospital.now, text, media_id=media_id, detail=detail)
    reply = hospital.write(conversation.receive, inbound, hospital.now)
    return reply.text if reply else None


def fetch(hospital, files, *fates):
    """Fetch what is due; `fates` are what WeChat hands out or raises, one by one."""
    asked, left = [], list(fates)

    async def hand_out(kind, media_id):
        asked.append((kind, media_id))
        fate = left.pop(0)
        if isinstance(fate, Exception):
            raise fate
        return fate

    asyncio.run(media.fetch_due(hospital.database, hospital.practice, hand_out, files, lambda: hospital.now))
    return asked


def kept(hospital):
    return hospital.query(select(Media).order_by(Media.id))


def test_a_photo_is_kept_sealed_and_put_before_a_person(hospital, files, tmp_path):
    question = hospital.confirmed()
    said = send(hospital)
    assert said.startswith("照片收到了，已转给护士查看")
    assert said.endswith(question[-20:])
    assert [(one.matter, one.level) for one in hospital.tickets()] == [("question", "L2")]
    assert fetch(hospital, files, PHOTO) == [("image", "M1")]
    (one,) = kept(hospital)
    assert (one.state, one.width, one.height) == ("kept", 800, 600)
    assert files.read(one.name) == b"whole picture"
    assert files.read(one.small) == b"small picture"
    on_disk = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert len(on_disk) == 2
    for path in on_disk:
        assert b"picture" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert fetch(hospital, files) == []


def test_what_wechat_does_not_hand_out_now_is_asked_for_again_later_each_time(hospital, files):
    hospital.confirmed()
    send(hospital)
    pauses = []
    for _ in range(4):
        assert len(fetch(hospital, files, media.NotNow("HTTP 502"))) == 1
        (one,) = kept(hospital)
        pauses.append((one.due_at - hospital.now).total_seconds())
        assert fetch(hospital, files) == []
        hospital.now = one.due_at
    assert pauses == [10, 20, 40, 80]
    fetch(hospital, files, PHOTO)
    assert kept(hospital)[0].state == "kept"


def test_when_the_process_dies_while_it_fetches_another_goes_on(hospital, files):
    hospital.confirmed()
    send(hospital)
    assert len(hospital.write(media.claim, hospital.now)) == 1
    assert fetch(hospital, files) == []
    hospital.now += media.LEASE
    assert len(fetch(hospital, files, PHOTO)) == 1


def test_of_two_processes_that_fetched_the_same_one_keeps_it(hospital, files, tmp_path):
    hospital.confirmed()
    send(hospital)
    first = hospital.write(media.claim, hospital.now)[0]
    hospital.now += media.LEASE
    fetch(hospital, files, PHOTO)
    before = kept(hospital)[0].name
    assert not hospital.write(media.settle, first, PHOTO, "f" * 32, "", hospital.now)
    assert kept(hospital)[0].name == before


@pytest.mark.parametrize(
    ("fate", "state", "words"),
    [
        (media.Gone(), "lost", "微信里已经没有了"),
        (media.Unfit("不是能打开的图片"), "refused", "不是能打开的图片"),
    ],
)
def test_what_cannot_be_had_is_said_to_the_person_who_waits_for_it(hospital, files, fate, state, words):
    hospital.confirmed()
    send(hospital)
    fetch(hospital, files, fate)
    (one,) = kept(hospital)
    assert (one.state, one.error) == (state, words)
    from storage import register

    ticket = hospital.tickets()[0]
    entries = hospital.database.read_now(register.entries, ticket.id)
    assert any(words in entry.text and "请患者重发" in entry.text for entry in entries)


def test_after_three_days_of_trying_it_is_lost_and_said_so(hospital, files):
    hospital.confirmed()
    send(hospital)
    tried = 0
    while kept(hospital)[0].state == "waiting":
        hospital.now = max(hospital.now, kept(hospital)[0].due_at)
        tried += len(fetch(hospital, files, media.NotNow("OSError")))
    assert kept(hospital)[0].error == "三天内没有取到"
    assert hospital.now - kept(hospital)[0].at <= media.LIFE
    assert tried > 100


def test_a_full_disk_is_no_reason_to_give_up(hospital, files, monkeypatch):
    hospital.confirmed()
    send(hospital)

    def full(content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "keep", full)
        fetch(hospital, files, PHOTO)
    hospital.now += timedelta(minutes=1)
    fetch(hospital, files, PHOTO)
    assert kept(hospital)[0].state == "kept"


def test_another_key_does_not_open_a_file(hospital, files, tmp_path):
    name = files.keep(b"x" * 1000)
    with pytest.raises(Unreadable):
        Files(tmp_path / "media", Seal({1: b"a" * 32})).read(name)
    with pytest.raises(FileNotFoundError):
        files.read("../../key")
    files.drop(name)
    files.drop(name)
    with pytest.raises(FileNotFoundError):
        files.read(name)


def test_what_was_heard_in_a_voice_raises_an_alarm(hospital):
    hospital.confirmed()
    said = send(hospital, "voice", text="我胸口疼得厉害喘不上气来")
    assert "120" in said
    assert hospital.tickets()[0].level == "L0"


def test_what_was_heard_in_a_voice_answers_nothing(hospital):
    question = hospital.confirmed()
    said = send(hospital, "voice", text="三十六度八")
    assert said.startswith("语音收到了，会有护士来听")
    assert "打字" in said
    assert said.endswith(question[-20:])
    assert hospital.query(select(Answer.value).where(Answer.name == "temperature")) == []
    assert "三十六度八" in hospital.tickets()[0].reason


def test_a_voice_that_says_stop_stops_nothing_but_reaches_a_person(hospital):
    hospital.confirmed()
    send(hospital, "voice", text="不要再发了")
    assert hospital.contact("o1").state == "active"
    assert len(hospital.tickets()) == 1


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("location", {"Location_X": "23.1", "Label": "天河路1号"}, "120"),
        ("link", {"Url": "https://example.com"}, "打不开"),
        ("unknown", {"MsgType": "file"}, "拍成照片"),
        ("unknown", {}, "打字"),
    ],
)
def test_what_is_neither_words_nor_a_photo_gets_a_friendly_answer_and_the_question_again(hospital, kind, detail, words):
    question = hospital.confirmed()
    said = send(hospital, kind, media_id="", **detail)
    assert words in said
    assert said.endswith(question[-20:])
    assert hospital.tickets() == []


def test_of_a_video_a_person_is_told_where_to_look(hospital):
    hospital.confirmed()
    assert "拍照片" in send(hospital, "video")
    assert "公众平台" in hospital.tickets()[0].reason
    assert kept(hospital) == []


def test_a_photo_in_answer_to_an_invitation_begins_the_talk(hospital):
    hospital.scan("o1", hospital.discharge())
    hospital.pass_time(days=2, hours=1, minutes=10)
    said = send(hospital)
    assert "照片收到了" in said
    assert "本人" in said
