"""What patients send is drawn anew: nothing but the picture remains, and nothing that is no picture gets in."""

import contextlib
import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.care.media import Unfit
from bot.wechat import pictures, voices


def saved(image, kind, **more):
    out = BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(content):
    return Image.open(BytesIO(content), formats=["JPEG"])


def wound(width=1200, height=900):
    image = Image.new("RGB", (width, height), "pink")
    image.paste("red", (0, 0, width // 2, height))
    return image


def with_place(image):
    """As phones write it: camera, place, upside down."""
    exif = image.getexif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x0112] = 3
    exif.get_ifd(0x8825)[2] = (23.0, 7.0, 30.0)
    return saved(image, "JPEG", exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE")


def test_place_camera_and_comments_are_gone_and_the_picture_stands_upright():
    picture = pictures.cleaned(with_place(wound()))
    for content in (picture.content, picture.small):
        assert b"SECRET" not in content
        assert b"Exif" not in content
        assert dict(opened(content).getexif()) == {}
    red, green, _ = opened(picture.content).getpixel((1100, 450))
    assert red > 200
    assert green < 60  # it was left before
    assert (picture.width, picture.height) == (1200, 900)
    assert max(opened(picture.small).size) == pictures.SMALL


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_kinds_that_wechat_knows(kind):
    assert opened(pictures.cleaned(saved(wound(300, 200), kind)).content).size == (300, 200)


def test_what_is_transparent_becomes_white_and_a_moving_picture_stands_still():
    clear = pictures.cleaned(saved(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG"))
    assert min(opened(clear.content).getpixel((20, 20))) > 250
    frames = [Image.new("P", (40, 40), color) for color in range(5)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert getattr(opened(pictures.cleaned(moving).content), "n_frames", 1) == 1


def test_a_large_photo_is_kept_smaller():
    picture = pictures.cleaned(saved(wound(6000, 4000), "JPEG"))
    assert (picture.width, picture.height) == (2560, 1707)


def png(width, height):
    """A PNG that says it is so large, and holds hardly anything."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(Unfit, match="图片太大"):
        pictures.cleaned(png(60000, 60000))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><img src=x onerror=alert(1)>",
        b"%PDF-1.7",
        b'{"errcode":40007}',
        saved(wound(), "JPEG")[:300],
        png(100, 100),
        saved(wound(50, 50), "BMP"),
        saved(wound(50, 50), "TIFF"),
    ],
    ids=["empty", "svg", "html", "pdf", "json", "cut off", "too little in it", "bmp", "tiff"],
)
def test_what_is_no_photo_is_refused(content):
    with pytest.raises(Unfit):
        pictures.cleaned(content)


HEADS = [b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(HEADS))
def test_whatever_comes_is_refused_or_a_picture(noise, head):
    with contextlib.suppress(Unfit):
        assert opened(pictures.cleaned(head + noise).content).format == "JPEG"


def test_what_hides_behind_a_picture_is_gone():
    content = saved(wound(), "JPEG") + b"PK\x03\x04<script>SECRET</script>"
    assert b"SECRET" not in pictures.cleaned(content).content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"#!AMR\n" + (b"\x3c" + bytes(31)) * 150, ("audio/amr", 3)),
        (b"#!AMR\n" + (b"\x04" + bytes(12)) * 100, ("audio/amr", 2)),
        (b"#!AMR-WB\n" + (b"\x44" + bytes(60)) * 50, ("audio/amr-wb", 1)),
        (b"ID3\x03", ("audio/mpeg", 0)),
        (b"OggS", ("audio/ogg", 0)),
    ],
)
def test_a_voice_is_known_by_what_is_in_it(content, found):
    assert voices.measured(content) == found


@pytest.mark.parametrize("content", [b"", b"RIFF", b"<html>", b"#!AMR\n" + bytes(13) * 31000])
def test_what_is_no_voice_is_refused(content):
    with pytest.raises(Unfit):
        voices.measured(content)
