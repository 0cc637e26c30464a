"""The page behind the link of a notice: calm, and ignorant of who reads it."""

import hospital


async def test_it_says_whom_why_how_and_how_to_stop(stranger):
    response, text = await stranger.get("/t/any-token_at.all")
    assert response.status == 200
    for words in (
        "示范市第一人民医院",
        "自动发出",
        "为什么发给我",
        "请返回公众号对话",
        "回复任意字开始",
        "停",
        "120",
        "0571-00000000",
    ):
        assert words in text, words


async def test_every_token_gets_the_same_page_without_a_name_or_a_clinical_word(stranger, sqlite_database):
    sqlite_database.write_now(lambda tx: hospital.talk(tx, 1))
    pages = {(await stranger.get(f"/t/{token}"))[1] for token in ("1", "AbC-_9", "x" * 200)}
    assert len(pages) == 1
    page = pages.pop()
    for word in ("测试", "手术", "术后", "患者", "病区", "诊断", "出院", "病"):
        assert word not in page, word
    assert "<script" not in page


async def test_an_address_beside_it_is_a_friendly_404(stranger):
    response, text = await stranger.get("/t/")
    assert response.status == 404
    assert "没有找到" in text
    response, text = await stranger.get("/t/a/b")
    assert response.status == 404
    assert 'href="/console' not in text
