"""`python -m dashboards.pictures`: each page of a published profile as pictures in docs/pictures/, wide and phone.

Needs the development tools (Playwright) and Debian's chromium; nothing of the app imports this.
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from dashboards import published, settings
from dashboards.serving import served
from dashboards.settings import REPOSITORY
from dashboards.ui import navigation, periods

PICTURES = REPOSITORY / "docs" / "pictures"
SIZES = {"": (1600, 1030), "_phone": (390, 844)}
LANGUAGES = ("en", "zh")


def main() -> None:
    """Serve the app on a free port, take the pictures, end it."""
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    parser.add_argument("--period", help="as in the address bar; default: the period the page opens with")
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--pages", nargs="+", help="by key; default: all that have something to show")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("pictures need Debian's chromium (apt-get install chromium)")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        asked.out.mkdir(parents=True, exist_ok=True)
        for name, path in _views(asked.period).items():
            if asked.pages and name not in asked.pages:
                continue
            for language in LANGUAGES:
                for suffix, size in SIZES.items():
                    file = asked.out / f"{name}_{language}{suffix}.png"
                    _take(browser, f"{address}/{path}&lang={language}", size, file)
        browser.close()


def _views(period: str | None) -> dict[str, str]:
    """Name and address of each page, and of one order's story: the latest of the period."""
    chosen = f"?period={period}" if period else "?"
    keys = [key for group in navigation.groups().values() for key in group]
    views = {key: f"{'' if key == keys[0] else key}{chosen}" for key in keys}
    file = settings.load().published_file
    (run,) = published.ask(file, "run")
    days = periods.parse(period or "all", run["first_day"], run["last_day"])
    if days is None:
        raise SystemExit(f"there are no figures of {period}")
    wanted: dict[str, published.Value] = {
        "show": "late",
        "stage": "",
        "at": "",
        "age": "",
        "step": "",
        "part": "",
        "most": 1,
        "lang": "en",
    }
    wanted |= {"places": [], "carriers": [], "types": []}
    wanted |= {"from_day": days.first.isoformat(), "to_day": days.last.isoformat()}
    latest = published.ask(file, "orders_behind", **wanted)
    return views | ({"order": f"orders{chosen}&find={latest[0]['order_id']}"} if latest else {})


def _take(browser: Browser, address: str, size: tuple[int, int], file: Path) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".st-key-bar", timeout=60_000)
    page.wait_for_timeout(1500)
    page.wait_for_selector('[data-testid="stStatusWidget"]', state="detached", timeout=60_000)
    # the page scrolls in a box of its own: the window is made as tall as what is in it
    tall = page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight")
    page.set_viewport_size({"width": width, "height": int(tall)})
    page.wait_for_timeout(1500)
    if width > height:
        _save(
            page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height}),
            file.with_stem(f"{file.stem}_top"),
        )
    _save(page.screenshot(), file)
    context.close()


def _save(picture: bytes, file: Path) -> None:
    """A page has few colours: 256 of them make a file of a third."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    print(file)


if __name__ == "__main__":
    main()
