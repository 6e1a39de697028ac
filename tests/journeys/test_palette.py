"""The pictures of the README keep their colours when they are made small."""

import struct
import zlib

import pytest

from tests.journeys.palette import SIGNATURE, Colour, with_few_colours

WIDTH = 4
ROWS: list[list[Colour]] = [
    [(255, 0, 0), (250, 10, 0), (0, 0, 255), (9, 9, 9)],
    [(1, 2, 3), (200, 100, 50), (250, 10, 0), (9, 9, 9)],
]


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    """What each of PNG's filters takes from a byte."""
    nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
    return (0, left, up, (left + up) // 2, nearest)[kind]


def filtered(kind: int) -> bytes:
    flat = [bytes(value for colour in row for value in colour) for row in ROWS]
    written = b""
    for number, row in enumerate(flat):
        above = flat[number - 1] if number else bytes(len(row))
        values = [
            (
                byte
                - predicted(kind, row[at - 3] if at >= 3 else 0, above[at], above[at - 3] if at >= 3 else 0)
            )
            & 255
            for at, byte in enumerate(row)
        ]
        written += bytes([kind, *values])
    return written


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture(kind: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, len(ROWS), 8, 2, 0, 0, 0))
    return SIGNATURE + head + chunk(b"IDAT", zlib.compress(filtered(kind))) + chunk(b"IEND", b"")


def colours(small: bytes) -> list[list[Colour]]:
    parts: dict[bytes, bytes] = {}
    at = len(SIGNATURE)
    while at < len(small):
        size = int.from_bytes(small[at : at + 4])
        parts[small[at + 4 : at + 8]] = small[at + 8 : at + 8 + size]
        at += size + 12
    palette = parts[b"PLTE"]
    pixels = zlib.decompress(parts[b"IDAT"])
    rows = [pixels[start + 1 : start + 1 + WIDTH] for start in range(0, len(pixels), WIDTH + 1)]
    return [[tuple(palette[3 * place : 3 * place + 3]) for place in row] for row in rows]


@pytest.mark.parametrize("kind", range(5))
def test_a_picture_of_few_colours_keeps_each_of_them_whatever_its_filter(kind: int) -> None:
    assert colours(with_few_colours(picture(kind))) == ROWS


def test_a_colour_too_many_becomes_the_nearest() -> None:
    small = colours(with_few_colours(picture(0), most=2))
    assert {colour for row in small for colour in row} == {(250, 10, 0), (9, 9, 9)}
    assert small[0][:2] == [(250, 10, 0), (250, 10, 0)]
    assert small[1][0] == (9, 9, 9)
