"""TERMINALS: a window with the terminal in it, driven as a person does.

Takes   a window of `windows.py`; a member of `trading.py`.
Gives   `Terminal`: sign in, write a ticket, send it, read what is shown.
Keeps   to what a person sees: roles, labels and words, no inside of the page.
Source  Decision 0047.
"""

import re
from contextlib import suppress

from playwright.sync_api import Locator
from playwright.sync_api import Page
from playwright.sync_api import WebSocketRoute
from playwright.sync_api import expect

SOCKET = re.compile(r"/ws/api/v2$")


class Terminal:
    """One terminal."""

    def __init__(self, page: Page, contract: str) -> None:
        """Take a page on which it is open, or soon will be."""
        self.page, self.contract = page, contract

    def open(self, query: str = "") -> "Terminal":
        """Go to it, and wait until it is live."""
        self.page.goto(f"/trade/{self.contract}{query}")
        self.page.get_by_text("Live", exact=True).wait_for()
        return self

    def sign_in(self, key: str, secret: str) -> "Terminal":
        """Paste a key; wait until the account is there."""
        self.page.get_by_label("Key id").fill(key)
        self.page.get_by_label("Secret").fill(secret)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()
        return self

    def field(self, name: str) -> Locator:
        """Find a field of the ticket."""
        return self.form.get_by_role("textbox", name=name, exact=True)

    @property
    def form(self) -> Locator:
        """Find the ticket."""
        return self.page.get_by_role("form", name="Order")

    def choose(self, name: str, value: str) -> None:
        """Choose one of a list of the ticket."""
        self.form.get_by_role("combobox", name=name, exact=True).select_option(value)

    def write(self, side: str, lots: str, kind: str = "limit", **fields: str) -> None:
        """Write a ticket: a side, lots, a type, and fields by their labels."""
        self.form.locator(f"label.{side}").click()
        self.choose("Type", kind)
        self.field("Lots").fill(lots)
        for label, value in fields.items():
            self.field(label.replace("_", " ")).fill(value)

    def send(self) -> str:
        """Send what is written; confirm where that is asked; give what is said of it."""
        self.form.locator("button[type=submit]").click()
        asked = self.page.get_by_role("dialog")
        with suppress(Exception):
            asked.wait_for(timeout=500)
            asked.get_by_role("button", name=re.compile("^(Buy|Sell)$")).click()
        said = self.page.locator("p.said")
        expect(said).to_contain_text(re.compile("Order|Refused|No answer"))
        found = said.inner_text()
        self.page.get_by_role("button", name="Hide this message").click()
        return found

    def unasked(self) -> "Terminal":
        """Send without a question from now on."""
        self.page.get_by_label("Ask before an order is sent").uncheck()
        return self

    def more(self) -> "Terminal":
        """Open the rest of the ticket."""
        self.form.get_by_text("More", exact=True).click()
        return self

    def own(self, name: str) -> Locator:
        """Show one of the member's own tables; give its part of the page."""
        self.page.get_by_role("tab", name=re.compile(f"^{name}")).click()
        return self.page.get_by_role("tabpanel").last


class Line:
    """The wire between a page and the exchange, in the hands of a test."""

    def __init__(self, page: Page) -> None:
        """Stand between them from the next connection on."""
        self.is_cut = False
        self.opened: list[WebSocketRoute] = []
        self.loses = 0  # Changes of a book that are still to be lost.
        self.words: dict[str, str] = {}  # What is said in place of what the exchange says.
        page.route_web_socket(SOCKET, self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self.opened.append(route)
        if self.is_cut:
            route.close()
            return
        server = route.connect_to_server()
        server.on_message(lambda message: self._tell(route, str(message)))

    def _tell(self, route: WebSocketRoute, message: str) -> None:
        if self.loses and '"type":"change"' in message and '"book.' in message:
            self.loses -= 1
            return
        for found, said in self.words.items():
            message = message.replace(found, said)
        route.send(message)

    def cut(self) -> None:
        """Break the connection, and let none come about."""
        self.is_cut = True
        self.opened[-1].close()

    def mend(self) -> None:
        """Let connections come about again."""
        self.is_cut = False
