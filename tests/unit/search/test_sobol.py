"""Sobol points: even, reproducible, and the same in whatever batch."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy.stats import qmc

from sweepd.search.grammar.sweep_file import parse
from sweepd.search.sobol import design_config, sobol_points


@pytest.mark.parametrize("d", [1, 4, 20, 100])
@pytest.mark.parametrize("seed", [0, 7])
def test_each_dimension_has_one_point_in_each_of_n_intervals(d, seed):
    points = sobol_points(0, 256, d, seed)
    for j in range(d):
        assert sorted((points[:, j] * 256).astype(int)) == list(range(256))


@pytest.mark.parametrize("d", [5, 60])
def test_points_are_more_even_than_random_ones(d):
    """Also beyond 40 dimensions, and between dimensions far apart."""
    ours = qmc.discrepancy(sobol_points(0, 256, d, 3)[:, [0, 1, d // 2, d - 2, d - 1]])
    theirs = np.median(
        [qmc.discrepancy(np.random.default_rng(s).random((256, 5))) for s in range(9)]
    )
    assert ours < 0.6 * theirs


def test_a_point_does_not_depend_on_its_batch():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = sobol_points(0, 50, 45, 9)
    assert np.array_equal(whole[17:30], sobol_points(17, 13, 45, 9))
    assert not np.array_equal(whole, sobol_points(0, 50, 45, 10))
    assert ((whole > 0) & (whole < 1)).all()


def test_excluded_points_are_replaced_by_those_of_a_sequence_of_their_own():
    spec = parse(
        {
            "method": "random",
            "parameters": {"a": {"min": 0.0, "max": 1.0}, "b": {"min": 0.0, "max": 1.0}},
            "sweepd": {"constraints": ["a + b < 0.2"]},
        }
    )
    found = [design_config(spec, number, 4, set()) for number in range(8)]
    assert all(config["a"] + config["b"] < 0.2 for config in found)
    assert len({config["a"] for config in found}) == 8
    assert found == [design_config(spec, number, 4, set()) for number in range(8)]


@pytest.mark.slow
def test_the_server_itself_never_loads_scipy():
    code = "import sys, sweepd.server; print('scipy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
