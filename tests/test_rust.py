"""Rust modules: the compiler takes them, a program reads our pixels from them, and all decode.

embedded-graphics is in no registry that Debian has, so its place is taken by a crate with the
signatures of its version 0.8 that the modules use, and with its documented order of bits.
"""

import re
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from compilers import run
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Kind, assert_comes_back, checker, inks, listed, pictures, tiny, whole

from pipeline.decode import decode
from pipeline.emitters import Picture, direct, emit, picture
from pipeline.grid import GRIDS
from pipeline.layout import Layout
from pipeline.palette import Indexed, from_colors

CRATE = """
pub mod pixelcolor {
    pub trait PixelColor: Copy + PartialEq { type Raw: raw::RawData; }
    pub mod raw {
        pub trait RawData: Sized + Copy + PartialEq {
            type Storage;
            const BITS_PER_PIXEL: usize;
            fn into_inner(self) -> Self::Storage;
            fn from_bits(bits: u32) -> Self;
        }
        macro_rules! raw {
            ($($name:ident $storage:ident $bits:literal)*) => { $(
                #[derive(Clone, Copy, PartialEq, Eq, Debug)]
                pub struct $name($storage);
                impl RawData for $name {
                    type Storage = $storage;
                    const BITS_PER_PIXEL: usize = $bits;
                    fn into_inner(self) -> $storage { self.0 }
                    fn from_bits(bits: u32) -> Self { Self(bits as $storage) }
                }
            )* }
        }
        raw! { RawU1 u8 1 RawU2 u8 2 RawU4 u8 4 RawU8 u8 8 RawU16 u16 16 RawU24 u32 24 }
    }
    use raw::{RawData, RawU1, RawU16, RawU2, RawU24, RawU4, RawU8};
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum BinaryColor { Off, On }
    impl PixelColor for BinaryColor { type Raw = RawU1; }
    impl From<RawU1> for BinaryColor {
        fn from(raw: RawU1) -> Self {
            if raw.into_inner() != 0 { Self::On } else { Self::Off }
        }
    }
    macro_rules! gray {
        ($($name:ident $raw:ident)*) => { $(
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $name(pub $raw);
            impl PixelColor for $name { type Raw = $raw; }
            impl From<$raw> for $name { fn from(raw: $raw) -> Self { Self(raw) } }
        )* }
    }
    gray! { Gray2 RawU2 Gray4 RawU4 Gray8 RawU8 }
    macro_rules! rgb {
        ($($name:ident $raw:ident $r:literal $g:literal $b:literal)*) => { $(
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $name(pub u32);
            impl $name {
                pub const fn new(r: u8, g: u8, b: u8) -> Self {
                    let high = (r as u32) << $g | g as u32;
                    assert!(r >> ($r - 1) < 2 && g >> ($g - 1) < 2 && b >> ($b - 1) < 2);
                    Self(high << $b | b as u32)
                }
            }
            impl PixelColor for $name { type Raw = $raw; }
            impl From<$raw> for $name {
                fn from(raw: $raw) -> Self { Self(raw.into_inner() as u32) }
            }
        )* }
    }
    rgb! { Rgb565 RawU16 5 6 5 Rgb888 RawU24 8 8 8 }
    impl From<Rgb565> for Rgb888 { fn from(_: Rgb565) -> Self { Self(0) } }
    impl From<Rgb888> for Rgb565 { fn from(_: Rgb888) -> Self { Self(0) } }
}
pub mod image {
    use crate::pixelcolor::{raw::RawData, PixelColor};
    pub struct BigEndian;
    pub struct ImageRaw<'a, C, BO = BigEndian>
    where
        C: PixelColor + From<<C as PixelColor>::Raw>,
    {
        pub data: &'a [u8],
        pub width: u32,
        kind: core::marker::PhantomData<(C, BO)>,
    }
    impl<'a, C, BO> ImageRaw<'a, C, BO>
    where
        C: PixelColor + From<<C as PixelColor>::Raw>,
    {
        pub const fn new(data: &'a [u8], width: u32) -> Self {
            Self { data, width, kind: core::marker::PhantomData }
        }
        pub fn pixel(&self, x: usize, y: usize) -> C {
            let bits = C::Raw::BITS_PER_PIXEL;
            let row = &self.data[(self.width as usize * bits + 7) / 8 * y..];
            let mut value = 0;
            for bit in x * bits..(x + 1) * bits {
                value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1) as u32;
            }
            C::from(C::Raw::from_bits(value))
        }
    }
}
"""


def _listed(name: str, colors: int, *, clear: bool = False) -> Kind:
    return listed(name, colors, 5, holds="index", clear=clear, learned=True)


def _two(clear: int | None) -> Kind:
    palette = from_colors([(255, 0, 0), (0, 255, 0)], GRIDS["rgb565"], clear)
    return Kind(palette, "index", "rgb565")


KINDS: dict[str, tuple[Kind, str]] = {
    "two": (_two(None), "BinaryColor"),
    "first_clear": (_two(0), "BinaryColor"),
    "gray2": (whole("gray2", "code", ""), "Gray2"),
    "gray4": (whole("gray4", "code", ""), "Gray4"),
    "gray8": (whole("gray8", "code", ""), "Gray8"),
    "index2": (_listed("rgb565", 4), "Index"),
    "index4": (_listed("rgb565", 13, clear=True), "Index"),
    "index8": (_listed("bgr888", 200), "Index"),
    "inks": (inks([0, 1, 2, 3, 5, 6, 200]), "Index"),
    "all": (whole("rgb565", "code", "rgb565"), "Rgb565"),
}


def _made(symbol: str) -> Picture:
    kind, _ = KINDS[symbol]
    indices = np.random.default_rng(3).integers(0, len(kind.palette), (9, 29)).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture(symbol, "p", indexed, Layout(bits=32), kind.holds, kind.grid)


def _file(made: Picture) -> bytes:
    (file,) = emit("rust", made)
    assert file.name == f"{made.symbol}.rs"
    return file.data


def _program() -> str:
    """Prints a number for each pixel: what it holds, or the color that it becomes."""
    numbers = {
        "BinaryColor": "(if p == BinaryColor::On {{ ON }} else {{ OFF }}).0",
        "Index": "{}::from(p).0",
        "Rgb565": "p.0",
    }
    lines = ["use embedded_graphics::pixelcolor::{raw::RawData, BinaryColor, Rgb565, Rgb888};"]
    lines += [f"mod {symbol};" for symbol in KINDS]
    lines += [
        "fn main() {",
        "let _ = (BinaryColor::On, Rgb565::new(0, 0, 0), Rgb888::new(0, 0, 0));",
    ]
    for symbol, (kind, color) in KINDS.items():
        exact = direct.is_exact(kind.palette, "rgb565")
        number = numbers.get(color, "u32::from(p.0.into_inner())")
        number = number.format("Rgb565" if exact else "Rgb888")
        number = number.replace("{ ON", f"{{ {symbol}::ON").replace(
            "OFF", "Rgb565::new(31, 63, 31)" if symbol == "first_clear" else f"{symbol}::OFF"
        )
        lines.append(f"for y in 0..{symbol}::HEIGHT as usize {{")
        lines.append(f"for x in 0..{symbol}::WIDTH as usize {{")
        lines.append(f'let p = {symbol}::IMAGE.pixel(x, y); print!("{{:x}} ", {number}); }} }}')
        lines.append("println!();")
    return "\n".join([*lines, "}", ""])


def _expected(symbol: str) -> list[str]:
    made, (kind, color) = _made(symbol), KINDS[symbol]
    exact = direct.is_exact(kind.palette, "rgb565")
    if color.startswith("Gray"):
        values = kind.palette.codes
    else:
        values = direct.words(kind.palette, "rgb565" if exact else "rgb888")
    if symbol == "first_clear":
        values = np.where(np.arange(2) == 0, 0xFFFF, values).astype(np.uint32)
    return [f"{value:x}" for value in values[made.indexed.indices].ravel().tolist()]


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the crate, compiled."""
    if shutil.which("rustc") is None:
        pytest.skip("rustc is not installed")
    folder = tmp_path_factory.mktemp("rust")
    (folder / "crate.rs").write_text(CRATE)
    name = ["--crate-name", "embedded_graphics", "--crate-type", "rlib", "--edition", "2021"]
    run(["rustc", *name, "crate.rs", "-o", "libembedded_graphics.rlib"], folder)
    return folder


def test_a_program_reads_every_kind_of_picture(crate: Path) -> None:
    for symbol in KINDS:
        (crate / f"{symbol}.rs").write_bytes(_file(_made(symbol)))
    (crate / "main.rs").write_text(_program())
    use = ["--extern", "embedded_graphics=libembedded_graphics.rlib"]
    run(["rustc", "--edition", "2021", "-D", "warnings", *use, "main.rs", "-o", "main"], crate)
    told = run([str(crate / "main")], crate).splitlines()
    assert [line.split() for line in told] == [_expected(symbol) for symbol in KINDS]


@pytest.mark.parametrize("symbol", KINDS)
def test_the_color_type_is_the_narrowest_that_holds_the_picture(symbol: str) -> None:
    text = _file(_made(symbol)).decode()
    assert f"pub const IMAGE: ImageRaw<'static, {KINDS[symbol][1]}> =" in text


@given(made=pictures())
@settings(max_examples=60, deadline=None)
def test_every_module_turns_back_into_its_picture(made: Picture) -> None:
    back = decode({"a.rs": _file(made)}, "a.rs")
    assert_comes_back(back, made, exact=256)


def test_a_symbol_that_is_none_is_refused() -> None:
    made = picture("a b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("rust", made)


def test_a_module_without_its_pixels_says_so() -> None:
    text = re.sub(rb'b"\\[^"]*"', b"todo!()", _file(tiny()))
    with pytest.raises(ValueError, match="the module has no PIXELS"):
        decode({"a.rs": text}, "a.rs")


@given(edits=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1))
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(edits: list[tuple[int, int]]) -> None:
    data = bytearray(_file(tiny()))
    for place, value in edits:
        data[place % len(data)] = value
    with suppress(ValueError):
        assert decode({"a.rs": bytes(data)}, "a.rs").indices.size
