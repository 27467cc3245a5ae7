"""`run_cap` set in a sweep file's own text, whatever its style."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sweepd.domain.errors import BadInput
from sweepd.services.sweeps.sweep_text import with_run_cap

BLOCK = """# digits
method: grid   # all of them
run_cap : 5  # five is enough
parameters:
    lr: {values: [1e-5, 0.10]}

    # the odd one
    b:
        values:
        - ~
        -   '2'
"""


def test_only_the_value_changes() -> None:
    assert with_run_cap(BLOCK, 70) == BLOCK.replace("run_cap : 5 ", "run_cap : 70 ")
    assert with_run_cap(BLOCK, None) == BLOCK.replace("run_cap : 5 ", "run_cap : null ")


@pytest.mark.parametrize(
    "text",
    [
        "{method: grid, parameters: {a: {values: [1, 2]}}}  # flow\n",
        "{\n  method: grid,  # all\n  parameters: {a: {values: [1]}}}",
        "{run_cap: 3, method: grid}",
        "---\nmethod: grid\n...\n",
        "  method: grid\n  parameters: {a: {value: &x 1}, b: {value: *x}}\n",
        '"run_cap": 12\nmethod: grid',
        "'run_cap': !!int '12'\nmethod: grid",
        "method: grid\r\nrun_cap: 4\r\nname: é\r\n",
        "run_cap:\nmethod: grid\n",
        "run_cap: ~\nmethod: grid\n",
        "? run_cap\n: 5\n? method\n: grid\n",
        "name: |\n  run_cap: 9\nmethod: grid\n",
        '{"method":"grid","run_cap":5}',
        "%YAML 1.1\n---\nmethod: grid\n",
        "\ufeffmethod: grid\nrun_cap: 2\n",
    ],
)
@pytest.mark.parametrize("cap", [1, 1234, None])
def test_every_style_keeps_all_else(text: str, cap: int | None) -> None:
    changed = with_run_cap(text, cap)
    assert yaml.safe_load(changed) == yaml.safe_load(text) | {"run_cap": cap}
    for comment in ("# flow", "# all"):
        assert (comment in changed) == (comment in text)


@given(
    st.dictionaries(st.sampled_from(["method", "run_cap", "name", "a b", "é"]), st.integers(1)),
    st.booleans(),
    st.integers(1, 10**6),
)
def test_of_any_mapping_one_value_changes(mapping: dict[str, int], is_flow: bool, cap: int) -> None:
    mapping["program"] = 1
    text = yaml.safe_dump(mapping, default_flow_style=is_flow, allow_unicode=True)
    assert yaml.safe_load(with_run_cap(text, cap)) == mapping | {"run_cap": cap}


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="whole number from 1; got 0"):
        with_run_cap(BLOCK, 0)


@pytest.mark.parametrize("text", ["{}", "[1]", "just words"])
def test_a_text_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        with_run_cap(text, 3)
