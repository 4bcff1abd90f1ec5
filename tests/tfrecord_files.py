"""Files of TFRecords for tests, written without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_REMAINDERS = [_remainder(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """CRC-32C, byte by byte."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _REMAINDERS[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(crc: int) -> bytes:
    """A checksum as it is stored."""
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """A record that holds some bytes."""
    length = struct.pack("<Q", len(data))
    return length + masked(crc32c(length)) + data + masked(crc32c(data))


def varint(number: int) -> bytes:
    """A number as protocol buffers have it."""
    number &= 2**64 - 1
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def field(number: int, contents: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(contents)) + contents


def feature(value: Any, packed: bool = True) -> bytes:
    """A feature of one value, or of a list of values, of one type: bytes, float or int."""
    values = value if isinstance(value, list) else [value]
    if all(isinstance(one, bytes) for one in values):
        return field(1, b"".join(field(1, one) for one in values))
    if all(isinstance(one, float) for one in values):
        floats = [struct.pack("<f", one) for one in values]
        return field(2, field(1, b"".join(floats)) if packed else b"".join(b"\x0d" + one for one in floats))
    integers = [varint(one) for one in values]
    return field(3, field(1, b"".join(integers)) if packed else b"".join(b"\x08" + one for one in integers))


def example(features: Mapping[str, Any], packed: bool = True) -> bytes:
    """A serialised tf.train.Example."""
    entries = (field(1, field(1, name.encode()) + field(2, feature(value, packed))) for name, value in features.items())
    return field(1, b"".join(entries))


def tfrecords(examples: Iterable[Mapping[str, Any]]) -> bytes:
    """A file of examples."""
    return b"".join(record(example(features)) for features in examples)
