"""Each messenger against its simulated vendor, both ways, over real sockets."""

import pytest

from bot.vendors.action import Action
from tests.contract.service import until

ADDRESS = {
    "telegram": "4711",
    "whatsapp": "4915112345678",
    "messenger": "24681012",
    "instagram": "13579111",
    "sms": "+4915112345678",
    "webhook": "kiosk-7",
    "email": "kim@example.org",
}
CHANNELS = list(ADDRESS)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


async def first_words(service, channel, text="Where is my parcel?"):
    """The customer writes; returns their id once the message is stored."""
    await service.vendors[channel].does(ADDRESS[channel], Action("text", text))

    async def arrived():
        return any(one.text == text for one in await service.thread(channel, ADDRESS[channel]))

    await until(arrived)
    return await service.customer(channel, ADDRESS[channel])


async def on_the_phone(service, channel, text):
    """The business' message on the phone, once it is there."""

    async def shown():
        bubbles = service.vendors[channel].conversation(ADDRESS[channel]).bubbles
        return next((one for one in bubbles if one.author == "business" and text in one.text), None)

    return await until(shown)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_message_comes_in_and_its_answer_goes_out(service, channel):
    customer = await first_words(service, channel)
    await service.reply(customer, channel, "It arrives **tomorrow**.")
    bubble = await on_the_phone(service, channel, "tomorrow")
    assert bubble.text == ("It arrives *tomorrow*." if channel == "whatsapp" else "It arrives tomorrow.")
    phone = service.vendors[channel].conversation(ADDRESS[channel])
    assert [one.state for one in phone.bubbles if one.author == "customer"] == ["taken"]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_choice_comes_back_as_its_payload(service, channel):
    customer = await first_words(service, channel)
    await service.reply(customer, channel, "Which one?", choices=(("Track an order", "/track"), ("Returns", "/return")))
    bubble = await on_the_phone(service, channel, "Which one?")
    vendor = service.vendors[channel]
    if channel in ("sms", "email"):
        assert bubble.text == "Which one?\n\n1) Track an order\n2) Returns"
        await vendor.does(ADDRESS[channel], Action("text", "2."))
    else:
        assert [one["title"] for one in bubble.choices] == ["Track an order", "Returns"]
        await vendor.does(ADDRESS[channel], Action("choice", message=bubble.id, index=1))

    async def taken():
        return [one for one in await service.thread(channel, ADDRESS[channel]) if one.text == "Returns"]

    [said] = await until(taken)
    items = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert items[-1] == f'choice "/return" {said.cursor}'
