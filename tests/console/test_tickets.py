"""The ticket list and the ticket page, as a nurse meets them."""

import re
from datetime import timedelta

import hospital
import pytest
from hospital import NOW
from sqlmodel import select

from storage import staff
from storage.contacts import Binding, Contact
from storage.messages import Outbound
from storage.sessions import Session
from storage.tickets import Ticket, TicketEntry


def rows(text):
    """The reasons of the listed tickets, in order."""
    return re.findall(r'class="c-reason" title="([^"]*)"', text)


def several(tx):
    minutes = timedelta(minutes=1)
    made = {
        "late L2": ("L2", "complaint", NOW - 65 * minutes, {}),
        "soon L1": ("L1", "danger", NOW + 23 * minutes, {}),
        "late L1": ("L1", "question", NOW - 5 * minutes, {}),
        "answered L1": ("L1", "other", NOW - 90 * minutes, {"answered_at": NOW, "state": "accepted", "owner_id": 1}),
        "L3": ("L3", "follow-up", NOW + timedelta(days=2, hours=3), {}),
        "L0": ("L0", "phone", NOW + 10 * minutes, {}),
    }
    for number, (reason, (level, matter, due_at, more)) in enumerate(made.items(), start=1):
        _, episode = hospital.person(tx, number)
        hospital.ticket(tx, None, episode, level, matter, reason, due_at=due_at, **more)
    _, episode = hospital.person(tx, 9)
    closed = {"state": "closed", "closed_at": NOW, "outcome": "已联系本人", "closed_by": 1}
    hospital.ticket(tx, None, episode, "L0", "danger", "closed", **closed)


async def test_the_most_urgent_come_first_with_the_time_left(anywhere, database):
    database.write_now(several)
    _, text = await anywhere.get("/console/tickets?queue=all")
    assert rows(text) == ["L0", "late L1", "soon L1", "answered L1", "late L2", "L3"]
    plain = re.sub(r"<[^>]+>", " ", text)
    for words in ("还剩 10 分钟", "已超时 5 分钟", "还剩 23 分钟", "已回应", "已超时 1 小时 5 分", "还剩 2 天 3 小时"):
        assert words in plain


@pytest.mark.parametrize(
    ("queue", "listed"),
    [
        ("todo", ["L0", "late L1", "soon L1", "late L2", "L3"]),
        ("mine", ["answered L1"]),
        ("overdue", ["late L1", "late L2"]),
        ("closed", ["closed"]),
    ],
)
async def test_each_queue_holds_what_it_says(nurse, sqlite_database, queue, listed):
    sqlite_database.write_now(several)
    _, text = await nurse.get(f"/console/tickets?queue={queue}")
    assert rows(text) == listed
    counted = dict(re.findall(r'id="tab-(\w+)".*?class="count[^"]*">(\d+)', text))
    assert counted == {"todo": "5", "mine": "1", "overdue": "2", "all": "6"}
    assert "<title>(5) " in text


async def test_an_empty_list_says_what_will_come(nurse):
    _, text = await nurse.get("/console/tickets")
    assert "没有等着处理的工单" in text
    assert "<title>(" not in text


async def test_a_ward_sees_its_own(nurse, sqlite_database):
    sqlite_database.write_now(several)
    _, text = await nurse.get("/console/tickets?queue=all&ward=" + hospital.WARDS[1])
    assert rows(text) == ["L0", "late L2"]


async def test_a_long_list_has_pages(nurse, sqlite_database):
    def fill(tx):
        for number in range(1, 61):
            hospital.ticket(tx, None, hospital.person(tx, number)[1], "L3", "phone", f"n{number:02}")

    sqlite_database.write_now(fill)
    _, first = await nurse.get("/console/tickets")
    _, second = await nurse.get("/console/tickets?page=2")
    assert len(rows(first)) == 50
    assert rows(first) + rows(second) == [f"n{number:02}" for number in range(1, 61)]


async def test_the_refresh_says_nothing_when_nothing_is_new(nurse, sqlite_database, clock):
    sqlite_database.write_now(several)
    asks = {"HX-Request": "true"}
    response, text = await nurse.get("/console/tickets?live&queue=all", headers=asks)
    assert "<html" not in text
    shown = asks | {"X-Shown": response.headers["X-Shown"]}
    response, text = await nurse.get("/console/tickets?live&queue=all", headers=shown)
    assert (response.status, text) == (204, "")
    clock.now += timedelta(minutes=1)
    response, text = await nurse.get("/console/tickets?live&queue=all", headers=shown)
    assert response.status == 200
    assert "还剩 22 分钟" in text


@pytest.fixture
def case(sqlite_database):
    return sqlite_database.write_now(lambda tx: hospital.talk(tx, 1)[3].id)


@pytest.fixture
def see(sqlite_database):
    """What stands in the database now."""

    def see(model, **wanted):
        return sqlite_database.read_now(lambda tx: tx.session.exec(select(model).filter_by(**wanted)).all())

    return see


async def test_the_page_shows_the_talk_what_was_read_from_it_and_who_the_patient_is(nurse, case):
    _, text = await nurse.get(f"/console/tickets/{case}")
    for words in (
        "昨晚开始发烧，量了38度6",
        "38.6度",  # the value beside the words
        "渗血或流脓",  # the option's own words, not its code
        "发热 紧急",
        "已交给微信",
        "微信已接收",
        "关注了公众号",
        "微信窗口到 11月23日 02:00",
        "4/5",
        "利伐沙班",
        "全膝关节置换术",
        "*******0001",
        "L1：30 分钟内首次响应",
        "机器人在对话",
    ):
        assert words in text, words
    assert "leak" not in text
    assert "13800000001" not in text


async def test_a_complaint_shows_its_kind_in_words(nurse, sqlite_database):
    story = {"text": "按铃半天没人来", "level": "L2", "matter": "complaint", "reason": "投诉"}
    case = sqlite_database.write_now(lambda tx: hospital.talk(tx, 1, **story)[3].id)
    _, text = await nurse.get(f"/console/tickets/{case}")
    assert "投诉：呼叫响应与巡视不足" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"state": "sent", "delivered": "success"}, "已送达"),
        ({"state": "sent", "delivered": "failed:user block"}, "发送失败：对方拒收"),
        ({"state": "sent", "delivered": "failed: system failed"}, "发送失败：微信未能送达"),
        ({"state": "sent"}, "微信已接收"),
        ({"state": "failed", "errcode": 45015}, "发送失败：对话窗口已关闭或条数用完（45015）"),
        ({"state": "failed", "errcode": 43004}, "发送失败：对方未关注公众号（43004）"),
        ({"state": "failed", "errcode": -1}, "发送失败：微信返回 -1"),
        ({"state": "unknown"}, "不确定是否送达"),
        ({"state": "pending"}, "待发送"),
        ({"state": "cancelled"}, "已取消"),
    ],
)
async def test_each_message_says_what_really_became_of_it(nurse, sqlite_database, state, words):
    def fill(tx):
        _, _, contact, made = hospital.talk(tx, 1)
        out = hospital.sent(tx, contact, "看这里", NOW, lane="service", **state)
        return made.id, out.id

    ticket, out = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/tickets/{ticket}")
    assert words in text.split(f'id="out-{out}"')[1].split("</section>")[0]


async def test_a_notice_is_shown_in_its_words(nurse, sqlite_database):
    def fill(tx):
        _, _, contact, made = hospital.talk(tx, 1)
        body = {"template": "greeting", "fields": {"thing1": "出院后的联系", "time2": {"value": "11月21日"}}, "url": "x"}
        hospital.sent(tx, contact, "", NOW, lane="template", body=body)
        return made.id

    _, text = await nurse.get(f"/console/tickets/{sqlite_database.write_now(fill)}")
    assert "模板通知" in text
    assert "出院后的联系" in text
    assert "11月21日" in text
    assert "thing1" not in text
    _, text = await nurse.get("/console/patients/1")
    assert "[模板通知] 出院后的联系 · 11月21日" in text


async def test_the_window_that_is_shut_says_so_and_points_to_the_phone(nurse, sqlite_database, see):
    def fill(tx):
        _, _, contact, made = hospital.talk(tx, 1)
        contact.window_until = NOW - timedelta(minutes=1)
        tx.session.add(contact)
        return made.id

    case = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/tickets/{case}")
    assert "微信对话窗口已关闭" in text
    response, text = await nurse.post(f"/console/tickets/{case}/reply", {"text": "您好"}, headers={"HX-Request": "true"})
    assert response.status == 409
    assert "电话" in text
    assert see(Outbound, author="staff") == []


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        ({"quota_left": 1}, "只剩留给安全提示的 1 条"),
        ({"quota_left": 0}, "条数已用完"),
        ({"window_until": None}, "窗口已关闭"),
        ({"openid": None, "state": "unfollowed"}, "已取消关注"),
    ],
)
async def test_the_page_says_beforehand_just_when_a_reply_will_be_refused(nurse, sqlite_database, contact, says):
    def fill(tx):
        _, _, held, made = hospital.talk(tx, 1)
        for name, value in contact.items():
            setattr(held, name, value)
        tx.session.add(held)
        return made.id

    case = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/tickets/{case}")
    assert says in text
    assert 'class="shut"' in text
    response, _ = await nurse.post(f"/console/tickets/{case}/reply", {"text": "您好"}, headers={"HX-Request": "true"})
    assert response.status == 409


@pytest.mark.parametrize(
    ("binding", "says"),
    [
        ({"confirmed_at": None}, "对方身份没有确认"),
        ({"ended_at": NOW, "ended_for": "wrong_person"}, "对方不是患者本人或家属"),
        ({"relation": "family"}, ""),
    ],
)
async def test_who_writes_to_a_stranger_is_warned(nurse, sqlite_database, binding, says):
    def fill(tx):
        made = hospital.talk(tx, 1)[3]
        bound = tx.session.exec(select(Binding)).one()
        for name, value in binding.items():
            setattr(bound, name, value)
        return made.id

    _, text = await nurse.get(f"/console/tickets/{sqlite_database.write_now(fill)}")
    assert says in text
    assert ("不要写姓名、病情和用药" in text) == bool(says)
    assert set(re.findall(r'class="by">\d\d:\d\d (患者|家属|对方)', text)) == {"对方" if says else "家属"}


async def test_a_ticket_without_wechat_says_to_call(nurse, sqlite_database):
    def fill(tx):
        return hospital.ticket(tx, None, hospital.person(tx, 1)[1], "L3", "phone", "三次未回复").id

    case = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/tickets/{case}")
    assert "没有绑定微信" in text
    assert 'id="reply"' not in text
    response, _ = await nurse.post(f"/console/tickets/{case}/close", {"outcome": "已联系本人", "note": "恢复良好"})
    assert response.status == 303


async def test_accept_reply_hand_back_close(anywhere, database):
    """The whole work on a ticket, without htmx, on both databases."""
    case = database.write_now(lambda tx: hospital.talk(tx, 1)[3].id)
    path = f"/console/tickets/{case}"

    def now(model, **wanted):
        return database.read_now(lambda tx: tx.session.exec(select(model).filter_by(**wanted)).all())

    response, _ = await anywhere.post(f"{path}/accept")
    assert (response.status, response.headers["Location"]) == (303, path)
    assert now(Ticket)[0].owner_id == 1
    await anywhere.post(f"{path}/reply", {"text": "我是刘护士。\r\n请先量一次体温。"})
    assert [m.body for m in now(Outbound, author="staff")] == [{"text": "我是刘护士。\n请先量一次体温。"}]
    contact = now(Contact)[0]
    assert (contact.owner, contact.held_by) == ("human", 1)
    _, text = await anywhere.get(path)
    assert "人工对话中：刘护士" in text
    assert "请先量一次体温。" in text
    assert "交还机器人" in text
    await anywhere.post(f"{path}/note", {"text": "已通知王医生"})
    await anywhere.post(f"{path}/hand-back")
    assert now(Contact)[0].owner == "bot"
    assert now(Session)[0].status == "waiting"
    response, _ = await anywhere.post(f"{path}/close", {"outcome": "已联系本人", "note": "明天来换药"})
    assert (response.status, response.headers["Location"]) == (303, "/console/tickets")
    closed = now(Ticket)[0]
    assert (closed.state, closed.outcome, closed.closing_note, closed.closed_by) == ("closed", "已联系本人", "明天来换药", 1)
    _, text = await anywhere.get(path)
    for words in ("接手处理", "回复患者", "内部备注", "已通知王医生", "交还机器人", "已联系本人", "明天来换药"):
        assert words in text, words
    acts = [entry.act for entry in now(staff.AuditEntry)]
    assert [act for act in acts if act not in ("login", "view")] == ["accept", "reply", "note", "hand back", "close"]


@pytest.mark.parametrize(
    ("act", "data", "says"),
    [
        ("reply", {"text": "  \n "}, "请先填写"),
        ("reply", {"text": "长" * 601}, "601 字"),
        ("note", {"text": ""}, "请先填写"),
        ("close", {"outcome": ""}, "请选择处理结果"),
        ("close", {"outcome": "随便"}, "处理结果须为"),
        ("close", {"outcome": "误报", "note": " "}, "须写明情况"),
        ("hand-back", {}, "已经由机器人"),
    ],
)
async def test_what_is_not_allowed_is_said_in_place_and_changes_nothing(nurse, case, see, act, data, says):
    before = see(TicketEntry), see(Ticket), see(Outbound)
    response, text = await nurse.post(f"/console/tickets/{case}/{act}", data, headers={"HX-Request": "true"})
    assert response.status == 409
    assert says in text
    assert "<html" not in text
    assert (see(TicketEntry), see(Ticket), see(Outbound)) == before


async def test_two_nurses_do_not_answer_one_patient(nurse, case, sqlite_database, see):
    def other(tx):
        member = hospital.nurse(tx, "chen", "陈护士")
        contact = tx.session.exec(select(Contact)).one()
        contact.owner, contact.held_by = "human", member
        tx.session.add(contact)

    sqlite_database.write_now(other)
    response, text = await nurse.post(f"/console/tickets/{case}/reply", {"text": "您好"}, headers={"HX-Request": "true"})
    assert response.status == 409
    assert "同事" in text
    assert see(Outbound, author="staff") == []


async def test_an_act_in_place_brings_the_ticket_as_it_is_now(nurse, case):
    response, text = await nurse.post(f"/console/tickets/{case}/take-over", headers={"HX-Request": "true"})
    assert response.status == 200
    assert "<html" not in text
    assert "人工对话中：刘护士" in text
    assert 'id="hint"' in text
    assert "交还机器人" in text


async def test_a_long_talk_begins_with_its_end(nurse, sqlite_database):
    def fill(tx):
        _, _, contact, made = hospital.talk(tx, 1)
        for number in range(250):
            hospital.heard(tx, contact, f"第{number}句。", NOW - timedelta(days=2) + timedelta(seconds=number))
        return made.id

    case = sqlite_database.write_now(fill)
    _, text = await nurse.get(f"/console/tickets/{case}")
    assert "第249句。" in text
    assert "第0句。" not in text
    assert "看更早的消息" in text
    _, text = await nurse.get(f"/console/tickets/{case}?all")
    assert "第0句。" in text
    assert text.index("第0句。") < text.index("第249句。")


async def test_many_old_tickets_do_not_slow_the_list(nurse, sqlite_database):
    from time import perf_counter

    from sqlalchemy import insert

    def fill(tx):
        _, episode = hospital.person(tx, 1)
        contact = hospital.follower(tx, episode, 1)
        old = {"matter": "danger", "level": "L2", "reason": "旧", "contact_id": contact.id, "episode_id": episode.id}
        old |= {"state": "closed", "raised_at": NOW, "due_at": NOW, "closed_at": NOW, "ladder": [], "why_due": "", "ward": ""}
        old |= {"rung": 0, "closing_note": ""}
        tx.connection.execute(insert(Ticket), [old] * 20_000)
        for number in range(2, 102):
            hospital.ticket(tx, None, hospital.person(tx, number)[1], "L2", "phone", "新")

    sqlite_database.write_now(fill)
    spent = []
    for _ in range(5):
        began = perf_counter()
        response, _ = await nurse.get("/console/tickets")
        spent.append(perf_counter() - began)
        assert response.status == 200
    assert min(spent) < 0.1
