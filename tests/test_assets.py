"""The sample pictures are what draw.py draws, and are what they promise to be."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

ASSETS = Path(__file__).parents[1] / "assets"
ICONS = ["arrow", "battery", "bell", "cloud", "gear", "heart", "sun", "wifi"]
UI_COLORS = "000000 ffffff ff0000 141c2b 3a4a63 00b4e6 ffc400 18b45c"
# Mode and size of each picture, and by how many levels a machine's math library may change it.
PICTURES = {
    "landscape.png": ("RGB", (640, 400), 1),
    "portrait.png": ("RGB", (400, 480), 1),
    "ui.png": ("RGB", (240, 240), 0),
    "sprites.png": ("P", (128, 32), 0),
    "logo.png": ("1", (128, 64), 0),
} | {f"icons/{name}.png": ("RGBA", (32, 32), 0) for name in ICONS}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))


def pixels(path: Path) -> NDArray[np.int64]:
    with Image.open(path) as image:
        return np.asarray(image).astype(np.int64)


def run_draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(ASSETS / "draw.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures") / "new"
    done = run_draw(str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def test_the_folder_holds_exactly_the_pictures_that_are_drawn(drawn: Path) -> None:
    assert names(ASSETS) == names(drawn) == sorted(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_in_the_folder_is_what_the_code_draws(drawn: Path, name: str) -> None:
    ours, fresh = pixels(ASSETS / name), pixels(drawn / name)
    assert ours.shape == fresh.shape
    assert np.abs(ours - fresh).max() <= PICTURES[name][2]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_its_mode_and_size(name: str) -> None:
    with Image.open(ASSETS / name) as image:
        assert (image.format, image.mode, image.size) == ("PNG", *PICTURES[name][:2])


def test_a_file_in_place_of_the_folder_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.touch()
    done = run_draw(str(file))
    assert done.returncode == 2
    assert f"{file} is not a folder" in done.stderr


def test_the_screen_uses_all_of_its_exact_colors_and_no_other() -> None:
    used = {bytes(color.tolist()).hex() for color in pixels(ASSETS / "ui.png").reshape(-1, 3)}
    assert used == set(UI_COLORS.split())


@pytest.mark.parametrize("icon", ICONS)
def test_an_icon_is_clear_outside_solid_inside_and_soft_between(icon: str) -> None:
    alpha = pixels(ASSETS / "icons" / f"{icon}.png")[..., 3]
    soft = (alpha > 0) & (alpha < 255)
    assert alpha.min() == 0
    assert alpha.max() == 255
    assert np.unique(alpha[soft]).size >= 4


def test_the_sprites_are_indexed_in_sixteen_colors_with_a_transparent_first() -> None:
    with Image.open(ASSETS / "sprites.png") as image:
        indices, palette = np.asarray(image), image.getpalette()
        assert image.info["transparency"] == 0
    assert palette is not None
    colors = {tuple(palette[k : k + 3]) for k in range(0, 48, 3)}
    assert set(np.unique(indices)) == set(range(16))
    assert len(colors) == 16


def test_every_sprite_cell_holds_a_picture_of_its_own() -> None:
    indices = pixels(ASSETS / "sprites.png")
    cells = [indices[y : y + 16, x : x + 16] for y in (0, 16) for x in range(0, 128, 16)]
    assert len({cell.tobytes() for cell in cells}) == 16
    assert all(32 < np.count_nonzero(cell) < 256 for cell in cells)


@pytest.mark.parametrize("name", ["landscape.png", "portrait.png"])
def test_a_shaded_picture_spans_dark_to_white_in_many_colors(name: str) -> None:
    colors = pixels(ASSETS / name).reshape(-1, 3)
    assert colors.max(1).min() < 40
    assert colors.min(1).max() > 240
    assert np.unique(colors, axis=0).shape[0] > 20000


def test_all_pictures_together_stay_small() -> None:
    assert sum((ASSETS / name).stat().st_size for name in PICTURES) < 1_500_000
