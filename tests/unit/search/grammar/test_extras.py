"""Keys of ours under `sweepd:`."""

from sweepd.search.grammar.sweep_file import parse


def read(parameters=None, **more):
    head = {"method": "random", "program": "t.py"}
    return parse({**head, "parameters": parameters or {"a": {"value": 1}}, **more})


def test_an_unknown_extra_names_the_nearest():
    assert "did you mean repeats?" in read(sweepd={"repets": 3}).warnings[0]
