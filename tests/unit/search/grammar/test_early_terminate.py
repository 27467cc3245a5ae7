"""Which early termination holds."""

from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    head = {"method": "random", "program": "t.py"}
    return parse({**head, "parameters": parameters or {"a": {"value": 1}}, **more})


def test_early_termination_under_sweepd_wins():
    spec = read(
        metric={"name": "l"},
        early_terminate={"type": "hyperband", "min_iter": 3},
        sweepd={"early_terminate": {"type": "asha", "min_iter": 2, "eta": 4}},
    )
    assert (spec.early_terminate.type, spec.early_terminate.eta) == ("asha", 4)
