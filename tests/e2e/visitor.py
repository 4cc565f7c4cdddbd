"""Somebody in front of a browser, watched: every complaint of the page is kept and has to be expected."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.e2e.stage import Stage, chromium

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 20_000

# No page may need anything but this machine: every other name does not even resolve.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def launch(playwright: Any) -> Browser:
    """Debian's Chromium, headless."""
    return playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


@dataclass
class Visitor:
    """A browser context of its own, signed in or not, in one language and one size."""

    stage: Stage
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @classmethod
    def arrive(
        cls, browser: Browser, stage: Stage, *, language: str = "en", size: dict[str, int] = DESKTOP
    ) -> "Visitor":
        """A fresh browser window on no page yet."""
        context = browser.new_context(
            base_url=stage.url,
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.add_init_script(
            f"localStorage.setItem('riverchief.language', localStorage.getItem('riverchief.language') ?? '{language}')"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        visitor = cls(stage, context, page)
        page.on("console", visitor._hear)
        page.on("pageerror", lambda error: visitor.complaints.append(f"{page.url}: {error}"))
        context.on("request", visitor._see)
        return visitor

    def _hear(self, message: ConsoleMessage) -> None:
        of_the_driver = "GL Driver Message" in message.text  # software rendering is slow, which is no defect
        if message.type in {"error", "warning"} and not of_the_driver:
            self.complaints.append(f"{self.page.url}: {message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if (
            parts.scheme in {"http", "https", "ws", "wss"}
            and f"{parts.scheme}://{parts.netloc}" != self.stage.url
        ):
            self.foreign.append(request.url)

    def expects(self, text: str) -> None:
        """The console may say this: the test provokes it."""
        self.expected.append(text)

    def sign_in(self, username: str, password: str | None = None) -> "Visitor":
        """Through the form, as everybody does; with the right password unless another is given."""
        self.page.goto("/login")
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(password or self.stage.passwords[username])
        self.page.locator("#password").press("Enter")
        if password is None:
            expect(self.page.locator("header.bar")).to_be_visible()
        return self

    def api(self, path: str) -> Any:
        """What the API tells this person."""
        answer = self.context.request.get(f"/api/v1{path}")
        assert answer.ok, (path, answer.status, answer.text())
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Do something by the API, where the test is about something else."""
        token = next(cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "csrftoken")
        answer = self.context.request.post(f"/api/v1{path}", data=body, headers={"X-CSRFToken": token})
        assert answer.ok, (path, answer.status, answer.text())
        return answer.json()

    def leave(self) -> None:
        """Close the window; whatever the page complained of without being expected to is an error."""
        self.context.close()
        unexpected = [line for line in self.complaints if not any(text in line for text in self.expected)]
        assert not unexpected, "\n".join(unexpected)
        assert not self.foreign, f"asked for something elsewhere: {self.foreign}"
