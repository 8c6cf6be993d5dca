"""Addresses of files: good for one file, for a while, and for nobody who makes one up."""

import time

import pytest

from runtime import file_links

ID = "0123456789abcdef" * 2


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_short_address_leads_to_its_file_until_it_ends():
    url = file_links.short_link("https://help.shop.example/", "secret", ID, life=60, now=time.time())
    assert url.startswith("https://help.shop.example/f/") and len(token(url)) == 43
    assert file_links.file_of("secret", token(url)) == ID
    old = file_links.short_link("https://x", "secret", ID, life=60, now=time.time() - 61)
    assert file_links.file_of("secret", token(old)) is None


def test_every_try_makes_the_same_address():
    made = {file_links.short_link("https://x", "secret", ID, life=60, now=1000.0) for _ in range(3)}
    assert len(made) == 1


def test_no_change_of_a_single_sign_is_taken():
    good = token(file_links.short_link("https://x", "secret", ID, life=60, now=time.time()))
    # The last sign carries two bits that mean nothing.
    changed = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(42)]
    assert {file_links.file_of("secret", one) for one in changed} == {None}
    assert file_links.file_of("another secret", good) is None


@pytest.mark.parametrize(
    "made_up", ["", "x", "a" * 43, "a" * 44, "ä" * 43, "../../session_secret", "a" * 10_000, "%00", "=" * 43]
)
def test_what_is_no_address_of_ours_leads_nowhere(made_up):
    assert file_links.file_of("secret", made_up) is None
