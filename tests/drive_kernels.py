"""Run every kernel over many inputs, from an extension file: for builds with sanitizers.

python drive_kernels.py EXTENSION
"""

import importlib.util
import os
import sys
from unittest import mock

import numpy as np

from pipeline import kernels

NAME = "pipeline.kernels._native"


def install(path: str) -> kernels.Native:
    """Make the extension at a path the one that is used."""
    spec = importlib.util.spec_from_file_location(NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[NAME] = module
    found = kernels.load()
    assert found is module
    return found


def drive_dithers(native: kernels.Native) -> int:
    import dither_cases as cases

    count = 0
    for place, name in enumerate(cases.PALETTES):
        for step, method in enumerate(cases.METHODS):
            tiny = cases.SIZES[(place + step) % len(cases.SIZES)]
            asked = cases.case(100 * place + step, name, method, tiny if step % 2 else None)
            assert cases.differences(native, asked) == 0, (name, asked)
            count += 1
    return count


def drive_picks(native: kernels.Native) -> int:
    import dither_cases as cases

    random = np.random.default_rng(0)
    for name in cases.PALETTES:
        if len(cases.PALETTES[name]) <= 256:
            for count in (1, 2, 40):
                linear = random.integers(0, 65536, (count, 3)).astype(np.uint16)
                assert cases.pick_differences(native, linear, name) == 0, name
    return len(cases.PALETTES)


def drive_nearest(native: kernels.Native) -> int:
    random = np.random.default_rng(1)
    for count in (1, 2, 13, 300):
        for most in (1, 50, 1 << 24):
            points = random.integers(-most, most, (200, 3), endpoint=True)
            centers = random.integers(-most, most, (count, 3), endpoint=True)
            out = np.empty(len(points), np.int64)
            native.nearest(points, centers, out)
            apart = ((points[:, None] - centers[None]) ** 2).sum(axis=2)
            assert (out == apart.argmin(axis=1)).all()
    return 12


def drive_plans() -> int:
    from pipeline.dithers import plans

    random = np.random.default_rng(2)
    for most, m in ((3, 1), (300, 7), (65536, plans.MOST)):
        for length, strength in ((1, 256), (64, 0), (255, 256), (16, 218)):
            entries = plans.coordinates(random.integers(0, most, (20, 3)).astype(np.uint16))
            colors = plans.coordinates(random.integers(0, most, (30, 3)).astype(np.uint16))
            near = np.sort(random.permuted(np.tile(np.arange(20), (30, 1)), axis=1)[:, :m])
            wanted = plans.Wanted(colors, entries, near, length, strength)
            assert (plans.plan(wanted, "knoll") == plans.knoll(wanted)).all()
            assert (plans.plan(wanted, "yliluoma") == plans.yliluoma(wanted)).all()
    return 24


def drive_riemersma() -> int:
    import dither_cases as cases

    from pipeline.dithers import DitherOptions, dither

    for place, (name, palette) in enumerate(cases.PALETTES.items()):
        random = np.random.default_rng(place)
        height, width = cases.SIZES[place % len(cases.SIZES)] if place % 2 else (9, 12)
        image = cases.picture(random, height, width)
        settled = cases.pinned(random, height, width, palette) if place % 3 else None
        options = DitherOptions("riemersma", cases.STRENGTHS[place % len(cases.STRENGTHS)])
        found = dither(image, palette, options, settled)
        with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
            assert (dither(image, palette, options, settled) == found).all(), name
    return len(cases.PALETTES)


def drive_gamut() -> int:
    from pipeline import gamut
    from pipeline.color import to_linear
    from pipeline.hull import hull_of
    from pipeline.surface import nearest

    random = np.random.default_rng(3)
    for count in (2, 3, 4, 7, 32):
        colors = random.integers(0, 256, (count, 3)).astype(np.uint8)
        hull = hull_of(to_linear(colors))
        points = random.choice([0, 1, 400, 30000, 65535], (50, 3))
        pixels = points.astype(np.uint16)
        moves = random.integers(-65535, 65536, (gamut.NODES**3, 3)).astype(np.int32)
        found = nearest(points, hull.triangles), gamut.mapped(pixels, hull, moves)
        with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
            assert (nearest(points, hull.triangles) == found[0]).all()
            assert (gamut.mapped(pixels, hull, moves) == found[1]).all()
    return 10


def drive_lz() -> int:
    from pipeline.codecs import Parameters, codec

    random = np.random.default_rng(4)
    count = 0
    for size in (1, 2, 12, 13, 150):
        for most in (1, 2, 256):
            text = random.integers(0, most, size).astype(np.uint8)
            for data in (text.tobytes(), np.repeat(text, 9).tobytes()):
                for name in ("lz4", "heatshrink", "deflate"):
                    found = codec(name).compress(data, Parameters(1, 256))
                    with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
                        assert codec(name).compress(data, Parameters(1, 256)) == found
                    count += 1
    return count


def drive_zx0() -> int:
    from pipeline.codecs import zx0_parse

    random = np.random.default_rng(4)
    for most, size, window in ((2, 40, 64), (3, 700, 256), (5, 900, 300), (256, 600, 9)):
        data = bytes(size) + random.integers(0, most, size).astype(np.uint8).tobytes()
        found = zx0_parse.parse(data, window)
        with mock.patch.dict(os.environ, {kernels.SWITCH: "0"}):
            assert zx0_parse.parse(data, window) == found
    return 4


def main() -> None:
    native = install(sys.argv[1])
    total = drive_nearest(native) + drive_picks(native) + drive_dithers(native)
    total += drive_plans() + drive_riemersma() + drive_gamut() + drive_lz() + drive_zx0()
    sys.stdout.write(f"{total} cases\n")


if __name__ == "__main__":
    main()
