"""An officer's browser window, on a return of one commune."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, Page

from communes.models import Official
from tests import builders
from tests.builders import Catalogue, Places

FORM = "/bao-cao/90102/2024/"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}


class Visitor:
    """One browser window of one person. Anything the page logs as an error fails the test."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.address = address
        self.context = browser.new_context(**{"viewport": DESK, "locale": "vi-VN", **options})
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        expected = "Failed to load resource"  # refusals and cut lines are part of the tests
        if message.type == "error" and expected not in message.text:
            self.faults.append(message.text)

    def sign_in(self, username: str = "xa.mot") -> Page:
        client = Client()
        client.force_login(Official.objects.get(username=username))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.address}
        self.context.add_cookies([cookie])
        return self.page

    def open_form(self, username: str = "xa.mot") -> Page:
        self.sign_in(username)
        self.page.goto(self.address + FORM)
        return self.page


@pytest.fixture
def live_server(live_server: Any) -> Iterator[Any]:
    """The server of the tests, quiet again before the database is emptied.

    A window closes before the server has answered its last request; that answer would then read
    tables that are being emptied, for the next test.
    """
    under_way = []

    def begin(**_: Any) -> None:
        under_way.append(None)

    def end(**_: Any) -> None:
        if under_way:
            under_way.pop()

    request_started.connect(begin)
    request_finished.connect(end)
    yield live_server
    until = time.monotonic() + 10
    while under_way and time.monotonic() < until:
        time.sleep(0.02)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


@pytest.fixture
def here(places: Places, catalogue: Catalogue) -> Places:
    """A province whose communes may enter 2024, with the balance rule."""
    builders.balance(catalogue)
    builders.deadline(places.province)
    builders.official("xa.mot", places.first)
    return places


@pytest.fixture
def visit(here: Places, browser: Browser, live_server: Any) -> Iterator[Any]:
    """Open a window: visit(viewport=PHONE), visit(java_script_enabled=False)…"""
    opened: list[Visitor] = []

    def new(**options: Any) -> Visitor:
        opened.append(Visitor(browser, live_server.url, **options))
        return opened[-1]

    yield new
    for visitor in opened:
        visitor.context.close()
    assert [fault for visitor in opened for fault in visitor.faults] == []
