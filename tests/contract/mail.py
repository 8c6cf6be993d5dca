"""A customer who writes mails, and what arrives at theirs."""

from __future__ import annotations

from email.message import EmailMessage

from bot.vendors.action import Action
from tests.contract.platforms.email import mail_form
from tests.contract.service import until

KIM = "kim@example.org"


async def post(service, form, **more) -> tuple[int, str]:
    async with service.session.post(f"{service.url}/channels/email/webhook", data=form, **more) as answer:
        return answer.status, await answer.text()


def signed(service, fields, **more):
    return mail_form(dict(service.messengers.given.values), fields, **more)


def raw_form(raw: bytes) -> dict[str, str]:
    return {"recipient": "help@shop.example", "sender": KIM, "body-mime": raw.decode()}


async def writes(service, text: str, address: str = KIM, count: int = 1):
    """The customer writes; returns the thread once it has so many messages."""
    await service.vendors["email"].does(address, Action("text", text))
    return await thread(service, count, address)


async def thread(service, count: int, address: str = KIM):
    async def there():
        found = await service.thread("email", address)
        return found if len(found) >= count else None

    return await until(there, 30)


async def arrived(service, count: int) -> list[EmailMessage]:
    async def there():
        found = service.vendors["email"].arrived
        return found if len(found) >= count else None

    return await until(there)
