"""`sweepd agents --ray`: agents as actors of a Ray cluster, begun again when a node is lost."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sweepd.cli import agent_process, out, proxies, ray_node
from sweepd.cli.client import Client
from sweepd.domain.errors import BadInput, Unavailable
from sweepd.domain.ids import SweepPath

LEFT_OUT = ["wandb", ".venv*", ".git", "dist", "build", "data"]  # of the folder that nodes are sent
ROOM_S = 10  # for Ray to carry it there and back


@dataclass(frozen=True)
class Share:
    """What an agent gets of a node."""

    gpus: float
    cpus: float


@dataclass(frozen=True)
class _Agent:
    actor: Any
    begun: Any  # a reference that is there once it has a place
    code: Any  # one that is there once it has ended


class Cluster:
    """Agents that run as actors: Ray chooses the node, and another one when that is lost."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._agents: list[_Agent] = []

    def count(self, share: Share) -> int:
        """How many agents have a GPU at once; 1 when they need none."""
        found = self._ray.cluster_resources().get("GPU", 0.0)
        return max(1, int(found // share.gpus)) if share.gpus else 1

    def lacks(self, share: Share) -> str | None:
        """Why no agent can begin on the cluster as it is now."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        wanted = {"GPU": share.gpus, "CPU": share.cpus}
        if any(all(node.get(k, 0.0) >= n for k, n in wanted.items()) for node in nodes):
            return None
        most = {name: max((node.get(name, 0.0) for node in nodes), default=0.0) for name in wanted}
        return (
            f"no node has the {share.gpus:g} GPUs and {share.cpus:g} CPUs an agent is to get (the "
            f"largest: {most['GPU']:g} and {most['CPU']:g}); agents wait until one joins, or end "
            "this and give less: --gpus-per-agent, --cpus-per-agent"
        )

    def check_reach(self, url: str) -> None:
        """
        Raises:
            BadInput: The server is on loopback, and the cluster is more than this machine.
        """
        hosts = {node["NodeManagerAddress"] for node in self._ray.nodes() if node["Alive"]}
        if proxies.is_here(url) and len(hosts) > 1:
            raise BadInput(
                f"{url} is this machine alone, and the cluster has {len(hosts)}: serve on an "
                "address that all reach (`sweepd serve --host 0.0.0.0`) and name it: "
                "--server http://HOST:8787"
            )

    def start(
        self, sweep: SweepPath, n_agents: int, told: dict[str, str], share: Share, grace_s: int
    ) -> None:
        """Hand the agents to Ray, which begins each where there is room."""
        actor = self._ray.remote(ray_node.NodeAgent).options(
            num_gpus=share.gpus,
            num_cpus=share.cpus,
            max_concurrency=3,  # stop, while it works
            max_restarts=-1,  # after a lost node or a killed worker, not an agent's error
            max_task_retries=-1,
        )
        for number in range(1, n_agents + 1):
            agent = actor.remote()
            begun = agent.begun.remote()
            code = agent.work.remote(number, str(sweep), told, grace_s)
            self._agents.append(_Agent(agent, begun, code))

    def wait(self) -> list[int]:
        """The exit code of each agent, when all have ended."""
        codes = []
        for agent in self._agents:
            codes.append(int(self._ray.get(agent.code)))
        return codes

    def stop(self, grace_s: float) -> None:
        """Ask the agents to end and wait until they have; those without a place never begin."""
        begun = [agent.begun for agent in self._agents]
        ready, _ = self._ray.wait(begun, num_returns=len(begun), timeout=0) if begun else ([], [])
        stopping = []
        for agent in self._agents:
            if agent.begun in ready:
                stopping.append(agent.actor.stop.remote(grace_s))
            else:
                self._ray.kill(agent.actor)
        if stopping:
            timeout = grace_s + agent_process.UNTOLD_S + ROOM_S
            self._ray.wait(stopping, num_returns=len(stopping), timeout=timeout)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster, and this folder sent to its nodes.

    Args:
        address: `HOST:6379` or `auto` on one of its nodes, `ray://HOST:10001` elsewhere.

    Raises:
        BadInput: It is an address for jobs, or Ray is not installed here.
        Unavailable: No cluster answers.
    """
    if address.startswith(("http://", "https://")):
        raise BadInput(
            f"--ray {address}: that is the address for jobs, whose environment everybody can read; "
            "use ray://HOST:10001, or on a node HOST:6379 or auto"
        )
    try:
        ray = importlib.import_module("ray")
        pickling = importlib.import_module("ray.cloudpickle")
    except ImportError as error:
        raise BadInput(
            "--ray needs Ray here, the version of the cluster and the same Python: "
            "pip install 'ray[default,client]==VERSION'"
        ) from error
    sent: Sequence[Any] = (agent_process, ray_node)
    for module in sent:  # as text, not by name: nodes need no sweepd
        pickling.register_pickle_by_value(module)
    try:
        ray.init(address, runtime_env={"working_dir": ".", "excludes": LEFT_OUT})
    except Exception as error:  # it has many, of several libraries
        raise Unavailable(f"no Ray cluster answers at {address}: {error}") from error
    try:
        yield Cluster(ray)
    finally:
        ray.shutdown()
        for module in sent:
            pickling.unregister_pickle_by_value(module)


def run(
    cluster: Cluster, where: Client, sweep: SweepPath, n: int | None, share: Share, grace_s: int
) -> list[int]:
    """Agents of a sweep until it is over; what each ended with."""
    cluster.check_reach(where.url)
    n_agents = n or cluster.count(share)
    if lack := cluster.lacks(share):
        out.say(lack)
    told = {
        "WANDB_BASE_URL": where.url,
        "WANDB_API_KEY": where.key,
        "WANDB_ERROR_REPORTING": "false",
    }
    cluster.start(sweep, n_agents, told, share, grace_s)
    out.say(f"{n_agents} agents of {sweep} are Ray's; what they print comes here and to its logs")
    return cluster.wait()
