"""What arrives while the desk is busy with something else: nothing is lost under answers, or on a dead line."""

from __future__ import annotations

from typing import Any

import redis as redis_sync
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser.desk.room import Push, desk, opened
from tests.desk import Service, appended, handoff, message

LIST = "**/api/v1/tickets?*"
HIDDEN = "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"


class Late:
    """Holds back the answer to the next request for this address, as it was when it was asked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.held: list[Any] = []
        self.asked_again = False
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        if self.held:
            self.asked_again = True
            route.continue_()
        else:
            self.held.append((route, route.fetch()))

    def wait(self) -> None:
        while not self.held:
            self.page.wait_for_timeout(20)

    def come(self) -> None:
        route, answer = self.held[0]
        route.fulfill(response=answer)


def person(name: str, customer_id: str) -> dict[str, Any]:
    return {"customer": {"id": customer_id, "name": name}}


def test_a_ticket_that_arrives_while_the_list_is_read_is_news(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87000", "cus_before", **person("Before All", "cus_before")))
    page = desk(browser, service)
    expect(page.locator(".line", has_text="Before All")).to_be_visible()
    late = Late(page, LIST)
    page.locator(".views button").nth(2).click()
    late.wait()
    page.evaluate(HIDDEN)
    push(handoff("F-87001", "cus_meanwhile", **person("In Between", "cus_meanwhile")))
    expect(page).to_have_title("(1) Faden – Desk")
    late.come()
    expect(page.locator(".line", has_text="Before All")).to_be_visible()
    page.locator(".news button").click()
    expect(page.locator(".line", has_text="In Between")).to_be_visible()


def test_news_outlive_that_more_of_the_list_is_shown(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87010", "cus_page", **person("Page One", "cus_page")))
    page = desk(browser, service)
    expect(page.locator(".line").first).to_be_visible()
    items = page.evaluate("fetch('/api/v1/tickets?status=open').then(answer => answer.json())")["items"]
    page.route(LIST, lambda route: route.fulfill(json={"items": items[:1], "cursor": "more"}))
    page.locator(".views button").nth(0).click()
    expect(page.locator(".more")).to_be_visible()
    push(handoff("F-87011", "cus_later", **person("Later Still", "cus_later")))
    expect(page.locator(".news button")).to_be_visible()
    page.unroute(LIST)
    page.route(LIST, lambda route: route.fulfill(json={"items": [], "cursor": None}))
    page.locator(".more").click()
    expect(page.locator(".more")).to_have_count(0)
    expect(page.locator(".news button")).to_be_visible()


def test_an_empty_list_shows_by_itself_what_arrives(browser: Browser, service: Service, push: Push) -> None:
    page = desk(browser, service)
    page.route(LIST, lambda route: route.fulfill(json={"items": [], "cursor": None}))
    page.locator(".views button").nth(0).click()
    expect(page.locator(".queue .blank")).to_contain_text("New tickets appear here by themselves")
    page.unroute(LIST)
    push(handoff("F-87020", "cus_first", **person("First In", "cus_first")))
    line = page.locator(".line", has_text="First In")
    expect(line.locator("time")).to_have_text("just now")
    push(appended("F-87020", message("**Good** day", "agent", author_name="Admin"), "cus_first"))
    expect(line.locator(".last")).to_have_text("Good day")


def test_an_answer_that_is_older_than_the_news_takes_no_message_away(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-87030", "cus_older"))
    page = opened(browser, service, "F-87030")
    expect(page.locator(".message")).to_have_count(3)
    late = Late(page, "**/api/v1/tickets/F-87030")
    page.locator("[data-action=claim]").click()
    late.wait()
    push(appended("F-87030", message("And one more thing"), "cus_older"))
    expect(page.locator(".message")).to_have_count(4)
    page.evaluate("""() => {
      const count = () => (window.fewest = Math.min(window.fewest ?? 9, document.querySelectorAll(".message").length));
      count();
      new MutationObserver(count).observe(document.body, { childList: true, subtree: true });
    }""")
    with page.expect_response(lambda answer: late.asked_again and answer.url.endswith("F-87030")):
        late.come()
    expect(page.locator("[data-action=reply]")).to_be_visible()
    assert page.evaluate("fewest") == 4


def test_a_line_that_died_in_silence_is_noticed_and_replaced(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    push(handoff("F-87040", "cus_silent"))
    page = opened(browser, service, "F-87040")
    dead: list[bool] = []

    def line(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        number = len(dead)
        dead.append(False)
        socket.on_message(lambda word: dead[number] or server.send(word))
        server.on_message(lambda word: dead[number] or socket.send(word))

    page.route_web_socket("**/api/v1/events", line)
    page.clock.install()
    page.reload()
    expect(page.locator(".live.on")).to_be_visible()
    expect(page.locator(".message")).to_have_count(3)
    dead[0] = True
    push(appended("F-87040", message("Does anybody read this?"), "cus_silent"))
    page.clock.fast_forward("00:26")
    page.clock.fast_forward("00:11")
    expect(page.locator(".message")).to_have_count(4)
    expect(page.locator(".live.on")).to_be_visible()
    assert len(dead) == 2
