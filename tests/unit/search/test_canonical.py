"""Keys of configs: equal contents, equal keys, in every release."""

from sweepd.search.grammar.sweep_file import parse


def make_space(parameters, **extras):
    raw = {"method": "random", "parameters": parameters, "sweepd": extras}
    return parse(raw).space


def test_keys_compare_by_content():
    space = make_space(
        {"a": {"values": [1, 3]}, "n": {"parameters": {"k": {"min": 0.0, "max": 9}}}}
    )
    key = space.key({"a": 3, "n": {"k": 2}})
    assert len(key) == 20
    assert key == space.key({"n": {"k": 2.0}, "a": 3.0, "added": "by the script"})
    assert key != space.key({"a": 1, "n": {"k": 2}})
    assert key != space.key({"a": 3})
    flags = make_space({"a": {"values": [1, True]}})
    assert flags.key({"a": 1}) != flags.key({"a": True})


def test_keys_ignore_what_a_script_adds_to_an_object():
    space = make_space({"a": {"values": [{"k": 1}, {"k": 2}]}})
    assert space.key({"a": {"k": 1, "more": 5}}) == space.key({"a": {"k": 1.0}})


def test_keys_stay_the_same_between_releases():
    space = make_space({"a": {"values": [1, 3]}, "b": {"min": 0.0, "max": 1}})
    assert space.key({"a": 1, "b": 0.5}) == "297aab82ffa7bdd3d731"
