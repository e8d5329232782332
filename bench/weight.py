"""What the entry page weighs, and how soon it can be typed into over a slow line.

python -m bench.weight ADDRESS USERNAME UNIT PERIOD, with the password in DEMO_PASSWORD; against a
server that sends what production sends (`make run`). Each visit is measured three times, the
quickest counts. Later visits keep what the browser keeps; the worker, whose requests Chromium does
not slow down, is kept out.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

LINE = {"offline": False, "latency": 600, "downloadThroughput": 12_500, "uploadThroughput": 12_500}
"""100 kbit/s each way, 600 ms there and back."""
TIMES = 3
WATCH = """
window.usable = 0;
(function look() {
    const mark = performance.getEntriesByName('usable')[0];
    if (mark) window.usable = mark.startTime;
    else requestAnimationFrame(look);
})();
"""
"""The script of the form leaves a mark once it has set the form up."""


@dataclass
class Visit:
    """`files`: bytes over the wire, headers included. `painted`, `usable`: milliseconds."""

    files: dict[str, int] = field(default_factory=dict)
    painted: float = 0
    usable: float = 0
    elements: int = 0

    @property
    def total(self) -> int:
        return sum(self.files.values())


def main() -> None:
    address, username, unit, period = sys.argv[1:]
    form = f"{address}/bao-cao/{unit}/{period}/"
    with sync_playwright() as play:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=path)
        cookies = signed_in(browser, address, username)
        pairs = [both_visits(browser, form, cookies) for _time in range(TIMES)]
        browser.close()
    tell(pairs)


def signed_in(browser: Browser, address: str, username: str) -> list[Any]:
    page = browser.new_page()
    page.goto(f"{address}/dang-nhap/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", os.environ["DEMO_PASSWORD"])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "dang-nhap" not in url)
    return list(page.context.cookies())


def both_visits(browser: Browser, form: str, cookies: list[Any]) -> tuple[Visit, Visit]:
    """With nothing kept, then once more."""
    context = browser.new_context(service_workers="block")
    context.add_cookies(cookies)
    context.add_init_script(WATCH)
    visits = visited(context.new_page(), form), visited(context.new_page(), form)
    context.close()
    return visits


def visited(page: Page, form: str) -> Visit:
    visit = Visit()
    names: dict[str, str] = {}
    line = page.context.new_cdp_session(page)

    def begun(event: dict[str, Any]) -> None:
        names[event["requestId"]] = event["response"]["url"].split("?")[0]

    def ended(event: dict[str, Any]) -> None:
        name = names.get(event["requestId"], "").rstrip("/").rsplit("/", 1)[-1]
        if event["encodedDataLength"]:
            visit.files[name] = visit.files.get(name, 0) + int(event["encodedDataLength"])

    line.on("Network.responseReceived", begun)
    line.on("Network.loadingFinished", ended)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    page.goto(form, timeout=90_000)
    page.wait_for_function("window.usable > 0", timeout=90_000)
    visit.usable = page.evaluate("window.usable")
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    visit.painted = page.evaluate(paint)
    visit.elements = page.evaluate("document.getElementsByTagName('*').length")
    page.wait_for_load_state("networkidle")
    page.close()
    return visit


def tell(pairs: list[tuple[Visit, Visit]]) -> None:
    for name, visits in zip(("first visit", "later"), zip(*pairs, strict=True), strict=True):
        best = min(visits, key=lambda visit: visit.usable)
        print(f"\n{name}: {best.total / 1000:.1f} kB, {best.elements} elements")
        for file, size in sorted(best.files.items(), key=lambda pair: -pair[1]):
            print(f"  {size / 1000:8.1f} kB  {file}")
        print(f"  seen after {best.painted / 1000:.1f} s, usable after {best.usable / 1000:.1f} s")


if __name__ == "__main__":
    main()
