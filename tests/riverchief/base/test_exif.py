"""What a camera wrote into a photo is read; whatever else stands there tells nothing."""

import io
import random
from datetime import UTC, datetime

from PIL import Image
from riverchief.base.exif import Exif, read


def taken(**fields: object) -> bytes:
    exif = Image.Exif()
    exif[0x0110] = "Phone 7"
    exif.get_ifd(0x8769).update({0x9003: "2026:11:20 12:00:00", **fields})
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 30.0, 36.0), 3: "E", 4: (106.0, 33.0, 0.0)})
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "JPEG", exif=exif)
    return target.getvalue()


def test_time_place_and_device_are_those_the_camera_wrote() -> None:
    told = read(taken())
    assert told == Exif(datetime(2026, 11, 20, 4, tzinfo=UTC), 106.55, 29.51, "Phone 7")


def test_a_photo_that_is_damaged_or_says_nothing_tells_nothing() -> None:
    photo, pick = taken(), random.Random(20261130)
    for _ in range(300):
        place = pick.randrange(2, 400)
        read(photo[:place] + bytes([pick.randrange(256)]) + photo[place + 1 :])
        read(photo[:place])
    assert read(b"\x89PNG\r\n\x1a\n") == read(b"\xff\xd8\xff\xd9") == Exif()
