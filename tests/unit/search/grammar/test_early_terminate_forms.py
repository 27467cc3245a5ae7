"""Stopping rules in every form a file may have them."""

import pytest

from sweepd.search.errors import ConfigError
from sweepd.search.grammar.early_terminate import MAX_ETA, MIN_ETA
from sweepd.search.grammar.sweep_file import parse
from sweepd.search.spec import EarlyTerminate

BASE = {"method": "random", "program": "t.py", "parameters": {"a": {"values": [1, 2]}}}


def read(rule, ours=False, metric=True):
    raw = BASE | ({"metric": {"name": "loss"}} if metric else {})
    place = {"sweepd": {"early_terminate": rule}} if ours else {"early_terminate": rule}
    return parse(raw | place)


def refused(rule, **more):
    with pytest.raises(ConfigError) as caught:
        read(rule, **more)
    return "; ".join(caught.value.problems)


def hyperband(**more):
    return {"type": "hyperband", **more}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (hyperband(min_iter=3), EarlyTerminate("hyperband", min_iter=3)),
        (
            hyperband(min_iter=3, eta=2, strict=False),
            EarlyTerminate("hyperband", min_iter=3, eta=2, strict=False),
        ),
        (hyperband(max_iter=27, s=2), EarlyTerminate("hyperband", max_iter=27, s=2)),
        (hyperband(max_iter=27, s=2, min_iter=3), EarlyTerminate("hyperband", max_iter=27, s=2)),
        (hyperband(min_iter=3, s=2), EarlyTerminate("hyperband", min_iter=3)),
        ({"type": "asha"}, EarlyTerminate("asha", min_iter=1, min_runs=3)),
        (
            {"type": "asha", "min_iter": 2, "max_iter": 9, "eta": 2, "min_runs": 7},
            EarlyTerminate("asha", min_iter=2, max_iter=9, eta=2, min_runs=7),
        ),
        ({"type": "median"}, EarlyTerminate("median", min_iter=5)),
        (
            {"type": "median", "min_iter": 2, "min_runs": 9},
            EarlyTerminate("median", min_iter=2, min_runs=9),
        ),
    ],
)
def test_rules_are_read(rule, expected):
    assert read(rule, ours=True).early_terminate == expected
    assert read(rule).early_terminate == expected


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (hyperband(), "min_iter, or max_iter with s"),
        (hyperband(s=2), "min_iter, or max_iter with s"),
        (hyperband(max_iter=27), "s beside max_iter"),
        (hyperband(min_iter=0), "at least 1"),
        (hyperband(min_iter=3, eta=1), "a number above 1"),
        (hyperband(min_iter=3, eta=0.5), "a number above 1"),
        (hyperband(min_iter=3, eta=MIN_ETA - 0.01), f"a number from {MIN_ETA}"),
        (hyperband(min_iter=3, eta=MAX_ETA + 1), f"to {MAX_ETA:,}"),
        (hyperband(max_iter=2, s=1, eta=3), "no run would ever be stopped"),
        ({"type": "asha", "min_iter": 9, "max_iter": 9}, "no run would ever be stopped"),
        ({"type": "ashaa"}, "did you mean asha?"),
        ({"type": "zzz"}, "choose one"),
        ({}, "type"),
        ("hyperband", "an object with a type"),
    ],
)
def test_rules_that_cannot_be_are_refused(rule, why):
    assert why in refused(rule)


def test_etas_at_the_ends():
    for eta in (MIN_ETA, MAX_ETA):
        assert read(hyperband(min_iter=3, eta=eta)).early_terminate.eta == eta


def test_what_is_odd_is_told():
    both = read(hyperband(max_iter=27, s=2, min_iter=3)).warnings
    assert any("max_iter decides" in warning for warning in both)
    lone = read(hyperband(min_iter=3, s=2)).warnings
    assert any("s is ignored" in warning for warning in lone)
    assert read(hyperband(min_iter=3)).warnings == ()
    ours = read({"type": "asha"})
    assert "the only one W&B knows" in ours.warnings[0]
    assert read({"type": "asha"}, ours=True).warnings == ()
    strict = read(hyperband(min_iter=3, strict="yes"))
    assert strict.early_terminate.strict is True and "true or false" in strict.warnings[0]
    unknown = read({"type": "median", "eta": 3})
    assert "early_terminate.eta" in " ".join(unknown.warnings)


def test_a_rule_needs_a_metric():
    assert "a metric to judge by" in refused(hyperband(min_iter=3), metric=False)


def test_of_two_rules_ours_is_used():
    raw = BASE | {"metric": {"name": "loss"}, "early_terminate": hyperband(min_iter=3)}
    spec = parse(raw | {"sweepd": {"early_terminate": {"type": "median"}}})
    assert spec.early_terminate.type == "median"
    assert any("the one under sweepd is used" in warning for warning in spec.warnings)
