"""Kernels: the loops that numpy cannot express, in C where a compiler was found.

Each has a plain Python reference that gives the same values; whoever uses one asks `load` and
falls back on the reference.
"""

import os
from importlib import import_module
from typing import Any, Protocol

VERSION = 9
"""Raised with `VERSION` in module.c when a kernel changes: a stale extension is not used."""

SWITCH = "BITPLANE_NATIVE"
"""Set to 0, this variable keeps the extension out; for tests and for finding faults."""


class Native(Protocol):
    """The compiled kernels; arrays are C-contiguous, those named `out` are written to.

    All raise ValueError when sizes disagree or a value is out of range.
    """

    def nearest(self, points: Any, centers: Any, out: Any) -> None:
        """Each point's nearest center, the first of equally near ones.

        Args:
            points: int64 (n, 3), within -2^24..2^24.
            centers: int64 (k, 3), within -2^24..2^24, 1 to 65536 of them.
            out: int64 (n,), gets the places.
        """

    def plan(self, *arguments: Any) -> None:
        """Plans of `dithers.plans`.

        Args:
            arguments: int64 (n, 3) colors and int64 (k, 3) entries, coordinates within
                -2^20..2^20; int64 (n, m) places of entries, m at most 16; the plan's length,
                1..255; strength, 0..256; whether plans grow by Yliluoma's rule; and uint8 (n, m)
                of zeros, which get how often each entry stands in a plan.
        """

    def riemersma_axis(self, *arguments: Any) -> None:
        """`dithers.riemersma.follow_axis`.

        Args:
            arguments: uint16 (n,) values; int32 (n,) places in order; int32 (n,) settled entries
                by place, -1 where free, or (0,); int32 (k,) levels, ascending; int32 (k - 1,)
                edges; strength, 0..256; and uint16 (n,), which gets the places of levels.
        """

    def riemersma_colors(self, *arguments: Any) -> None:
        """`dithers.riemersma.follow_colors`.

        Args:
            arguments: uint16 (n, 3) linear light; int32 (n,) places in order; int32 (n,) settled
                entries by place, -1 where free, or (0,); uint16 (k, 3) entries in linear light;
                int32 (k, 3) of `color.oklab` where they are chosen by it, or (0, 3); uint16
                (65536,) `color.cube_root_table`; strength, 0..256; and uint16 (n,), which gets
                the places of entries.
        """

    def pick(self, linear: Any, out: Any, *entries: Any) -> None:
        """The entry that each color takes by a rule of `dithers.pick`.

        Args:
            linear: uint16 (n, 3) linear light.
            out: uint16 (n,), gets palette indices.
            entries: The fields of `dithers.pick.Entries`, 1 to 65536 entries.
        """

    def diffuse_colors(self, *arguments: Any) -> None:
        """Error diffusion between colors whose channels are chosen together.

        Args:
            arguments: Those of `dithers.compiled.Common`, then the fields of
                `dithers.pick.Entries`.
        """

    def diffuse_axis(self, *arguments: Any) -> None:
        """Error diffusion on one channel; what is chosen is added to `out`.

        Args:
            arguments: Those of `dithers.compiled.Common`, then int32 (m,) levels, int32 (m - 1,)
                edges, uint16 (m,) shares, and the channel, 0..2, or -1 for luminance.
        """

    def dbs(self, scene: tuple[Any, ...], sweeps: int, seen: Any, sums: Any, out: Any) -> None:
        """Direct binary search, as `dithers.dbs` states it.

        Args:
            scene: target, int32 (planes, h, w) within -66646..66646; weight, int32 (h, w),
                0..5517; free, uint8 (h, w), 0 where the entry stays; colors, int32
                (k, planes) within -66646..66646; candidates, uint16 (k, n), each below k; blur,
                int32 (s, s), s odd, none negative, summing to at most 2^15; block, 1..64;
                tone, 0..2^15.
            sweeps: At most so many.
            seen: int32 (planes, h + s - 1, w + s - 1), used freely.
            sums: int64 (planes, ceil(h / block), ceil(w / block)), used freely.
            out: uint16 (h, w), the start, each below k; gets the result.
        """

    def count(self, *arguments: Any) -> int:
        """`histogram.count_plain` for some pixels.

        Args:
            arguments: uint16 (n, 3) linear light, uint8 (n,) alpha, uint8 (n,) mask or None,
                uint8 (65536,) sRGB of linear light, the alpha threshold; then uint32 (n,) out for
                the keys and int64 (n,) out for the weights.

        Returns:
            How many keys there are; they ascend.
        """

    def features(self, keys: Any, linear: Any, roots: Any, out: Any) -> int:
        """`color.oklab` of colors.

        Args:
            keys: uint32 (n,) 0xRRGGBB.
            linear: uint16 (256,), `color.linear_table`.
            roots: uint16 (65536,), `color.cube_root_table`.
            out: int32 (n, 3), gets the coordinates.

        Returns:
            0.
        """

    def number(self, keys: Any, bits: int, out: Any) -> int:
        """Number the cells of colors that agree in the top bits of each channel, ascending.

        Args:
            keys: uint32 (n,) 0xRRGGBB.
            bits: 1..7.
            out: int32 (n,), gets each color's cell.

        Returns:
            How many cells there are.
        """

    def gather(self, keys: Any, weights: Any, sums: Any, cells: Any, out: Any) -> int:
        """Add colors to their cells.

        Args:
            keys: uint32 (n,) 0xRRGGBB.
            weights: int64 (n,).
            sums: int64 (n, 3) features times weights.
            cells: int32 (n,), each below m.
            out: int64 (m, 7), to which weights, sums and weighted sRGB are added.

        Returns:
            0.
        """

    def start(self, *arguments: Any) -> int:
        """`search.start_plain`.

        Args:
            arguments: int32 (n, 3) points, int64 (n,) weights, int64 (n, 3) sums; then int32
                (k, 3) out for the centers and int32 (n,) out for the labels.

        Returns:
            How many centers there are.
        """

    def refine(self, *arguments: Any) -> int:
        """`search.refine_plain`.

        Args:
            arguments: int32 (n, 3) points, int64 (n,) weights, int64 (n, 3) sums; int32 (k, 3)
                centers and int32 (n,) labels, both in and out; how many centers move, and the
                fields of `search.Plan`.

        Returns:
            0.
        """

    def project(self, *arguments: Any) -> None:
        """Each color with its move, as `gamut` states it.

        Args:
            arguments: uint16 (n, 3) linear light; int32 (f, 3) normals of faces, whose absolute
                values sum to at most 32767 each; int32 (f,) offsets; uint16 (65536,) places:
                cell times 512, plus 0..256; int32 (25 ** 3, 3) moves, within -65535..65535; how
                far beyond a face the whole move is made, 1..2^32; and uint16 (n, 3), which gets
                the result.
        """

    def nearest_mixture(self, *arguments: Any) -> None:
        """`surface.nearest`.

        Args:
            arguments: uint16 (n, 3) linear light; uint16 (t, 3, 3) triangles; uint16 (m, 2) first
                places, pairs of a sum of at most 256; uint16 (65536,) `color.cube_root_table`;
                int32 (t * m, 4), used freely; and uint16 (n, 3), which gets the result.
        """

    def matches(self, data: Any, window: int, longest: int, *arrays: Any) -> None:
        """`codecs.matches.find_plain`.

        Args:
            data: uint8 (n,), 1 to 2^27 of them.
            window: How far matches lie back, 1..65535.
            longest: How far agreement counts, 2..65535.
            arrays: int32 (65536 + 2 n,), used freely; uint16 (n, m) and uint16 (n, m), which get
                lengths and distances.
        """

    def parse(self, data: Any, *arrays: Any) -> int:
        """`codecs.parse.parse_plain`.

        Args:
            data: uint8 (n,).
            arrays: uint32 (256,) prices of literals, uint32 of lengths, uint32 of distances, each
                by its value and at most 65536; uint16 of lengths, which one is tried after each,
                a longer one; uint16 (n, m) lengths and uint16 (n, m) distances,
                as `matches` gives them; uint32 (n + 1,), used freely; uint16 (n,) and uint16
                (n,), which get the length, 0 for a literal, and the distance of each step.

        Returns:
            How many steps there are.
        """

    def parse_lz4(self, data: Any, longest: int, *arrays: Any) -> None:
        """`codecs.lz4.parse_plain`.

        Args:
            data: uint8 (n,).
            longest: As for `matches`.
            arrays: uint16 (n,) lengths and uint16 (n,) distances, as `matches` gives them; uint32
                (6 n + 6,), used freely; uint32 (n + 1,), which gets how many literals begin a
                sequence at each place, and uint32 (n + 1,), which gets the length of a match there.
        """

    def parse_zx0(self, *arguments: Any) -> None:
        """`codecs.zx0_parse.search`.

        Args:
            arguments: The fields of `codecs.zx0_parse.Work` as `parse` makes them; costs, nodes and
                reach are written to.
        """


def load() -> Native | None:
    """The compiled kernels, or None where there are none."""
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        found: Native = import_module("pipeline.kernels._native")
    except ImportError:
        return None
    return found if getattr(found, "VERSION", 0) == VERSION else None


def absence() -> str:
    """Why work is slower than it could be, in one sentence for the user; "" when it is not."""
    if load() is not None:
        return ""
    if os.environ.get(SWITCH) == "0":
        return (
            f"{SWITCH}=0 keeps the C kernels out, so this build is slower; its bytes are the same"
        )
    return (
        "the C kernels are not built, so this build is slower (its bytes are the same); "
        "install a C compiler and reinstall bitplane"
    )
