"""Order numbers as customers write them, and the service that knows the orders."""

import dataclasses
import json
from datetime import date

import pytest

from actions.order_service import DEMO, DemoOrders, load, order_number


@pytest.mark.parametrize(
    "written",
    [
        "NL-20417",
        "nl 20417",
        "20417",
        "#NL20417",
        " nl-20417 ",
        "Nl:20417",
        "# 20417",
        "nl_20417",
        "NL - 20417",
        "NL 20 417",
        "204-17",
        "2 0 4 1 7",
    ],
)
def test_the_number_is_understood_however_it_is_written(written):
    assert order_number(written) == "NL-20417"


@pytest.mark.parametrize("written", ["", "NL", "NL-204", "NL-204177", "DE-20417", "20417 20418", "two", "NL-2O417"])
def test_what_can_be_no_order_number_is_none(written):
    assert order_number(written) is None


async def test_the_demo_shop_tells_status_day_and_items_in_the_language_asked_for():
    german, english = [await DemoOrders().find("NL-20417", language) for language in ("de", "en")]
    assert german and english and german.delivery_on and german.delivery_on > date.today()
    assert german.items == ("Stehlampe Fjord",) and english.items == ("Fjord floor lamp",)
    assert await DemoOrders().find("NL-99999", "de") is None


async def test_nothing_personal_leaves_the_service():
    for stored in json.loads(DEMO.read_text()):
        order = await DemoOrders().find(stored["number"], "en")
        assert order
        told = str(dataclasses.asdict(order))
        assert not any(value in told for value in stored["customer"].values())


async def test_an_own_service_is_plugged_in_by_name():
    assert isinstance(load("actions.order_service:DemoOrders"), DemoOrders)
    with pytest.raises(ValueError, match=r"package\.module:factory"):
        load("actions.order_service")
    with pytest.raises(ModuleNotFoundError):
        load("no_such_shop:orders")
