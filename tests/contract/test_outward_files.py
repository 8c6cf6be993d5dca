"""Files that agents send: as what each platform shows best, as a link where it takes none, once and in order."""

from __future__ import annotations

import re
import struct
import time
import zlib
from datetime import UTC, datetime

import pytest

from bot.channels import shelf as shelf_module
from bot.channels.parts import parts
from bot.channels.protocol import OutFile
from bot.channels.registry import STAGE
from bot.merging import Merges
from bot.threads import message
from runtime import file_links
from tests.contract.service import Service, until
from tests.contract.test_outbox import dead, fate, sent, window_shut
from tests.contract.test_vendors import ADDRESS, CHANNELS, PNG, first_words
from tickets.contracts import Attachment, Route, UndoMerge, partition

PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
OGG = b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead" + bytes(40)
TEXT = "Größe: 42\n".encode()
#: What goes as a file on all platforms that take files of customers' kinds.
FILES = {
    "picture": (PNG, "cup.png", "image/png"),
    "document": (PDF, "invoice.pdf", "application/pdf"),
    "voice": (OGG, "voice.ogg", "audio/ogg"),
}
#: The platform takes it, but as a link: Instagram knows neither this sound nor plain text; SMS reaches no MMS land.
AS_LINK = {("instagram", "voice"), ("sms", "picture"), ("sms", "document"), ("sms", "voice")}
AMERICA = "+12025550123"


@pytest.fixture(autouse=True)
def soon_again(monkeypatch):
    """A file that is not there yet is asked for again without a long pause."""
    monkeypatch.setattr("bot.channels.files.LONGEST_PAUSE", 0.2)


async def reply(service: Service, customer: str, channel: str, text: str, *files: Attachment, **more: object) -> str:
    given = {"author": "agent", "client_id": f"c-{text}", **more}
    return await service.reply(customer, channel, text, attachments=files, **given)  # type: ignore[arg-type]


async def bubbles(service: Service, channel: str, count: int):
    """The messages of the business on the phone, once there are so many."""

    async def there():
        found = [
            one for one in service.vendors[channel].conversation(ADDRESS[channel]).bubbles if one.author == "business"
        ]
        return found if len(found) >= count else None

    return await until(there, 20)


def contents(service: Service, channel: str, bubble) -> list[bytes]:
    return [service.vendors[channel].files[one["id"]].content for one in bubble.files]


async def linked(service: Service, text: str) -> tuple[int, bytes]:
    """What is at the address in a text."""
    url = re.search(r"https?://[^\s\"]+", text)
    assert url, text
    async with service.session.get(url[0]) as answer:
        return answer.status, await answer.read()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_file_and_its_words_arrive(service, channel, kind):
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    file = await service.attach(*FILES[kind])
    cursor = await reply(service, customer, channel, "Here it is.", file)
    await fate(service, customer, cursor, "sent")
    found = await bubbles(service, channel, 1)
    said = "\n".join(one.text for one in found)
    assert "Here it is." in said
    if (channel, kind) in AS_LINK:
        assert [one.files for one in found] == [[]] and FILES[kind][1] in said
        assert await linked(service, said) == (200, FILES[kind][0])
        return
    assert [content for one in found for content in contents(service, channel, one)] == [FILES[kind][0]]
    assert "http" not in said
    [shown] = [one for bubble in found for one in bubble.files]
    assert shown["media_type"] == FILES[kind][2]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_files_without_words_and_several_at_once_keep_their_order(service, channel):
    service.vendors[channel].knobs.strict = False
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    first = await service.attach(*FILES["picture"])
    second = await service.attach(*FILES["document"])
    cursor = await reply(service, customer, channel, "", first, second)
    await fate(service, customer, cursor, "sent")
    after = await reply(service, customer, channel, "and that was all")
    await fate(service, customer, after, "sent")
    found = [one for one in service.vendors[channel].conversation(ADDRESS[channel]).bubbles if one.author == "business"]
    assert "and that was all" in found[-1].text
    if channel == "sms":
        assert [part.partition(":")[0] for part in found[0].text.split("\n")] == ["cup.png", "invoice.pdf"]
    else:
        held = [content for one in found for content in contents(service, channel, one)]
        assert held == [PNG, PDF]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_failing_vendor_gets_each_part_once_and_in_order(service, channel):
    vendor = service.vendors[channel]
    vendor.knobs.strict = False
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    files = [await service.attach(*FILES["picture"]), await service.attach(*FILES["document"])]
    vendor.knobs.failing = 2
    cursor = await reply(service, customer, channel, "two files", *files)
    await fate(service, customer, cursor, "sent")
    found = [one for one in vendor.conversation(ADDRESS[channel]).bubbles if one.author == "business"]
    expected = [] if channel == "sms" else [PNG, PDF]
    assert [content for one in found for content in contents(service, channel, one)] == expected
    assert sum("two files" in one.text for one in found) == 1


@pytest.mark.parametrize("channel", [*CHANNELS, "mms"])
async def test_a_file_that_the_platform_refuses_after_all_goes_as_a_link(make_service, monkeypatch, channel):
    if channel == "mms":
        channel = american(monkeypatch)
    service = await make_service()
    service.vendors[channel].knobs.refuse_files = True
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    cursor = await reply(service, customer, channel, "Here it is.", await service.attach(*FILES["picture"]))
    await fate(service, customer, cursor, "sent")
    found = [one for one in service.vendors[channel].conversation(ADDRESS[channel]).bubbles if one.author == "business"]
    said = "\n".join(one.text for one in found)
    assert said.count("Here it is.") == 1 and said.count("cup.png") == 1 and not any(one.files for one in found)
    # On Telegram the file's name leads to it.
    assert await linked(service, "".join(one.html or one.text for one in found)) == (200, PNG)


def american(monkeypatch) -> str:
    """Makes both numbers such that MMS goes between them."""
    monkeypatch.setitem(ADDRESS, "sms", AMERICA)
    monkeypatch.setitem(STAGE, "SMS_NUMBER", "+12025550100")
    return "sms"


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_a_platform_that_shows_words_below_a_picture_gets_both_at_once(service, channel):
    customer = await first_words(service, channel)
    await reply(service, customer, channel, "Your **cup**.", await service.attach(*FILES["picture"]))
    [bubble] = await bubbles(service, channel, 1)
    assert bubble.files and bubble.text == ("Your *cup*." if channel == "whatsapp" else "Your cup.")


async def test_words_that_are_too_long_for_a_caption_go_before_the_picture(service):
    customer = await first_words(service, "telegram")
    text = " ".join(f"Sentence number {number}." for number in range(80))
    await reply(service, customer, "telegram", text, await service.attach(*FILES["picture"]))
    words, picture = await bubbles(service, "telegram", 2)
    assert (words.text, words.files, picture.text) == (text, [], "") and contents(service, "telegram", picture) == [PNG]


async def test_telegram_shows_a_voice_as_voice_and_what_is_no_photo_as_a_document(service):
    service.vendors["telegram"].knobs.strict = False
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    ribbon = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4000, 10, 8, 0, 0, 0, 0)) + chunk(b"IEND", b"")
    )
    files = [await service.attach(*FILES["voice"]), await service.attach(ribbon, "ribbon.png", "image/png")]
    files.append(await service.attach(TEXT, "maße.txt", "text/plain"))
    cursor = await reply(service, customer, "telegram", "", *files)
    await fate(service, customer, cursor, "sent")
    methods = [one["raw"]["method"] for one in service.vendors["telegram"].sends]
    assert methods == ["sendVoice", "sendDocument", "sendDocument"]
    assert service.vendors["telegram"].sends[-1]["files"][0]["name"] == "maße.txt"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


async def test_what_a_platform_takes_only_smaller_goes_as_a_link(service):
    customer = await first_words(service, "whatsapp")
    large = PNG + bytes(6_000_000)
    await reply(service, customer, "whatsapp", "Large:", await service.attach(large, "large.png", "image/png"))
    [bubble] = await bubbles(service, "whatsapp", 1)
    assert bubble.text.startswith("Large:\n\nlarge.png: http") and not bubble.files
    assert await linked(service, bubble.text) == (200, large)


async def test_a_link_that_has_ended_says_so_to_people(service):
    file = await service.attach(*FILES["document"])
    ended = file_links.short_link(service.url, service.settings.session_secret, file.id, life=5, now=time.time() - 10)
    good = file_links.short_link(service.url, service.settings.session_secret, file.id, life=60, now=time.time())
    unknown = file_links.short_link(service.url, service.settings.session_secret, "0" * 32, life=60, now=time.time())
    for url, status in ((good, 200), (ended, 403), (good[:-9], 403), (unknown, 404), (f"{service.url}/f/x", 403)):
        async with service.session.get(url) as answer:
            assert answer.status == status, url
            if status != 200:
                text = await answer.text()
                assert "abgelaufen" in text and "has ended" in text and answer.content_type == "text/plain"
    async with service.session.head(good) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf"), "Twilio looks first"


async def test_between_american_numbers_sms_becomes_mms(make_service, monkeypatch):
    american(monkeypatch)
    service = await make_service()
    customer = await first_words(service, "sms")
    files = [await service.attach(*FILES["picture"]), await service.attach(TEXT, "size.txt", "text/plain")]
    await reply(service, customer, "sms", "A cup.", *files)
    [bubble] = await bubbles(service, "sms", 1)
    assert contents(service, "sms", bubble) == [PNG]
    assert bubble.text.startswith("A cup.\n\nsize.txt: http") and await linked(service, bubble.text) == (200, TEXT)


async def test_outside_the_window_the_template_carries_a_link(service):
    customer = await first_words(service, "whatsapp")
    await window_shut(service, customer, "whatsapp")
    await reply(service, customer, "whatsapp", "Your invoice", await service.attach(*FILES["document"]))
    [bubble] = await bubbles(service, "whatsapp", 1)
    assert service.vendors["whatsapp"].sends[-1]["raw"]["type"] == "template"
    assert bubble.text.startswith("Your invoice invoice.pdf: http") and await linked(service, bubble.text) == (200, PDF)


async def test_the_desk_sees_beforehand_what_goes_as_a_file(service):
    customer = await first_words(service, "whatsapp")
    route = await service.messengers.routes.refresh(customer)
    assert route.files["image/png"] == 5_000_000 and "image/webp" not in route.files
    await window_shut(service, customer, "whatsapp")
    await service.messengers.routes.refresh(customer)
    stored = await service.redis.get(f"route:{partition(customer)}:{customer}")
    assert Route.model_validate_json(stored).files == {}
    assert Route.model_validate_json('{"channel":"sms"}').files == {}, "a route of before"


async def test_a_mail_carries_its_files_and_says_something_even_without_words(service):
    customer = await first_words(service, "email")
    files = [await service.attach(PNG, "", "image/png"), await service.attach(PDF, "Größe 42.pdf", "application/pdf")]
    await reply(service, customer, "email", "", *files)
    [bubble] = await bubbles(service, "email", 1)
    assert bubble.text == "image.png, Größe 42.pdf"
    assert [(one["name"], one["media_type"]) for one in bubble.files] == [
        ("image.png", "image/png"),
        ("Größe 42.pdf", "application/pdf"),
    ]


async def test_a_message_waits_for_a_file_that_is_not_here_yet_and_the_next_ones_wait_with_it(service):
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    file = await service.attach(*FILES["picture"], late=True)
    await reply(service, customer, "telegram", "with a picture", file)
    after = await reply(service, customer, "telegram", "without")

    async def asked_for():
        return int((await service.messengers.files.described(file.id)).get("tries", 0))

    await until(asked_for)
    assert sent(service, "telegram") == []
    service.uploads[file.id] = PNG
    await fate(service, customer, after, "sent")
    assert sent(service, "telegram") == ["with a picture", "without"]


async def test_a_file_that_cannot_be_had_is_a_dead_letter_and_fetched_anew_when_tried_again(service):
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    file = await service.attach(b"<html>", "cup.png", "image/png")
    cursor = await reply(service, customer, "telegram", "with a picture", file)
    after = await reply(service, customer, "telegram", "without")
    await fate(service, customer, cursor, "failed")
    await fate(service, customer, after, "sent")
    assert sent(service, "telegram") == ["without"]
    assert "cup.png" in (await dead(service, customer))[cursor]["reason"]
    service.uploads[file.id] = PNG
    await service.outbox.retry(customer, cursor)
    await fate(service, customer, cursor, "sent")
    assert sent(service, "telegram") == ["without", "with a picture"]


async def test_in_the_web_chat_a_file_that_cannot_be_had_is_told_to_the_agent_too(service):
    customer = "cus_of_the_web_chat"
    await service.with_ticket(customer)
    good = await reply(service, customer, "web", "a picture", await service.attach(*FILES["picture"]))
    await fate(service, customer, good, "sent")
    file = await service.attach(b"<html>", "cup.png", "image/png")
    bad = await reply(service, customer, "web", "another one", file)
    await fate(service, customer, bad, "failed")
    service.uploads[file.id] = PNG
    await service.outbox.retry(customer, bad)
    await fate(service, customer, bad, "sent")


async def test_a_file_that_waits_goes_along_into_a_merge_and_out_of_it(service):
    """To the channel that it was meant for, once; the thread that was joined keeps it,
    and gives it back when that is undone."""
    anna = await first_words(service, "telegram")
    ben = await first_words(service, "whatsapp")
    merges = Merges(service.threads)
    file = await service.attach(*FILES["picture"], late=True)
    await service.with_ticket(ben)
    await reply(service, ben, "whatsapp", "for Ben", file)
    merge = await merges.merge(anna, ben, "link code")
    service.uploads[file.id] = PNG
    [bubble] = await bubbles(service, "whatsapp", 1)
    assert (bubble.text, contents(service, "whatsapp", bubble)) == ("for Ben", [PNG])
    joined = {one.text: one.attachments for one in await service.threads.last(anna, 50)}
    assert [one.id for one in joined["for Ben"]] == [file.id]
    given = {"command_id": "u-1", "customer_id": anna, "merge_id": merge, "agent_id": "a", "agent_name": "A"}
    assert await merges.undo(UndoMerge(**given, at=datetime.now(UTC)))
    parted = {one.text: one.attachments for one in await service.threads.last(ben, 50)}
    assert [one.id for one in parted["for Ben"]] == [file.id]
    assert sent(service, "whatsapp") == ["for Ben"] and sent(service, "telegram") == []


async def test_two_workers_and_a_repeated_command_fetch_and_send_a_file_once(service):
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    file = await service.attach(*FILES["picture"])
    await service.messengers.files.expect_from_desk((file,))
    second = service.work("second")
    cursor = await reply(service, customer, "telegram", "once", file)
    await fate(service, customer, cursor, "sent")
    await service.messengers.files.expect_from_desk((file,))
    assert sent(service, "telegram") == ["once"]
    assert (await service.messengers.files.described(file.id))["state"] == "stored"
    await service.die(second)


async def test_a_blocked_customers_files_are_a_dead_letter_that_can_be_retried(service):
    vendor = service.vendors["messenger"]
    customer = await first_words(service, "messenger")
    await service.with_ticket(customer)
    vendor.knobs.blocked = [ADDRESS["messenger"]]
    cursor = await reply(service, customer, "messenger", "look", await service.attach(*FILES["picture"]))
    await fate(service, customer, cursor, "failed")
    vendor.knobs.blocked = []
    await service.outbox.retry(customer, cursor)
    await fate(service, customer, cursor, "sent")
    words, picture = await bubbles(service, "messenger", 2)
    assert words.text == "look" and contents(service, "messenger", picture) == [PNG]


@pytest.mark.parametrize("channel", CHANNELS)
def test_trying_again_makes_the_same_parts(service, channel, tmp_path):
    """Also where a part holds a link: what is asked back from a platform must be what was sent."""
    link = shelf_module.public_links("https://help.shop.example", "secret")
    files = tuple(
        OutFile(
            f"{number:032x}",
            "image",
            f"{number}.png",
            "image/png",
            100 + number,
            tmp_path,
            link(f"{number:032x}", 1000.0),
        )
        for number in range(3)
    )
    said = message("agent", "Three pictures. " * 20, id="m", channel=channel)
    made = [
        parts(service.channel(channel), said, "cus_1", "en", late=False, address=ADDRESS[channel], files=files)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert [part.key.rpartition(" ")[2] for part in made[0]] == [str(number) for number in range(len(made[0]))]
