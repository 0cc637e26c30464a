"""Every code of WeChat's that we know has a reaction and Chinese words."""

import re

import pytest

from bot.wechat.errors import TROUBLES, ApiError, Reaction, trouble

REACTIONS = {
    Reaction.RETRY: [-1, 45011, 45066],
    Reaction.REFRESH: [40001, 40014, 42001],
    Reaction.CONTACT_GONE: [40003, 43004, 50005],
    Reaction.GIVE_UP_LANE: [
        *(40007, 40200, 43019, 43101, 43107, 43108, 45002, 45015, 45047, 45065, 45098, 47003, 48002),
        *(40029, 40163, 42003, 45072, 45080, 45081),
    ],
    Reaction.OPERATOR: [
        *(40002, 40008, 40013, 40033, 40037, 40125, 40164, 40243, 41001, 41002, 41004, 41028, 41029, 41030, 44002, 44004, 45008),
        *(45009, 45056, 45067, 45157, 45158, 45159, 47001, 48001, 48004, 48006, 48008, 50002, 61451, 61452, 61453, 61454, 61455),
        *(61456, 61457, 61458, 65400, 89501, 89503, 89506, 89507),
    ],
}


@pytest.mark.parametrize(("code", "reaction"), [(code, reaction) for reaction, codes in REACTIONS.items() for code in codes])
def test_each_code_asks_for_one_thing(code, reaction):
    assert trouble(code).reaction is reaction
    assert re.search("[一-鿿]", trouble(code).meaning)


def test_no_code_is_left_out_of_this_table():
    assert set(TROUBLES) == {code for codes in REACTIONS.values() for code in codes}


def test_a_code_of_next_year_closes_only_this_way():
    assert trouble(99999).reaction is Reaction.GIVE_UP_LANE


@pytest.mark.parametrize(
    ("words", "rid", "message"),
    [
        ("invalid openid rid: 651f0e0a-1b2c3d4e-5f607182", "651f0e0a-1b2c3d4e-5f607182", "invalid openid"),
        ("invalid openid, rid: 651f0e0a-1b2c", "651f0e0a-1b2c", "invalid openid,"),
        ("invalid openid hint: [abc]", "", "invalid openid hint: [abc]"),
        ("", "", ""),
    ],
)
def test_the_request_id_is_found(words, rid, message):
    error = ApiError(40003, words)

    assert (error.rid, error.message) == (rid, message)
