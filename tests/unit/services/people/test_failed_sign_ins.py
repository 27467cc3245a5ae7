"""Failures from one address wait for their turn, in bounded memory; right keys never wait."""

import pytest

from sweepd.domain.errors import TooMany
from sweepd.domain.network import network_of
from sweepd.services.people import failed_sign_ins
from sweepd.services.people.failed_sign_ins import FailedSignIns


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_failures_are_answered_at_once_then_each_waits_longer() -> None:
    failed = FailedSignIns(20, Time())
    assert [failed.wait_s("10.0.0.1") for _ in range(20)] == [0.0] * 20
    assert [failed.wait_s("10.0.0.1") for _ in range(3)] == pytest.approx([3.0, 6.0, 9.0])
    with pytest.raises(TooMany, match="try again") as caught:
        failed.wait_s("10.0.0.1")
    assert caught.value.retry_after_s == 13
    assert failed.wait_s("10.0.0.2") == 0.0


def test_time_heals() -> None:
    clock = Time()
    failed = FailedSignIns(20, clock)
    for _ in range(23):
        failed.wait_s("10.0.0.1")
    clock.now = 30.0
    assert failed.wait_s("10.0.0.1") == 0.0
    clock.now = 300.0
    assert [failed.wait_s("10.0.0.1") for _ in range(20)] == [0.0] * 20


@pytest.mark.slow
def test_guesses_a_minute_are_as_many_as_the_setting_says() -> None:
    clock, n_answered = Time(), 0
    failed = FailedSignIns(20, clock)
    for _ in range(36_000):  # ten a second for an hour
        clock.now += 0.1
        try:
            failed.wait_s("10.0.0.1")
            n_answered += 1
        except TooMany:
            pass
    assert 1_200 <= n_answered <= 1_200 + 25


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_sign_ins, "MAX_ADDRESSES", 100)
    failed = FailedSignIns(20, Time())
    for _ in range(21):
        failed.wait_s("the worst")
    for n in range(5_000):
        failed.wait_s(f"10.0.{n // 250}.{n % 250}")
    assert len(failed._turns) <= 100
    assert failed.wait_s("the worst") > 0


def test_one_line_of_ipv6_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")
    assert network_of("") == "here"
    assert len(network_of("x" * 10_000)) == 64
