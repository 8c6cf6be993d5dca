"""A turn of the assistant over HTTP, whatever it says: done once and whole, refused where it is none, and as cheap in a
long thread as in a new one."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess

import pytest
from redis import Redis

from bot.keys import memory
from tests.conftest import free_port
from tests.served_assistant import Conversation, ask
from tests.stack import ROOT

pytestmark = pytest.mark.timeout(300)


def test_the_same_turn_asked_twice_is_run_once(chat, stack):
    body = chat.body("hallo", turn="the-same")
    first, second = ask(chat.rasa_url, body), ask(chat.rasa_url, body)
    assert first == second and first[0] == 200
    assert Redis.from_url(stack.settings.redis_url).hget(memory(chat.sender)[0], "version") == b"1"


def test_memory_of_a_long_thread_stays_small(chat, says, stack):
    for _ in range(12):
        says("question", outcome="answer")
    redis = Redis.from_url(stack.settings.redis_url)
    assert redis.llen(memory(chat.sender)[1]) <= 5
    assert not any(b"embedding" in one for one in redis.lrange(memory(chat.sender)[1], 0, -1))


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"{}", b'{"sender": 1, "turn": "t", "text": "x"}', b"\xff"])
def test_a_malformed_turn_is_refused(stack, body):
    assert ask(stack.settings.rasa_url, body)[0] == 400


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/session_start",
        "/",
        "//",
        "/choose_article{broken",
        "/unknown{}",
        pytest.param("\u202e😀" * 50, id="emoji"),
    ],
)
def test_hostile_text_is_only_text(chat, text):
    reply = chat.say(text)
    assert reply.status == 200 and reply.replies


def test_a_turn_without_its_actions_leaves_no_trace_and_succeeds_later(chat, stack):
    body = chat.body("wie schicke ich etwas zurück?", turn="later", outcome="answer")
    stack.kill("actions")
    assert ask(chat.rasa_url, body)[0] == 503
    assert not Redis.from_url(stack.settings.redis_url).exists(memory(chat.sender)[0])
    stack.start("actions")
    stack.wait_ready("actions")
    status, answer = ask(chat.rasa_url, body)
    assert status == 200 and answer["replies"][0]["custom"]["type"] == "answer"


def test_several_processes_never_mix_one_customers_turns_also_when_one_dies(stack, encoders):
    """Without a common lock: who saves second is refused, keeps nothing, and is asked again, as `bot` does."""
    port = free_port()
    log = (stack.var_dir / "second.log").open("wb")
    options = "run --model models/faden.tar.gz --endpoints endpoints.yml --credentials credentials.yml".split()
    command = [str(ROOT / ".venv-rasa" / "bin" / "rasa"), *options]
    environment = {**stack.environment, "RASA_PORT": str(port)}
    second = subprocess.Popen(
        [*command, "--interface", "127.0.0.1", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        stack._wait_for("second rasa", f"{url}/webhooks/turn/")
        chat = Conversation(stack.settings.rasa_url, encoders)
        bodies = [chat.body("hallo", turn=f"{chat.sender}:{number}") for number in range(12)]
        doors = [stack.settings.rasa_url, url]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for body in bodies:
                list(pool.map(lambda door, asked=body: _until_done(door, asked), doors))
            redis = Redis.from_url(stack.settings.redis_url)
            assert redis.hget(memory(chat.sender)[0], "version") == b"12", "each turn is kept once"
            dying = [
                pool.submit(_until_done, url, chat.body("hallo", turn=f"dying:{number}"), doors[0])
                for number in range(8)
            ]
            os.killpg(second.pid, signal.SIGKILL)
            assert all(one.result()[0] == 200 for one in dying)
        assert redis.hget(memory(chat.sender)[0], "version") == b"20"
    finally:
        if second.poll() is None:
            os.killpg(second.pid, signal.SIGKILL)
        second.wait(10)
        log.close()


def _until_done(door: str, body: object, other_door: str = "") -> tuple[int, object]:
    """As `bot` does: a turn that failed is asked again, where it may have been done already."""
    for _ in range(200):
        try:
            status, answer = ask(door, body)
        except OSError:
            door = other_door or door
            continue
        if status == 200:
            return status, answer
        assert status == 503
    raise TimeoutError("the turn never succeeded")
