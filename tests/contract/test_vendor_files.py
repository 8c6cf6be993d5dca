"""Customers' files: fetched after the message was taken, checked by content, shown only by a signed address."""

import json
import time

import pytest

from bot.channels import files as files_module
from bot.vendors.action import Action, File
from runtime import file_links
from tests.contract.service import until
from tests.contract.test_vendors import ADDRESS, PNG

FROM = ["telegram", "whatsapp", "messenger", "instagram", "sms", "webhook"]


async def sends(service, channel, content, media_type="image/png", name="photo.png"):
    """The customer sends a file; returns the attachment in the thread."""
    await service.vendors[channel].does(ADDRESS[channel], Action("file", file=File(name, media_type, content)))

    async def arrived():
        return await service.thread(channel, ADDRESS[channel])

    return (await until(arrived))[-1].attachments[0]


async def ended(service, attachment):
    async def done():
        found = await service.messengers.files.described(attachment.id)
        return found if found["state"] != "waiting" else None

    return await until(done, 20)


def link(service, id, **more):
    return file_links.link(service.url, service.settings.session_secret, id, **more)


@pytest.mark.parametrize("channel", FROM)
async def test_a_picture_is_fetched_from_the_platform_and_shown_by_a_signed_address(service, channel):
    attachment = await sends(service, channel, PNG)
    found = await ended(service, attachment)
    assert (found["state"], found["media_type"], found["size"]) == ("stored", "image/png", str(len(PNG)))
    async with service.session.get(link(service, attachment.id)) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "image/png"


async def test_only_a_signed_living_address_of_this_very_file_shows_it(service):
    attachment = await sends(service, "telegram", PNG)
    await ended(service, attachment)
    good = link(service, attachment.id)
    other = link(service, "0" * 32)
    bad = [
        f"{service.url}/files/{attachment.id}",
        good[:-1],
        good.replace("until=", "until=9"),
        good.replace(attachment.id, "0" * 32),
        f"{service.url}/files/{attachment.id}?{other.partition('?')[2]}",
        link(service, attachment.id, now=time.time() - 3600),
        file_links.link(service.url, "another secret", attachment.id),
        f"{service.url}/files/..%2F..%2Fsession_secret?until=99999999999&sig=x",
    ]
    for url in bad:
        async with service.session.get(url) as answer:
            assert answer.status in (403, 404), url
    async with service.session.get(other) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><script>alert(1)</script></html>", "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
        (b"MZ" + b"\0" * 200, "image/jpeg"),
        (b"\x7fELF" + b"\0" * 200, "application/pdf"),
        (b"", "image/png"),
        (bytes(range(256)) * 4, "image/png"),
    ],
)
async def test_what_is_no_picture_or_document_is_refused_whatever_it_is_called(service, content, says):
    attachment = await sends(service, "whatsapp", content, says)
    assert (await ended(service, attachment))["state"] == "refused"
    async with service.session.get(link(service, attachment.id)) as answer:
        assert answer.status == 410
    assert not service.messengers.files.path(attachment.id).exists()


async def test_a_file_that_is_too_large_is_not_read_to_its_end(service, monkeypatch):
    monkeypatch.setattr(files_module, "MAX_BYTES", 1000)
    attachment = await sends(service, "telegram", PNG + b"\0" * 5000)
    found = await ended(service, attachment)
    assert found["state"] == "refused" and "more than" in found["reason"]


async def test_documents_and_plain_text_are_offered_for_saving(service):
    attachment = await sends(service, "telegram", "Größe: 42\n".encode(), "text/plain", "maße.txt")
    assert (await ended(service, attachment))["media_type"] == "text/plain"
    async with service.session.get(link(service, attachment.id)) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''ma%C3%9Fe.txt")


async def test_an_address_that_is_not_the_platforms_own_is_never_called(service):
    secret = service.messengers.given.values["WEBHOOK_SECRET"]
    assert secret
    for number, url in enumerate(
        (f"{service.url}/healthz", "http://169.254.169.254/latest", "file:///etc/passwd", "ftp://x/y")
    ):
        message = {
            "id": f"ssrf-{number}",
            "from": "kiosk-7",
            "text": "look",
            "files": [{"url": url.replace("127.0.0.1", "localhost")}],
        }
        vendor = service.vendors["webhook"]
        await vendor._hook({"messages": [message]}, vendor.conversation("kiosk-7"), None)
        [*_, last] = await service.thread("webhook", "kiosk-7")
        found = await ended(service, last.attachments[0])
        assert found["state"] == "refused" and "own address" in found["reason"]


async def test_a_file_that_was_expected_before_a_crash_is_fetched_by_the_next_process(make_service):
    service = await make_service()
    ahead = time.time() + 0.5
    vendor = service.vendors["telegram"]
    vendor.files["f1"] = File("a.png", "image/png", PNG)
    fields = {"state": "waiting", "channel": "telegram", "source": "f1", "name": "a.png", "kind": "image"}
    await service.redis.hset("file:" + "a" * 32, mapping=fields)
    await service.redis.zadd("files-due", {"a" * 32: ahead})

    async def stored():
        return (await service.messengers.files.described("a" * 32))["state"] == "stored"

    await until(stored)


async def test_the_phone_is_a_small_api_and_an_event_stream(service):
    base = f"{service.url}/vendors/telegram/conversations/4711"
    async with service.session.get(f"{service.url}/vendors") as answer:
        assert "telegram" in (await answer.json())["channels"]
    async with service.session.get(f"{base}/events") as stream:
        assert await stream.content.readline() == b": open\n"
        async with service.session.post(f"{base}/messages", json={"text": "hello"}) as answer:
            assert answer.status == 201
        seen = []
        while len(seen) < 2:
            line = await stream.content.readline()
            seen += [json.loads(line[6:])] if line.startswith(b"data: ") else []
        assert [(one["text"], one["state"]) for one in seen] == [("hello", "sending"), ("hello", "taken")]
    async with service.session.get(base) as answer:
        found = await answer.json()
    assert [one["text"] for one in found["messages"]] == ["hello"] and found["channel"] == "telegram"
    for bad in ({"dance": 1}, {"choice": {}}, {"file": {"data": "%%"}}, [], {"edit": {"message": "9", "text": "x"}}):
        async with service.session.post(f"{base}/messages", json=bad) as answer:
            assert answer.status == 400, bad
    async with service.session.put(f"{service.url}/vendors/telegram/knobs", json={"failing": "x"}) as answer:
        assert answer.status == 400
    async with service.session.put(f"{service.url}/vendors/telegram/knobs", json={"failing": 1}) as answer:
        assert (await answer.json())["failing"] == 1


async def test_a_vendor_posts_again_until_we_take_it(make_service, monkeypatch):
    service = await make_service()
    vendor = service.vendors["messenger"]
    vendor.retry_pauses, vendor.knobs.repeats = (0.05, 0.05, 0.05), 2
    take, failed = service.messengers.inbox.take, []

    async def failing(channel, found):
        if len(failed) < 4:
            failed.append(found)
            raise ConnectionError
        await take(channel, found)

    monkeypatch.setattr(service.messengers.inbox, "take", failing)
    await vendor.does("24681012", Action("text", "still here"))

    async def stored():
        return await service.thread("messenger", "24681012")

    await until(stored)
    await until(lambda: _taken(vendor))
    assert len(await stored()) == 1 and vendor.hooks[503] == 4


async def _taken(vendor):
    return vendor.conversation("24681012").bubbles[0].state == "taken"
