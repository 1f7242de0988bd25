"""Pages as their users have them: in Chromium, without a window."""

import os
import shutil
import urllib.parse

import pytest

# Chromium's package has this name on Debian, that one on others; Chrome does as well.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Set to `required` where the tests must not be skipped.
REQUIRED = "KERAS_GEN_BROWSER"
# The page alone: no updates, no services of Chromium's makers, no graphics card.
OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {"desk": 1280, "phone": 390}


def chromium_path():
    """Path of Chromium; skips where there is none, or fails where there must be one."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        words = f"There is none of {', '.join(PROGRAMS)}: apt-get install chromium"
        (pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip)(words)
    return found


@pytest.fixture(scope="module")
def chromium():
    """Chromium, with a profile that is new. Its end is the module's: while it runs, so does an event loop."""
    path = chromium_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without its sandbox, which root can't have: it sees this package's pages alone.
        browser = playwright.chromium.launch(
            executable_path=path, args=OPTIONS, chromium_sandbox=False, timeout=60_000
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A tab: at its end nothing has failed in it, and nobody but this machine was asked."""
    with chromium.new_context(viewport={"width": WIDTHS["desk"], "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        wrong = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and wrong.append(told(said)))
        page.on("request", lambda request: is_here(request.url) or wrong.append(request.url))
        yield page
        assert wrong == []


def told(message):
    return f"{message.text} {message.location['url']}"


def is_here(url):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1"


def check_width(page, folder, name):
    """Checks that a page fits any screen's width, and leaves a picture of each."""
    before = page.viewport_size
    for screen, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=folder / f"{name}-{screen}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} pixels wide on a screen of {width}"
    page.set_viewport_size(before)
