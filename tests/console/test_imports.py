"""Discharge lists from the browser, and the flows to read."""

import hospital
import pytest
from aiohttp import FormData
from sqlmodel import select

from bot.web.console import imports
from storage.patients import Episode
from storage.settings import Import

HEAD = "住院号,姓名,性别,出生日期,手机号,科室,病区,出院时间"
GOOD = [
    "Z2026000001,赵测试甲,女,1960-05-01,13800000001,骨科,骨科一病区,2026-11-18 10:00",
    "Z2026000002,钱测试乙,男,1971-01-31,13800000002,普外科,普外科,2026-11-19 09:30",
]
BAD = "Z2026000003,孙测试丙,男,1971-01-31,13800000003,普外科,普外科,上礼拜"


async def upload(browser, name, body, *, in_place=True):
    form = FormData(quote_fields=False)  # a browser sends a name as it is
    form.add_field("csrf", browser.csrf)
    form.add_field("file", body, filename=name)
    headers = {"Origin": f"http://{browser.client.host}:{browser.client.port}"}
    if in_place:
        headers["HX-Request"] = "true"
    response = await browser.client.post("/console/imports", data=form, headers=headers, allow_redirects=False)
    return response, await response.text()


async def test_good_rows_are_kept_and_bad_ones_named_by_row_and_column(anywhere, database):
    body = "\n".join([HEAD, *GOOD, BAD]).encode("utf-8-sig")
    response, _ = await upload(anywhere, "出院名单.csv", body)
    assert response.status == 204
    _, text = await anywhere.get(response.headers["HX-Redirect"])
    assert "出院名单.csv" in text
    assert '<b class="ok">2</b>新增' in text
    assert '<b class="bad">1</b>未导入' in text
    row = text.split("第 4 行")[1]
    assert "出院时间" in row.split("</tr>")[0]
    stays = database.read_now(lambda tx: tx.session.exec(select(Episode.admission_no).order_by(Episode.admission_no)).all())
    assert stays == ["Z2026000001", "Z2026000002"]


async def test_a_column_that_was_not_understood_is_told(nurse):
    body = "\n".join([HEAD + ",复诊曰期", *(row + ",2026-12-01" for row in GOOD)]).encode()
    response, _ = await upload(nurse, "a.csv", body)
    _, text = await nurse.get(response.headers["HX-Redirect"])
    assert "这些列没有用到：复诊曰期" in text
    assert '<b class="soft">0</b>未导入' in text


async def test_the_same_list_again_doubles_nothing(nurse, sqlite_database):
    body = "\n".join([HEAD, *GOOD]).encode("gb18030")
    await upload(nurse, "a.csv", body)
    response, _ = await upload(nurse, "a.csv", body, in_place=False)
    assert response.status == 303
    _, text = await nurse.get(response.headers["Location"])
    assert '<b class="soft">2</b>没有变化' in text
    assert "全部导入成功" in text
    assert len(sqlite_database.read_now(lambda tx: tx.session.exec(select(Episode)).all())) == 2


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("photo.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, ""),
        ("empty.csv", b"", "空"),
        ("words.csv", "今天天气很好".encode(), "表头"),
        ("broken.xlsx", b"PK\x03\x04" + b"x" * 400, ""),
    ],
)
async def test_a_file_that_is_no_list_is_refused_in_place(nurse, sqlite_database, name, body, says):
    response, text = await upload(nurse, name, body)
    assert response.status == 409
    assert 'class="flash"' in text
    assert says in text
    assert sqlite_database.read_now(lambda tx: tx.session.exec(select(Import)).all()) == []


async def test_a_file_too_large_is_not_read_to_its_end(nurse, monkeypatch):
    monkeypatch.setattr(imports, "LARGEST", 1000)
    response, text = await upload(nurse, "big.csv", b"x" * 300_000)
    assert response.status == 409
    assert "拆成几份" in text


async def test_no_file_and_no_form_are_told(nurse):
    form = FormData(quote_fields=False)  # a browser sends a name as it is
    form.add_field("csrf", nurse.csrf)
    form.add_field("other", b"x", filename="x")
    origin = {"Origin": f"http://{nurse.client.host}:{nurse.client.port}", "HX-Request": "true"}
    response = await nurse.client.post("/console/imports", data=form, headers=origin)
    assert response.status == 409
    assert "请先选择" in await response.text()
    response, _ = await nurse.post("/console/imports", {"file": "x"})
    assert response.status == 415


async def test_the_name_of_a_file_is_only_a_name(nurse):
    body = "\n".join([HEAD, *GOOD]).encode()
    response, _ = await upload(nurse, "..\\..\\C:\\<b>x</b>.csv", body)
    _, text = await nurse.get(response.headers["HX-Redirect"])
    assert "&lt;b&gt;x" in text or "b&gt;.csv" in text
    assert "<b>x</b>.csv" not in text


async def test_flows_can_be_read(nurse, sqlite_database):
    sqlite_database.write_now(hospital.published)
    _, text = await nurse.get("/console/flows")
    assert "膝关节置换术后第3天随访" in text
    assert "knee_day3.yaml" in text
    _, text = await nurse.get("/console/flows/knee_day3")
    for words in (
        "伤口现在怎么样？",
        "渗血或流脓",
        "转人工：随访未完成",
        "术后发热",
        "34 到 43 度",
        "4 小时后提醒一次",
        "temperature &gt;= 38.5",
    ):
        assert words in text, words


async def test_every_shipped_flow_can_be_shown(nurse, sqlite_database):
    from bot.practice import flow_texts
    from storage.revisions import Revision

    texts = flow_texts(hospital.ROOT / "flows")

    def fill(tx):
        for name, text in texts.items():
            hospital.add(tx, Revision(flow=name, number=1, title=name, text=text, checksum="", published_at=hospital.NOW))

    sqlite_database.write_now(fill)
    assert len(texts) >= 6
    for name in texts:
        response, text = await nurse.get(f"/console/flows/{name}")
        assert response.status == 200, name
        assert "对话</h2>" in text, name
