"""What becomes of two customers' facts when they turn out to be one, as plain cases."""

import json

import pytest

from bot.merge_joining import resumed
from bot.merge_rules import folded_slots, joined_card, joined_slots, joined_thread, parted_thread, parted_wish
from bot.replay import Joining, group, joinings
from bot.texts import CATALOGUES
from bot.threads import HeldTicket, shown, tickets


def thread(owner: str = "bot", ticket: str = "", active: str = "1-0", **more: str) -> dict[str, str]:
    return {"owner": owner, "ticket": ticket, "active": active, "epoch": "1", **more}


@pytest.mark.parametrize(
    ("kept", "merged", "owner", "ticket"),
    [
        (thread(), thread(), "bot", ""),
        (thread("queue", "F-2"), thread(), "queue", "F-2"),
        (thread(), thread("queue", "F-2"), "queue", "F-2"),
        (thread("queue", "F-1"), thread("agent", "F-2"), "agent", "F-2"),
        (thread("queue", "F-10"), thread("queue", "F-9"), "queue", "F-9"),
        (thread("queue", "F-1"), thread("queue", "F-2", priority="urgent"), "queue", "F-2"),
        (thread("agent", "F-1"), thread("queue", "F-2", priority="urgent"), "agent", "F-1"),
    ],
)
def test_the_stronger_owner_has_the_thread_and_no_ticket_is_dropped(kept, merged, owner, ticket):
    joined = joined_thread(kept, merged)
    assert (joined["owner"], joined.get("ticket", "")) == (owner, ticket)
    open_before = {one["ticket"] for one in (kept, merged)} - {""}
    assert {one.ref for one in tickets(joined)} == open_before


def test_who_wrote_last_decides_language_channel_and_the_question_at_hand():
    kept = thread(active="5-0", language="de", channel="web", question="a")
    merged = thread(active="10-0", language="en", channel="telegram", question="")
    joined = joined_thread(kept, merged)
    assert (joined["language"], joined["channel"], joined["question"]) == ("en", "telegram", "a")
    assert joined_thread(merged, kept)["channel"] == "telegram"


def test_the_epoch_grows_so_that_what_was_computed_before_is_dropped():
    assert joined_thread(thread(epoch="7"), thread(epoch="3"))["epoch"] == "8"
    assert joined_thread({}, thread(epoch="3"))["epoch"] == "4"


def test_an_undo_gives_back_the_tickets_that_are_still_open():
    joined = shown(
        [HeldTicket("F-1", "agent", "Ada"), HeldTicket("F-2", "queue", priority="high"), HeldTicket("F-3", "queue")]
    )
    stay, leave = parted_thread(joined | {"epoch": "4"}, frozenset({"F-2", "F-9"}))
    assert [one.ref for one in tickets(stay)] == ["F-1", "F-3"]
    assert [(one.ref, one.owner, one.priority) for one in tickets(leave)] == [("F-2", "queue", "high")]
    assert stay["epoch"] == leave["epoch"] == "5"


def test_the_stricter_consent_and_the_later_contact_count_whichever_side_they_are_on():
    yes, no = json.dumps({"messages": True, "at": "2"}), json.dumps({"messages": False, "at": "1"})
    assert joined_card({"consent:sms": yes}, {"consent:sms": no}) == {"consent:sms": no}
    assert joined_card({"consent:sms": no}, {"consent:sms": yes}) == {}
    assert joined_card({"wrote:sms": "9 +49"}, {"wrote:sms": "10 +43"}) == {"wrote:sms": "10 +43"}
    assert joined_card({"name": "Anna"}, {"name": "A."}) == {}
    assert joined_card({"name": ""}, {"name": "Anna"}) == {"name": "Anna"}


def wish(channel: str, at: str) -> str:
    return json.dumps({"channel": channel, "at": at})


def test_the_newer_wish_where_to_be_answered_counts_also_that_there_is_none():
    old, new, none = wish("sms", "1"), wish("email", "2"), wish("", "3")
    assert joined_card({"preferred_channel": old}, {"preferred_channel": new}) == {"preferred_channel": new}
    assert joined_card({"preferred_channel": new}, {"preferred_channel": old}) == {}
    assert joined_card({"preferred_channel": new}, {"preferred_channel": none}) == {"preferred_channel": none}
    assert joined_card({}, {"preferred_channel": old}) == {"preferred_channel": old}


@pytest.mark.parametrize(
    ("common", "theirs", "former", "stays", "goes"),
    [
        ("", "", "", "", ""),
        (wish("sms", "2"), wish("sms", "2"), wish("web", "1"), wish("web", "1"), wish("sms", "2")),
        (wish("web", "3"), wish("sms", "2"), "", wish("web", "3"), wish("sms", "2")),
        (wish("sms", "3"), wish("", "2"), wish("web", "1"), wish("web", "1"), wish("sms", "3")),
        (wish("", "3"), "", wish("web", "1"), wish("", "3"), ""),
    ],
    ids=["none", "theirs", "common about what stays", "common about what leaves", "taken back in common"],
)
def test_after_an_undo_a_wish_is_with_whom_it_is_about(common, theirs, former, stays, goes):
    assert parted_wish(common, theirs, former, ["web", "telegram"]) == (stays, goes)


def test_the_question_at_hand_is_that_of_the_side_that_wrote_last():
    kept, merged = thread(active="5-0", question=""), thread(active="10-0", question="q")
    assert joined_thread(kept, merged)["question"] == "q"
    assert joined_thread(thread(active="11-0", question="p"), merged)["question"] == "p"


def test_a_memory_is_filled_up_but_never_overwritten():
    old = folded_slots({"slots": {"a": 1, "b": 2}}, [{"event": "slot", "name": "b", "value": None}])
    assert joined_slots({"c": 3, "requested_slot": None}, old | {"language": "de", "c": 4}) == {"a": 1, "c": 3}
    assert folded_slots({"slots": {"a": 1}}, [{"event": "restart"}, {"event": "slot", "name": "b", "value": 2}]) == {
        "b": 2
    }


def test_who_is_one_with_whom_follows_the_merges_in_their_order():
    merges = [Joining("1", "b", "c", "1-0"), Joining("2", "a", "b", "2-0"), Joining("3", "x", "y", "3-0")]
    assert group("c", merges) == {"a", "b", "c"}
    assert group("c", merges[:1]) == {"b", "c"}
    assert group("z", merges) == {"z"}
    raw = {"m": '{"marker":"2-0","kept":"a","merged":"b"}', "n": "given up", "o": '{"items":{}}'}
    assert joinings(raw) == [Joining("m", "a", "b", "2-0")]


def test_a_delivery_at_hand_goes_on_from_the_part_it_had_reached():
    progress = json.dumps({"item": "telegram 5-0", "parts": 2, "channel": "sms"})
    assert resumed(["telegram 5-0", "telegram 6-0"], progress) == ["sms:2 5-0", "telegram 6-0"]
    assert resumed(["telegram 6-0"], progress) == ["telegram 6-0"]
    assert resumed([], progress) == [] and resumed(["a 1-0"], None) == ["a 1-0"]


def test_both_languages_say_everything_with_the_same_blanks():
    german, english = CATALOGUES["de"], CATALOGUES["en"]
    assert german.keys() == english.keys()
    for key in english:
        blanks = [{part.split("}")[0] for part in one[key].split("{")[1:]} for one in (german, english)]
        assert blanks[0] == blanks[1], key
