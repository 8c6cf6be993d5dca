"""The playground as a customer with several phones uses it, and what is said in the story of one customer,
one thread."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_story import context, heard, logged_in, open_ticket, picture, reference, write
from tests.stack import Stack

ORDER = "NL-20417"


@dataclass(frozen=True)
class Words:
    """What is said in one language, and what the pages must show in it."""

    hello: str
    question: str
    follow_up: str
    person: str
    reply: str
    mail: str
    web: str
    yes: str
    joined: str
    ticket: str


WORDS = {
    "de": Words(
        hello="Hallo",
        question=f"Wo ist meine Bestellung {ORDER}?",
        follow_up="und wann kommt sie an?",
        person="Ich möchte mit einem Menschen sprechen.",
        reply="Hallo Kim, ich habe beim Paketdienst nachgefragt; es kommt morgen Vormittag.",
        mail="E-Mail",
        web="Web-Chat",
        yes="Ja, verbinden",
        joined="{} gehört jetzt zu diesem Gespräch",
        ticket="Ticketnummer",
    ),
    "en": Words(
        hello="Hello",
        question=f"Where is my order {ORDER}?",
        follow_up="and when will it arrive?",
        person="I would like to talk to a person.",
        reply="Hello Kim, I have asked the parcel service; it comes tomorrow before noon.",
        mail="E-mail",
        web="Web chat",
        yes="Yes, connect",
        joined="{} is now part of this conversation",
        ticket="ticket number",
    ),
}


def phone(page: Page, channel: str, author: str = "business") -> Locator:
    return page.locator(f"#phone-{channel} .said.{author}")


async def type_on(page: Page, channel: str, text: str) -> None:
    field = page.locator(f"#phone-{channel} form [maxlength]")
    await field.fill(text)
    await field.press("Enter")


async def go_on(page: Page, name: str) -> None:
    """Opens the link to another channel in the chat; in the playground its phone brings the code at once."""
    await page.click("faden-chat .tools button:last-child")
    await page.locator("faden-chat a.way", has_text=name).click()


async def say_yes_on_the_web(page: Page, who: str) -> None:
    asked = page.locator("faden-chat .message.system", has_text=who).last
    await asked.locator("button.choice").first.click()


class Story:
    """One customer's page with the phones beside it, and the agent's desk; each step waits for what it must show."""

    def __init__(self, browser: Browser, stack: Stack, language: str) -> None:
        self.browser, self.stack, self.language = browser, stack, language
        self.words = WORDS[language]
        self.page: Page
        self.agent: Page

    async def picture(self, name: str, page: Page | None = None) -> None:
        await picture(page or self.page, f"omni-{name}-{self.language}")

    async def begins_on_telegram_and_asks_on_the_web(self) -> None:
        self.page = await (await context(self.browser, self.language, 1440, 900)).new_page()
        await self.page.goto(f"{self.stack.bot_url}/?lang={self.language}")
        await type_on(self.page, "telegram", self.words.hello)
        await expect(phone(self.page, "telegram")).to_have_count(1)
        await self.page.click("faden-chat button.launcher")
        await write(self.page, self.words.question)
        await expect(heard(self.page, "bot").filter(has_text=ORDER)).to_be_visible()
        await self.picture("1-web")

    async def joins_telegram(self) -> None:
        page, words = self.page, self.words
        await page.click("faden-chat .tools button:last-child")
        await expect(page.locator("faden-chat a.way")).not_to_have_count(0)
        await self.picture("2-continue-elsewhere")
        await page.locator("faden-chat a.way", has_text="Telegram").click()
        await expect(phone(page, "telegram", "customer").last).to_contain_text("FD-")
        await expect(page.locator("#phone-telegram .buttons button")).to_have_count(2)
        await self.picture("3-confirm")
        assert ORDER not in await page.locator("#phone-telegram .log").inner_text(), (
            "nothing is shown before both agree"
        )
        await say_yes_on_the_web(page, "Telegram")
        await page.locator("#phone-telegram .buttons button").first.click()
        await expect(heard(page, "system").filter(has_text=words.joined.format("Telegram"))).to_be_visible()

    async def is_remembered_on_telegram(self) -> None:
        await type_on(self.page, "telegram", self.words.follow_up)
        await expect(phone(self.page, "telegram").filter(has_text=ORDER)).to_be_visible()
        await expect(heard(self.page, "bot").filter(has_text=ORDER)).to_have_count(2)
        await expect(self.page.locator("faden-chat .badge", has_text="Telegram").first).to_be_visible()
        await self.picture("4-telegram-remembers")

    async def joins_the_mailbox_and_asks_there_for_a_person(self) -> None:
        page, words = self.page, self.words
        await go_on(page, words.mail)
        await say_yes_on_the_web(page, words.mail)
        await expect(phone(page, "email").filter(has_text=words.yes)).to_be_visible()
        await type_on(page, "email", "1")
        await expect(heard(page, "system").filter(has_text=words.joined.format(words.mail))).to_be_visible()
        await type_on(page, "email", words.person)
        await expect(phone(page, "email").filter(has_text=words.ticket)).to_be_visible()
        await page.locator("#phone-email").scroll_into_view_if_needed()
        await self.picture("5-mail-asks-for-a-person")

    async def is_one_thread_at_the_desk(self) -> None:
        agent = self.agent = await logged_in(self.browser, self.stack, self.language)
        ref = await reference(self.page)
        await open_ticket(agent, self.words.person)
        said = {
            self.words.question: self.words.web,
            self.words.follow_up: "Telegram",
            self.words.person: self.words.mail,
        }
        for text, channel in said.items():
            await expect(agent.locator(".message.customer", has_text=text)).to_contain_text(channel)
        await expect(agent.locator(".head .name")).to_contain_text(ref)

    async def is_answered_where_they_wrote_last(self) -> None:
        page, agent, reply = self.page, self.agent, self.words.reply
        await agent.click("[data-action=claim]")
        await expect(agent.locator("[data-action=reply], [data-action=resolve]")).to_be_visible()
        await agent.fill("#compose", reply)
        await self.picture("6-one-thread-at-the-desk", agent)
        await agent.press("#compose", "Enter")
        await expect(phone(page, "email").filter(has_text=reply)).to_be_visible()
        await expect(heard(page, "agent")).to_have_text(reply)
        await expect(phone(page, "telegram").filter(has_text=reply)).to_have_count(0)
        await self.picture("7-the-answer")

    async def end(self) -> None:
        for page in (self.page, self.agent):
            await page.context.close()
