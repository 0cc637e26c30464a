"""Encryption of phone and ID numbers: AES-256-GCM bound to the row, and an HMAC to find them by.

A key file holds one key a line, `number base64`; the last one seals, all of them open, so a key is changed by adding a line.
The first one makes the index, which is why it stays. Losing the file loses the numbers: it belongs into the backup, but not
beside the database's.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class BadKey(Exception):
    """The key cannot be used; the message (Chinese) says what to do."""


class Unreadable(Exception):
    """A sealed value that no key opens: another key sealed it, or it was moved from another row."""


class Seal:
    """Seals and opens short texts. `place` names the column and the row, as in `patient.phone_sealed:7`."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        if not keys:
            raise BadKey("没有密钥")
        for number, key in keys.items():
            if not 0 < number < 256 or len(key) != 32:
                raise BadKey("密钥应为32字节，编号1到255")
        self._ciphers = {number: AESGCM(_derived(key, b"seal")) for number, key in keys.items()}
        self._current = list(keys)[-1]
        self._index = _derived(next(iter(keys.values())), b"index")

    @classmethod
    def from_setting(cls, text: str) -> Seal:
        """Keys as text: `base64`, or lines of `number base64`. BadKey when they are not 32 bytes each."""
        keys: dict[int, bytes] = {}
        for line in text.strip().splitlines():
            number, _, encoded = line.strip().rpartition(" ")
            try:
                key = base64.b64decode(encoded, validate=True)
                which = int(number or 1)
            except (binascii.Error, ValueError):
                raise BadKey("密钥不是有效的 base64 文本") from None
            if which in keys:
                raise BadKey(f"密钥编号 {which} 重复")
            keys[which] = key
        return cls(keys)

    @classmethod
    def from_key_file(cls, path: Path, *, create: bool = True) -> Seal:
        """The keys of a file, which is made with a new key if it is missing and `create` is true. BadKey when others may
        read it."""
        if create and not path.exists():
            _make(path)
        try:
            text = path.read_text("ascii")
            mode = path.stat().st_mode
        except FileNotFoundError:
            raise BadKey(f"密钥文件 {path} 不存在；没有它就读不出已加密的手机号和身份证号，请从备份恢复") from None
        except (OSError, UnicodeDecodeError):
            raise BadKey(f"密钥文件 {path} 无法读取") from None
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadKey(f"密钥文件 {path} 能被其他用户读取，请执行: chmod 600 {path}")
        try:
            return cls.from_setting(text)
        except BadKey as problem:
            raise BadKey(f"密钥文件 {path}: {problem}") from None

    def seal(self, text: str, place: str) -> bytes:
        """The text encrypted, to be opened only in its place: key number, nonce, ciphertext and tag."""
        return self.seal_bytes(text.encode(), place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """As `seal`, for what is no text."""
        nonce = os.urandom(_NONCE)
        return bytes([self._current]) + nonce + self._ciphers[self._current].encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """What was sealed in this place. Unreadable when the key or the place is another."""
        return self.open_bytes(sealed, place).decode()

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """As `open`, for what is no text."""
        cipher = self._ciphers.get(sealed[0]) if len(sealed) > _NONCE + 1 else None
        if cipher is None:
            raise Unreadable(f"{place}: 没有对应的密钥")
        try:
            return cipher.decrypt(sealed[1 : _NONCE + 1], sealed[_NONCE + 1 :], place.encode())
        except InvalidTag:
            raise Unreadable(f"{place}: 密钥不对，或数据不属于这一行") from None

    def index(self, text: str, kind: str) -> str:
        """64 characters that find the text again without telling it. `kind` keeps phones and ID numbers apart."""
        return hmac.digest(self._index, f"{kind}\0{text}".encode(), "sha256").hex()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"suifang " + purpose).derive(key)


def _make(path: Path) -> None:
    """Write a new key beside the name and link it there, so that no other process sees half a file or a second key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"1 {base64.b64encode(secrets.token_bytes(32)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
