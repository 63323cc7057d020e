"""A real browser for tests: Debian's Chromium, driven through its chromedriver."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
PATIENCE_S = 30


def need_browser() -> None:
    """Skip where there is no Chromium or nothing to drive it with."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("there is no chromium with chromedriver (apt: chromium chromium-driver)")


@contextmanager
def browser(folder: Path, *, dark: bool = False, size: str = "1280,900") -> Iterator[Any]:
    """A Chromium without a window; all its traces stay in `folder`."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    words = ["headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "no-first-run"]
    words += [f"window-size={size}", f"user-data-dir={folder / 'profile'}", "hide-scrollbars"]
    words += ["force-device-scale-factor=1", "disable-background-networking"]
    for word in [*words, *(["force-dark-mode"] if dark else [])]:
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    service = webdriver.ChromeService(executable_path=str(DRIVER), env=environment)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_script_timeout(PATIENCE_S)
        yield driver
    finally:
        driver.quit()


def complaints(driver: Any) -> list[str]:
    """What the console says: script errors, and reports of the content security policy."""
    return [entry["message"] for entry in driver.get_log("browser")]


def wait(driver: Any, script: str, *arguments: Any) -> Any:
    """Wait until a script's value is true, and give it."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, PATIENCE_S, 0.02).until(
        lambda it: it.execute_script(f"return {script}", *arguments)
    )


def pixels(png: bytes) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) of a picture file."""
    with PIL.Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def shot(driver: Any, selector: str) -> NDArray[np.uint8]:
    """What stands on the screen where an element is, uint8 (h, w, 3); one pixel a CSS pixel."""
    left, top, right, bottom = driver.execute_script(
        "const r = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return [r.left, r.top, r.right, r.bottom].map(Math.round)",
        selector,
    )
    return pixels(driver.get_screenshot_as_png())[top:bottom, left:right]


def reached(chromium: Any, steps: int) -> set[str]:
    """What Tab comes to."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    found: set[str] = set()
    for _ in range(steps):
        ActionChains(chromium).send_keys(Keys.TAB).perform()
        found.add(
            chromium.execute_script(
                "const one = document.activeElement;"
                "one.dataset.reached = '1';"
                "return one.id || one.dataset.id || one.name || one.tagName"
            )
        )
    return found


def unreached(chromium: Any, within: str) -> list[str]:
    """Controls that can be seen and that Tab did not come to; of radio buttons one is enough."""
    return list(
        chromium.execute_script(
            "return [...document.querySelector(arguments[0]).querySelectorAll("
            "'button, input, select, textarea, a[href], summary, [tabindex=\"0\"]')]"
            ".filter((one) => !one.disabled && one.checkVisibility() && !one.dataset.reached"
            " && !(one.type === 'radio' && !one.checked)).map((one) => one.outerHTML)",
            within,
        )
    )
