"""Signature and AES against vectors that Tencent published, and against damage."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import KEY

from bot.simulator.crypto import BadCipher, Sealer, sign


@pytest.mark.parametrize(
    ("timestamp", "nonce", "signature"),
    [
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ],
)
def test_published_signatures(timestamp, nonce, signature):
    assert sign("AAAAA", timestamp, nonce) == signature


@given(st.text(max_size=500))
def test_what_is_sealed_can_be_opened(text):
    sealer = Sealer(KEY, "wxb11529c136998cb6")
    assert sealer.open(sealer.seal(text)) == text


@given(st.binary(max_size=200))
def test_noise_is_refused(noise):
    with pytest.raises(BadCipher):
        Sealer(KEY, "wxb11529c136998cb6").open(base64.b64encode(noise).decode())


def test_another_account_or_key_cannot_open_it():
    sealed = Sealer(KEY, "wx1").seal("你好")
    for other in (Sealer(KEY, "wx2"), Sealer(KEY[::-1], "wx1")):
        with pytest.raises(BadCipher):
            other.open(sealed)
