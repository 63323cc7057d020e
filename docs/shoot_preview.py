"""Make the guide's picture of the preview: the sample project's page in Chromium.

Run as `python docs/shoot_preview.py`, with the extra `test` and Debian's chromium and
chromium-driver; it writes docs/images/preview.png.
"""

import contextlib
import io
import shutil
import sys
import tempfile
from pathlib import Path

import PIL.Image

from pipeline.cli import main as bitplane

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "images" / "preview.png"
ASSET = "waveshare-7in3e/landscape"
COLORS = 128

sys.path.insert(0, str(ROOT / "tests"))


def shoot(folder: Path) -> PIL.Image.Image:
    """The page with one picture open, half of it the source."""
    from browser import browser, wait

    shutil.copytree(ROOT / "assets", folder / "assets")
    shutil.copy(ROOT / "build.yaml", folder)
    with contextlib.chdir(folder):
        if bitplane(["preview", "-o", "page", "--target", ASSET.partition("/")[0]]):
            raise RuntimeError("the sample project does not build")
    with browser(folder / "chromium", size="1180,860") as driver:
        address = (folder / "page" / "index.html").as_uri()
        driver.get(f"{address}#{ASSET.replace('/', '%2F')}")
        wait(driver, "byId('viewer').open && byId('shown').complete && byId('before').complete")
        driver.execute_script("byId('slider').value = 42; showSlider(); byId('slider').focus()")
        driver.execute_async_script(
            "const done = arguments[0]; byId('before').decode().then(() =>"
            " requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return PIL.Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = shoot(Path(folder))
    page.quantize(COLORS, dither=PIL.Image.Dither.NONE).save(FILE, optimize=True)


if __name__ == "__main__":
    main()
