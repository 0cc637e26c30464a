"""Whatever a client sends, the platform answers in its own JSON and its books stay straight."""

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from simulated import MONDAY

from bot.simulator import xml
from bot.simulator.api import ROUTES
from bot.simulator.app import Options
from bot.simulator.call import Call
from bot.simulator.clock import Clock
from bot.simulator.errors import MESSAGES, Refusal
from bot.simulator.media import File
from bot.simulator.platform import Platform
from bot.simulator.sending import custom_send

WORDS = """
touser template_id data msgtype text content image news articles msgmenu list id head_content command button name type
key url sub_button action_name action_info scene scene_str scene_id expire_seconds appid secret grant_type open_id
order_id msg_id status business_info page value thing1 time2 client_msg_id miniprogram force_refresh
"""
NAMES = tuple(WORDS.split())
LEAVES = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=8)
SAID = LEAVES | st.sampled_from(["o1", "text", "news", "msgmenu", "image", "Typing", "view", "QR_SCENE", "QR_STR_SCENE", "T1"])
WILD = st.recursive(
    SAID, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5), max_leaves=12
)


def platform():
    made = Platform(Options(), Clock(MONDAY, rate=0))
    made.add("测试", "o1", follows=True)
    made.say(made.users["o1"], "在吗")
    return made


def outcome(handler, call):
    """(errcode, words) of a refusal, or the answer."""
    try:
        return handler(call)
    except Refusal as refusal:
        return refusal.code, refusal.answer(MONDAY)["errmsg"]


@settings(max_examples=250, deadline=None)
@given(
    path=st.sampled_from(sorted(ROUTES)),
    body=st.dictionaries(st.sampled_from(NAMES), WILD, max_size=6),
    query=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=9), max_size=3),
)
@example(path="/cgi-bin/message/custom/send", body={"touser": "o1", "msgtype": ["text"]}, query={})
@example(path="/cgi-bin/message/custom/send", body={"touser": ["o1"], "msgtype": "text", "text": {"content": "好"}}, query={})
def test_wild_calls_are_answered_or_refused_with_a_known_code(path, body, query):
    answer = outcome(ROUTES[path].handler, Call(platform(), MONDAY, query, orjson.dumps(body)))
    if isinstance(answer, tuple):
        assert answer[0] in MESSAGES
        assert " rid: " in answer[1]
    else:
        assert isinstance(answer, File) or orjson.dumps(answer)


@given(st.text(max_size=200))
def test_what_is_written_is_read_again_but_for_what_xml_cannot_hold(text):
    read = xml.read(xml.write({"Content": text, "MsgId": 7}))
    kept = "".join(
        one for one in text if one in "\t\n\r" or 0x20 <= ord(one) < 0xD800 or 0xE000 <= ord(one) not in (0xFFFE, 0xFFFF)
    )
    assert read == {"Content": kept.replace("\r\n", "\n").replace("\r", "\n"), "MsgId": "7"}


class Books(RuleBasedStateMachine):
    """Any order of acts and sends: what is delivered never passes what the last act allowed."""

    def __init__(self):
        super().__init__()
        self.platform = platform()
        self.user = self.platform.users["o1"]
        self.allowed = 5

    @rule()
    def types(self):
        self.platform.say(self.user, "在吗")
        self.allowed = 5

    @rule()
    def taps(self):
        self.platform.tap(self.user, "1", "满意")
        self.allowed = 3

    @rule()
    def scans(self):
        self.platform.scan(self.user, "w1")
        self.allowed = 3

    @precondition(lambda self: self.user.follows)
    @rule()
    def leaves_and_returns(self):
        self.platform.unfollow(self.user)
        self.platform.follow(self.user)
        self.allowed = 3

    @rule()
    def is_written_to(self):
        body = {"touser": "o1", "msgtype": "text", "text": {"content": "好"}}
        call = Call(self.platform, MONDAY, {}, orjson.dumps(body))
        answer = outcome(custom_send, call)
        if self.allowed:
            assert answer == {"errcode": 0, "errmsg": "ok"}
            self.allowed -= 1
        else:
            assert answer[0] == 45047

    @invariant()
    def the_count_is_what_was_allowed(self):
        assert self.user.window.left == self.allowed >= 0


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
