"""Make the picture of the READMEs from a report: `python docs/building/picture.py demo-out/report.html`.

It needs playwright and a Chromium on the path, as the tests of pages do.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from outside import ROOT
from playwright.sync_api import sync_playwright

PICTURE = ROOT / "docs" / "images" / "report.png"
SIZE = {"width": 1280, "height": 1190}


def take(report: Path) -> None:
    """Write what a window of `SIZE` shows of the report to `PICTURE`."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as session:
        browser = session.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
