"""Stand-ins for photos: small PNG pictures of a bank and a plume, each different, none a real place."""

import struct
import zlib

import numpy as np

WIDTH, HEIGHT = 480, 320


def photo(seed: int, *, plume: bool) -> bytes:
    """A PNG of a river under a bank; with `plume`, a dark one spreads from the outfall."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    bank = y < 120 + 14 * np.sin(x / 70 + rng.uniform(0, 6))
    ripple = 8 * np.sin(y / 5 + x / 23 + rng.uniform(0, 6))
    picture = np.empty((HEIGHT, WIDTH, 3))
    picture[:] = (86, 122, 132)
    picture += ripple[..., None]
    picture[bank] = (112, 126, 84)
    if plume:
        width = 12 + (x - 150).clip(0) * 0.28
        dark = np.exp(-(((y - 150 - (x - 150) * 0.12) / width) ** 2)) * (x > 150) * ~bank
        picture -= dark[..., None] * np.array([52, 74, 96])
    pipe = (abs(x - 140) < 22) & (abs(y - 138) < 16)
    picture[pipe] = (70, 68, 66)
    picture += rng.normal(0, 5, picture.shape)
    return _png(picture.clip(0, 255).astype(np.uint8))


def _png(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    """Eight-bit RGB, by the PNG specification: signature, header, one compressed block of rows, end."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
