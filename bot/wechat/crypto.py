"""Signatures and the AES envelope of callbacks, as Tencent's "消息加解密说明" lays down."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha1
from hmac import compare_digest
from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.wechat.xml import BadBody

FRESH = 300  # seconds that WeChat's clock and ours may differ
_BLOCK = 32  # PKCS#7 is used with blocks of 32, not with the 16 of AES
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


class BadSignature(Exception):
    """The request does not come from WeChat, or it is too old, or it is meant for another account."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts, in hex."""
    return sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def check(given: str | None, *parts: str) -> None:
    """Compare in constant time. Raises BadSignature."""
    if not compare_digest((given or "").encode("ascii", "replace"), signature(*parts).encode()):
        raise BadSignature("signature")


def stamp(query: Mapping[str, str], now: datetime) -> tuple[str, str]:
    """Timestamp and nonce of a request. Raises BadSignature if one is missing or the time is not within five minutes."""
    time, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not nonce or not time.isascii() or not time.isdigit() or len(time) > 12:
        raise BadSignature("timestamp or nonce")
    if abs(now.timestamp() - int(time)) > FRESH:
        raise BadSignature("stale")
    return time, nonce


class Envelope:
    """Seals and opens messages with the EncodingAESKey (43 characters) for one appid. Raises ValueError on a bad key."""

    def __init__(self, aes_key: str, appid: str) -> None:
        if not _KEY.fullmatch(aes_key):
            raise ValueError("消息加解密密钥（EncodingAESKey）应为43位字母和数字")
        key = b64decode(aes_key + "=")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))
        self._appid = appid.encode()

    def seal(self, message: bytes, salt: bytes | None = None) -> str:
        """The message encrypted, in base64. `salt` are the 16 random bytes in front, given only to repeat known results."""
        plain = b"".join((salt or token_bytes(16), len(message).to_bytes(4, "big"), message, self._appid))
        short = _BLOCK - len(plain) % _BLOCK
        work = self._cipher.encryptor()
        return binascii.b2a_base64(work.update(plain + bytes((short,)) * short) + work.finalize(), newline=False).decode()

    def open(self, sealed: str) -> bytes:
        """The message inside. Raises BadBody if another key sealed it, BadSignature if it was meant for another appid."""
        try:
            data = binascii.a2b_base64(sealed)
            work = self._cipher.decryptor()
            plain = work.update(data) + work.finalize()
        except ValueError:  # base64 that is none, or not whole blocks
            raise BadBody("cannot be decrypted") from None
        short = plain[-1] if plain else 0
        end = len(plain) - short
        if not 1 <= short <= _BLOCK or plain[end:] != bytes((short,)) * short:
            raise BadBody("cannot be decrypted")
        start = 20 + int.from_bytes(plain[16:20], "big")
        if start > end:
            raise BadBody("cannot be decrypted")
        if not compare_digest(plain[start:end], self._appid):
            raise BadSignature("appid")
        return plain[20:start]
