"""ICC profiles put together by hand, among them Adobe's, and the formulas of what they mean."""

import struct

import numpy as np


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(space: bytes, gamma: float, columns: dict[bytes, tuple[float, ...]]) -> bytes:
    """A small ICC profile, version 2: a power law and, for RGB, three primaries (XYZ, D50)."""
    white = (0.9642, 1.0, 0.8249)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + s15(*white), b"cprt": b"text" + bytes(4) + b"none\0"}
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    for name, xyz in columns.items():
        tags[name + b"XYZ"] = b"XYZ " + bytes(4) + s15(*xyz)
        tags[name + b"TRC"] = curve
    if not columns:
        tags[b"kTRC"] = curve
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12s4s",
        start + len(data),
        b"",
        0x02100000,
        b"mntr",
        space,
        b"XYZ ",
        bytes(12),
        b"acsp",
    )
    header += bytes(68 - len(header)) + s15(*white)
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + table + data


# Adobe RGB (1998): specification, section 4.3; the primaries as XYZ under D50.
ADOBE = profile(
    b"RGB ",
    563 / 256,
    {
        b"r": (0.60974, 0.31111, 0.01947),
        b"g": (0.20528, 0.62567, 0.06087),
        b"b": (0.14919, 0.06322, 0.74457),
    },
)
XYZ_TO_SRGB = np.linalg.inv(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def srgb_curve(light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def adobe_to_srgb(rgb: np.ndarray) -> np.ndarray:
    primaries = np.array(
        [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
    )
    light = (rgb / 255.0) ** (563 / 256)
    return 255 * srgb_curve(light @ primaries.T @ XYZ_TO_SRGB.T)
