"""Signatures and AES of the push protocol, written from Tencent's description (not from the bot's library)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadCipher(Exception):
    """What came back cannot be opened with this key and appid."""


def sign(*parts: str) -> str:
    """sha1 over the sorted parts: (token, timestamp, nonce), and with the ciphertext for `msg_signature`."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's protocol


class Sealer:
    """AES-256-CBC with key[:16] as IV, PKCS7 to 32; plaintext = 16 random bytes + length + message + appid."""

    def __init__(self, aes_key: str, appid: str) -> None:
        self._key = base64.b64decode(aes_key + "=")
        self._appid = appid.encode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, text: str, salt: bytes | None = None) -> str:
        message = text.encode()
        plain = (salt or secrets.token_bytes(16)) + struct.pack(">I", len(message)) + message + self._appid
        pad = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def open(self, sealed: str) -> str:
        """The message; BadCipher for anything that is not whole and meant for this account."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(raw) + decryptor.finalize()
            pad = plain[-1]
            if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
                raise BadCipher("padding")
            plain = plain[:-pad]
            (length,) = struct.unpack(">I", plain[16:20])
            if plain[20 + length :] != self._appid:
                raise BadCipher("appid")
            return plain[20 : 20 + length].decode()
        except (ValueError, IndexError, struct.error) as error:
            raise BadCipher(type(error).__name__) from error
