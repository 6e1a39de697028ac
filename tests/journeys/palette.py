"""Makes a screenshot's PNG small by giving it few colours, as most pages have hardly more. PNG: the W3C's recommendation, chapters 9 to 11."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # by colour type: RGB, RGBA
Colour = tuple[int, ...]


def with_few_colours(picture: bytes, most: int = 256) -> bytes:
    """The same picture by the (up to 256) colours it has most of; any other becomes the nearest. Takes 8-bit RGB or RGBA, not interlaced."""
    chunks = list(_chunks(picture))
    width, height, _depth, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    pixels = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    rows = list(_rows(pixels, width, height, CHANNELS[kind]))
    counts = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in counts.most_common(most)]
    places = {colour: _nearest(colour, palette) for colour in counts}
    places |= {colour: place for place, colour in enumerate(palette)}
    packed = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(bytes(colour) for colour in palette)),
            _chunk(b"IDAT", zlib.compress(packed, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(picture):
        size, name = struct.unpack(">I4s", picture[at : at + 8])
        yield name, picture[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _rows(pixels: bytes, width: int, height: int, channels: int) -> Iterator[list[Colour]]:
    """The rows as colours without transparency, their filters undone."""
    size = width * channels
    above = bytearray(size)
    for number in range(height):
        at = number * (size + 1)
        row = bytearray(pixels[at + 1 : at + 1 + size])
        _undo(pixels[at], row, above, channels)
        above = row
        yield list(zip(*(row[channel::channels] for channel in range(3)), strict=True))


def _undo(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    """Undo one row's filter, in place: 1 sub, 2 up, 3 average, 4 Paeth."""
    for at in range(len(row)) if kind else ():
        left = row[at - step] if at >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = above[at]
        elif kind == 3:
            guess = (left + above[at]) // 2
        else:
            guess = _paeth(left, above[at], above[at - step] if at >= step else 0)
        row[at] = (row[at] + guess) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def _nearest(colour: Colour, palette: list[Colour]) -> int:
    return min(
        range(len(palette)),
        key=lambda place: sum((a - b) ** 2 for a, b in zip(colour, palette[place], strict=True)),
    )
