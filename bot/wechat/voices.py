"""A voice from outside: which format it is by its content, and how long it lasts."""

from __future__ import annotations

from bot.care.media import Unfit

_NARROW, _WIDE = b"#!AMR\n", b"#!AMR-WB\n"
# bytes of a frame of 20 ms, by its type (RFC 4867)
_FRAMES = {
    _NARROW: (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1),
    _WIDE: (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1),
}
LONGEST = 600  # seconds; WeChat's own limit is a minute


def measured(content: bytes) -> tuple[str, int]:
    """Content type and whole seconds (0: not known). Raises Unfit."""
    for head, sizes in _FRAMES.items():
        if content.startswith(head):
            seconds = _frames(content, len(head), sizes) // 50
            if seconds > LONGEST:
                raise Unfit("语音太长")
            return ("audio/amr-wb" if head == _WIDE else "audio/amr"), seconds
    if content.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")):
        return "audio/mpeg", 0
    if content.startswith(b"OggS"):
        return "audio/ogg", 0
    raise Unfit("不是语音文件")


def _frames(content: bytes, at: int, sizes: tuple[int, ...]) -> int:
    count = 0
    while at < len(content):
        at += sizes[content[at] >> 3 & 15]
        count += 1
    return count
