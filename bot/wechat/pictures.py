"""A picture from outside made safe: only what an image file can be, of bearable size, drawn anew without anything beside it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from bot.care.media import Unfit

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
PIXELS = 64_000_000  # more than the cameras of phones have; a bomb has billions
LARGEST = 2560  # pixels of the longer side that is kept; a wound is seen well at half of it
SMALL = 320
Image.MAX_IMAGE_PIXELS = None  # we look at the size ourselves, before anything is unpacked


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and its thumbnail."""

    content: bytes
    small: bytes
    width: int
    height: int


def cleaned(content: bytes) -> Picture:
    """The picture drawn anew, upright, without camera, place, time or comments; of a moving one the first image. Raises Unfit.
    Blocks, and takes up to a quarter of a gigabyte for a moment."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > PIXELS:
                raise Unfit(f"图片太大：{width}×{height}")
            image.draft("RGB", (LARGEST, LARGEST))  # a JPEG is unpacked no larger than it is needed
            image.load()
            whole = _plain(ImageOps.exif_transpose(image))
    except Unfit:
        raise
    except Exception as error:  # Pillow raises many kinds for files that are broken on purpose
        raise Unfit("不是能打开的图片") from error
    whole.thumbnail((LARGEST, LARGEST))
    small = whole.copy()
    small.thumbnail((SMALL, SMALL))
    return Picture(_jpeg(whole, 88), _jpeg(small, 80), *whole.size)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone on a new sheet; what is transparent becomes white."""
    sheet = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        sheet.paste(image, mask=image.getchannel("A"))
    else:
        sheet.paste(image.convert("RGB"))
    return sheet


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
