"""Everything is delivered once: after failures, restarts, and among replicas; and only to whom it
may go."""

import json
import smtplib
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import pytest

from sweepd import server
from sweepd.domain.automations import (
    Delivery,
    DeliveryState,
    EventType,
    Integration,
    IntegrationKind,
)
from sweepd.domain.errors import BadInput, Forbidden
from sweepd.domain.users import Caller
from sweepd.services.automations import delivering, telling
from sweepd.services.automations.sending import Mail, NotSent
from tests.conftest import FakeClock, build_parts, wait_until
from tests.receiver import Receiver
from tests.unit.services.automations.world import World

WAITING, SENT, FAILED = DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.FAILED


@pytest.fixture
def world(parts: server.Parts, ann: Caller) -> World:
    return World(parts, ann)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.mark.slow
@pytest.mark.both_databases
def test_what_did_not_arrive_is_tried_again_under_the_same_name(
    world: World, clock: FakeClock
) -> None:
    world.automation()
    world.end(world.run())
    world.answers = [NotSent("HTTP 500"), NotSent("refused"), NotSent("HTTP 503")]
    process = world.delivering()
    process.work()
    process.work()
    assert len(world.sent) == 1 and world.states() == [WAITING]
    assert world.log_of()[0].answer == "HTTP 500"
    for n_before, seconds in ((1, 10), (2, 30), (3, 90)):
        clock.forward(seconds - 1)
        process.work()
        assert len(world.sent) == n_before
        clock.forward(1)
        process.work()
    assert len(world.sent) == 4 and len({delivery.uid for delivery in world.sent}) == 1
    assert world.states() == [SENT] and world.log_of()[0].answer == "fine"
    clock.forward(10_000)
    process.work()
    assert len(world.sent) == 4


@pytest.mark.slow
def test_a_receiver_that_stays_away_is_given_up(world: World, clock: FakeClock) -> None:
    world.automation()
    world.end(world.run())
    process = world.delivering()
    for _ in range(delivering.MAX_TRIES + 3):
        world.answers = [NotSent("away")]
        process.work()
        clock.forward(delivering.LONGEST_WAIT_S)
    assert len(world.sent) == delivering.MAX_TRIES and world.states() == [FAILED]
    world.answers = []
    world.services.send_again(world.caller, world.log_of()[0].pk)
    process.work()
    assert world.states() == [SENT]


@pytest.mark.both_databases
def test_a_process_that_ends_in_the_midst_is_followed_by_another(
    world: World, clock: FakeClock
) -> None:
    world.automation()
    world.end(world.run())
    first = world.delivering()
    first.telling.look()
    [taken] = first._take()  # and is killed before it says what came of it
    other = world.delivering()
    other.work()
    assert world.sent == []  # it may still be at it
    clock.forward(delivering.LEASE.total_seconds())
    other.work()
    assert [delivery.uid for delivery in world.sent] == [taken.uid]
    first._end(taken, NotSent("late"))
    assert world.states() == [SENT]


@pytest.mark.both_databases
def test_replicas_tell_each_thing_once(world: World) -> None:
    world.automation()
    world.automation(
        EventType.RUN_METRIC,
        json.dumps({"run_metric_filter": {"threshold_filter": BELOW}}),
        name="metric",
    )
    one, two = world.delivering(), world.delivering()
    run = world.run()
    world.log(run, {"loss": 1}, {"loss": 0.1})
    world.end(run)
    for process in (one, two, one, two):
        process.telling.look()
    one.work()
    two.work()
    assert sorted(d.event for d in world.sent) == ["RUN_METRIC", "RUN_STATE"]


@pytest.mark.slow
@pytest.mark.both_databases
def test_a_receiver_that_does_not_answer_holds_up_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "SLOW_S", 0.2)
    slow, quick = world.place("https://slow.example/x"), world.place("https://quick.example/x")
    world.automation(place=slow, name="slow")
    world.automation(place=quick, name="quick")
    for number in range(20):
        world.end(world.run(f"r{number}"))
    process = world.delivering()
    may_answer, begun, told = threading.Event(), [], []

    def send(delivery: Delivery, place: Integration) -> str:
        if place.pk == slow.pk:
            begun.append(delivery.uid)
            assert may_answer.wait(60)
        told.append(place.pk)
        return "fine"

    monkeypatch.setattr(process, "_send", send)
    wait_until(lambda: process.work() or len(told) == 20, 60, lambda: str(told))
    assert set(told) == {quick.pk} and len(begun) == delivering.EACH_AT_ONCE
    may_answer.set()
    wait_until(lambda: process.work() or len(told) == 40, 60, lambda: str(told))
    assert len(set(begun)) == len(begun) == 20
    process.stop()


def test_what_waits_for_one_place_has_a_bound(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr(telling, "MAX_WAITING", 3)
    world.automation()
    process = world.delivering()
    world.answers = [NotSent("away")] * 9
    for number in range(5):
        world.end(world.run(f"r{number}"))
        process.work()
    assert world.states() == [WAITING] * 3
    clock.forward(delivering.LONGEST_WAIT_S)
    world.answers = []
    process.work()
    assert world.states() == [SENT] * 3


BELOW = {"name": "loss", "agg_op": None, "window_size": 1, "cmp_op": "$lt", "threshold": 0.5}


def test_what_waits_outlasts_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    before = build_parts(tmp_path / "data", clock)
    before.services.users.add_user("ann")
    world = World(before, before.services.users.get_caller("ann"))
    world.automation()
    world.end(world.run())
    world.end(world.run("other"))
    process = world.delivering()
    process.telling.look()
    world.end(world.run("third"))  # nobody has looked at it yet
    before.core.db.close()
    after = server.build(before.settings, clock)
    world = World(after, after.services.users.get_caller("ann"))
    world.delivering().work()
    assert sorted(body["run_id"] for body in world.bodies()) == ["other", "r", "third"]
    after.core.db.close()


def test_an_automation_that_is_deleted_tells_no_more(world: World) -> None:
    made = world.automation()
    world.end(world.run())
    process = world.delivering()
    process.telling.look()
    world.services.delete(world.caller, made.pk)
    process.work()
    assert world.sent == []


def test_a_webhook_gets_a_signed_body(world: World, receiver: Receiver) -> None:
    place = world.place(receiver.url, secret="hush", token="t0ken")
    world.automation(place=place, payload={"run": "${run_name}", "n": [1, "${run_state}"]})
    run = world.run()
    world.end(run)
    world.delivering(really=True).work()
    [(headers, body)] = receiver.got
    assert json.loads(body) == {"run": run.display_name, "n": [1, "finished"]}
    assert receiver.is_signed("hush") and not receiver.is_signed("other")
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["x-sweepd-event"] == "RUN_STATE"
    assert headers["x-sweepd-delivery"] == world.log_of()[0].uid
    assert world.states() == [SENT]


def test_a_chat_gets_a_text_without_markup_of_others(world: World, receiver: Receiver) -> None:
    place = world.place(receiver.url, kind=IntegrationKind.CHAT)
    world.automation(place=place, title="<!channel> & ${run_name}", message="m", severity="ERROR")
    run = world.run()
    world.end(run)
    process = world.delivering(really=True)
    process.telling.base = "http://here"
    process.work()
    [body] = receiver.bodies()
    assert body == {
        "text": f"⛔ *&lt;!channel&gt; &amp; {run.display_name}*\nm\nhttp://here/ann/p/runs/r"
    }
    assert "x-wandb-signature" not in receiver.got[0][0]


def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    receiver.answers = [302]
    world.automation(place=world.place(receiver.url))
    world.end(world.run())
    world.delivering(really=True).work()
    assert world.states() == [FAILED] and "redirect" in world.log_of()[0].answer


def test_a_receiver_that_is_down_is_reached_later(
    world: World, receiver: Receiver, clock: FakeClock
) -> None:
    world.automation(place=world.place(receiver.url))
    receiver.close()
    world.end(world.run())
    process = world.delivering(really=True)
    process.work()
    assert world.states() == [WAITING]
    assert world.log_of()[0].answer == (
        f"127.0.0.1:{receiver.port} refused the connection: nothing listens there"
    )
    back = Receiver(answers=[500], port=receiver.port)
    try:
        for _ in range(2):
            clock.forward(30)
            process.work()
    finally:
        back.close()
    assert world.states() == [SENT] and len(back.got) == 2


def test_targets_are_refused_when_they_are_named(world: World) -> None:
    world.allowed = "*"
    world.__post_init__()
    for target in ("file:///etc/passwd", "https://u:p@hook.example/"):
        with pytest.raises(BadInput):
            world.place(target)
    with pytest.raises(BadInput, match="SWEEPD_SMTP_HOST"):
        world.place("ann@example.org", kind=IntegrationKind.MAIL)
    world.allowed = ""
    world.__post_init__()
    with pytest.raises(Forbidden, match="SWEEPD_NOTICE_HOSTS"):
        world.place("https://hook.example/other")


@pytest.mark.parametrize("allowed", ["*", "*.localhost", "hook.example", "127.0.0.2"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(
    world: World, receiver: Receiver, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is fine when the integration is made; only its address is not."""
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: found("::1", *rest, **more))
    world.allowed = "*"
    world.__post_init__()
    world.automation(place=world.place(f"http://sneaky.example:{receiver.port}/"))
    world.allowed = allowed
    world.end(world.run())
    world.delivering(really=True).work()
    assert world.states() == [FAILED] and receiver.got == []
    answer = world.log_of()[0].answer
    assert ("inner address" if allowed == "*" else "SWEEPD_NOTICE_HOSTS") in answer


class Postman:
    """In the place of `smtplib.SMTP`."""

    letters: ClassVar[list[EmailMessage]] = []
    did: ClassVar[list[str]] = []

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.did[:] = [f"{host}:{port}"]

    def __enter__(self) -> "Postman":
        return self

    def __exit__(self, *_: Any) -> None:
        return

    def starttls(self, context: Any) -> None:
        self.did.append("starttls")

    def login(self, user: str, password: str) -> None:
        self.did.append(f"{user}:{password}")

    def send_message(self, letter: EmailMessage) -> None:
        self.letters.append(letter)


def test_mail_is_given_to_the_operators_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", Postman)
    world.mail = Mail("mx", 25, "starttls", "sweepd@x.org", "u", "p", domains="example.org")
    world.__post_init__()
    with pytest.raises(Forbidden, match="SWEEPD_NOTICE_MAIL_DOMAINS"):
        world.place("ann@other.org", kind=IntegrationKind.MAIL)
    place = world.place("ann@example.org", kind=IntegrationKind.MAIL)
    world.automation(place=place, title="one\r\nBcc: all@x.org", message="two")
    world.end(world.run())
    world.delivering(really=True).work()
    [letter] = Postman.letters
    assert (letter["To"], letter["From"]) == ("ann@example.org", "sweepd@x.org")
    assert letter["Subject"] == "[INFO] one Bcc: all@x.org" and letter["Bcc"] is None
    assert "two" in letter.get_content()
    assert Postman.did == ["mx:25", "starttls", "u:p"]
    assert world.states() == [SENT]


def test_waits_grow_and_end() -> None:
    waits = [delivering.wait_after(n).total_seconds() for n in range(1, 100)]
    assert waits[:4] == [10, 30, 90, 270] and waits == sorted(waits)
    assert max(waits) == delivering.LONGEST_WAIT_S
