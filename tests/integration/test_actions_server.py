"""The action server at its own door: health, bad calls, and an order service in trouble."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from tests.conftest import free_port, tool
from tests.stack import ROOT


@contextmanager
def action_server(**settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    python = tool(str(ROOT / ".venv-rasa" / "bin" / "python"))
    environment = {"PATH": "/usr/bin:/bin", "ACTIONS_PORT": str(port), "PYTHONPATH": str(ROOT), **settings}
    server = subprocess.Popen(
        [python, "-W", "ignore", "-m", "actions"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait(10)


def request(url: str, body: object = None) -> tuple[int, dict[str, object]]:
    raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, raw), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def wait_ready(url: str) -> None:
    for _ in range(300):
        try:
            request(f"{url}/health")
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(url)


def call(action: str, **slots: object) -> dict[str, object]:
    tracker = {
        "sender_id": "cus_1",
        "slots": {"language": "en", **slots},
        "latest_message": {"text": "secret words", "metadata": {}},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {"next_action": action, "sender_id": "cus_1", "tracker": tracker}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with action_server(VAR_DIR=str(tmp_path_factory.mktemp("var"))) as (address, _):
        wait_ready(address)
        yield address


def test_every_action_of_the_domain_is_served(url):
    status, answer = request(f"{url}/health")
    actions = yaml.safe_load((ROOT / "domain.yml").read_text())["actions"]
    assert status == 200 and answer == {"status": "ok", "actions": len(actions)}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"next_action": 1}', b'{"next_action": "x", "tracker": []}', b"\xff"]
)
def test_a_malformed_call_is_refused(url, body):
    assert request(f"{url}/webhook", body)[0] == 422


def test_an_unknown_action_and_a_tracker_without_its_parts_disturb_nothing(url):
    assert request(f"{url}/webhook", call("action_sing"))[0] == 404
    assert request(f"{url}/webhook", {"next_action": "action_answer", "tracker": {}})[0] == 500
    status, answer = request(f"{url}/webhook", call("action_answer"))
    assert status == 200 and answer["responses"][0]["response"] == "utter_rephrase"


@pytest.mark.parametrize("service", ["Away", "Buggy"])
def test_an_order_system_in_trouble_is_told_kindly(tmp_path, service):
    settings = {"VAR_DIR": str(tmp_path), "ORDER_SERVICE": f"tests.broken_orders:{service}"}
    with action_server(**settings) as (url, server):
        wait_ready(url)
        valid = request(f"{url}/webhook", call("validate_order_form", order_number="20417"))[1]
        told = request(f"{url}/webhook", call("action_order_status", order_number="NL-20417"))[1]
        request(f"{url}/webhook", {"next_action": "action_answer", "tracker": {}})
        server.terminate()
        output = server.stdout.read() if server.stdout else ""
    assert {"event": "slot", "timestamp": None, "name": "order_number", "value": "NL-20417"} in valid["events"]
    assert told["responses"][0]["response"] == "utter_order_away"
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {"orders.unavailable" if service == "Away" else "orders.failed", "action.done"} <= {
        one["event"] for one in lines
    }
    assert "secret words" not in output


def test_an_order_service_that_is_not_there_stops_the_start(tmp_path):
    with action_server(VAR_DIR=str(tmp_path), ORDER_SERVICE="no_such_shop:orders") as (_, server):
        output = server.communicate(timeout=60)[0]
    assert server.returncode and "no_such_shop" in output
