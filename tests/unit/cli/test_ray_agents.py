"""`sweepd agents --ray` without a cluster: what is refused, and what is told of a cluster."""

from typing import Any

import pytest
from typer.testing import CliRunner

from sweepd.cli import app
from sweepd.cli.ray_agents import Cluster, Share, connected
from sweepd.domain.errors import BadInput


class _Ray:
    """A cluster of nodes that are what they say."""

    def __init__(self, *nodes: dict[str, float]) -> None:
        self._nodes = nodes

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {"Alive": True, "NodeManagerAddress": f"10.0.0.{number}", "Resources": node}
            for number, node in enumerate(self._nodes)
        ]

    def cluster_resources(self) -> dict[str, float]:
        return {"GPU": sum(node.get("GPU", 0.0) for node in self._nodes)}


def test_as_many_agents_as_gpus_and_one_without() -> None:
    cluster = Cluster(_Ray({"CPU": 8, "GPU": 4}, {"CPU": 8, "GPU": 1}))
    assert cluster.count(Share(1.0, 1.0)) == 5
    assert cluster.count(Share(0.5, 1.0)) == 10
    assert cluster.count(Share(2.0, 1.0)) == 2
    assert cluster.count(Share(0.0, 1.0)) == 1


def test_what_no_node_has_is_said() -> None:
    cluster = Cluster(_Ray({"CPU": 2, "GPU": 1}, {"CPU": 16}))
    assert cluster.lacks(Share(1.0, 2.0)) is None
    lack = cluster.lacks(Share(1.0, 4.0))  # the cluster has both, no node has
    assert lack is not None and "1 GPUs and 4 CPUs" in lack


def test_loopback_is_refused_where_nodes_are_elsewhere() -> None:
    several, one = Cluster(_Ray({"CPU": 1}, {"CPU": 1})), Cluster(_Ray({"CPU": 1}))
    for url in ("http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"):
        one.check_reach(url)
        with pytest.raises(BadInput, match="sweepd serve --host"):
            several.check_reach(url)
    several.check_reach("http://10.0.0.9:8787")


def test_an_address_for_jobs_is_refused() -> None:
    with pytest.raises(BadInput, match="ray://HOST:10001"), connected("http://head:8265"):
        pass


@pytest.mark.parametrize(
    "words",
    [
        ["--gpus-per-agent", "1"],
        ["--cpus-per-agent", "1"],
        ["--ray", "auto", "--gpus", "all"],
    ],
)
def test_options_of_the_other_kind_are_refused(words: list[str]) -> None:
    done = CliRunner().invoke(app, ["agents", "ann/p/abc", *words])
    assert isinstance(done.exception, BadInput) and "--gpus" in str(done.exception)
