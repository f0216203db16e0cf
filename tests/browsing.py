"""A real browser before a real server on this machine, watched for what no page may do."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import waitress

AXE = Path(__file__).resolve().parents[1] / "server/assets/node_modules/axe-core/axe.min.js"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def browser_program():
    """Where a browser of this machine is; None if there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def served(app, threads=4):
    """The application behind the server that serves it, on a free port of this machine."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=threads)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(10)


class Watched:
    """A page of the browser, and what went wrong on it.

    Args:
        page: of playwright.
        home: address that the server has.
    """

    def __init__(self, page, home):
        self.page, self.home, self.faults = page, home, []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"a script failed: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, message):
        is_of_document = message.location.get("url") == self.page.url and "Failed to load" in message.text
        if message.type in {"error", "warning"} and not is_of_document:
            self.faults.append(f"the console says: {message.text}")

    def _asked(self, request):
        if (
            request.url.startswith(("http:", "https:"))
            and urlsplit(request.url).netloc != urlsplit(self.home).netloc
        ):
            self.faults.append(f"another host was asked: {request.url}")

    def _answered(self, response):
        if response.status >= 400 and response.request.resource_type != "document":
            self.faults.append(f"{response.status} for {response.url}")

    def open(self, address):
        """Go to an address of the server and wait until nothing more is loaded."""
        self.page.goto(f"{self.home}{address}", wait_until="networkidle")
        return self.page

    def violations(self):
        """What hinders people who use a keyboard, a screen reader, or see little (WCAG 2.2, as axe tells it)."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}"
        found = self.page.evaluate(f"axe.run(document, {rules}).then(told => told.violations)")
        return [
            f"{one['id']}: {node['target']} {node['failureSummary'][:200]}"
            for one in found
            for node in one["nodes"]
        ]
