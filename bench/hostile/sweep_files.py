"""Item 1: sweep files that would have the server work without end."""

import json
import time
from collections.abc import Callable

from bench.hostile.target import PROJECT, Attack, Target, told

SECONDS = 6.0
NEXT_BEAT_S = 0.25
SWEEP = """mutation S($config: String!, $project: String!) { upsertSweep(input: {
  projectName: $project, config: $config}) { sweep { name } } }"""
AGENT = """mutation A($sweep: String!, $project: String!) { createAgent(input: {host: "h",
  projectName: $project, sweep: $sweep}) { agent { id } } }"""
BEAT = "mutation H($id: ID!) { agentHeartbeat(input: {id: $id}) { commands } }"
EIGHT = ", ".join(f"p{i}: {{min: 1, max: 50}}" for i in range(8))
RARE = "sweepd: {constraints: ['p0 * 50 + p1 == 2500', 'p6 * 50 + p7 == 51']}"


def sweep(text: str, n_beats: int = 20) -> Callable[[Target], str]:
    """Make the sweep, then ask for configs as an agent does."""

    def act(target: Target) -> str:
        status, made = target.ask(SWEEP, config=text, project=PROJECT)
        if status != 200:
            return told(status, made)
        name = made["upsertSweep"]["sweep"]["name"]
        status, agent = target.ask(AGENT, sweep=name, project=PROJECT)
        until, n_runs, n_asked = time.monotonic() + SECONDS, 0, 0
        while time.monotonic() < until and n_asked < n_beats and status == 200:
            status, answer = target.ask(BEAT, id=agent["createAgent"]["agent"]["id"])
            n_asked += 1
            if status == 200:
                n_new = answer["agentHeartbeat"]["commands"].count('"run_id"')
                n_runs += n_new
                if not n_new:  # a real agent waits five seconds
                    time.sleep(NEXT_BEAT_S)
        return f"taken; {n_runs} configs in {n_asked} heartbeats, the last {status or 'unanswered'}"

    return act


def merge_chain() -> str:
    """A few hundred bytes of YAML that unfold without end."""
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [
        f"a{i}: &a{i} {{<<: [{', '.join(f'*a{i - 1}' for _ in range(9))}]}}" for i in range(1, 12)
    ]
    return "\n".join([*lines, "method: grid", "parameters: {x: {value: 1}}"])


def _method(method: str, more: str, parameters: str = EIGHT) -> str:
    metric = "metric: {name: loss}"
    return f"method: {method}\n{metric}\nparameters: {{{parameters}}}\n{more}\n"


def _hyperband(more: str) -> str:
    rule = f"early_terminate: {{type: hyperband, {more}}}"
    return _method("random", rule, "a: {min: 0.0, max: 1.0}")


ROUND = "sweepd: {constraints: ['round(a, -1000000000) == 0']}"
NONE = "sweepd: {constraints: ['p0 < 0']}"
ONE = "a: {min: 1, max: 9}"
ATTACKS = [
    Attack(1, "grid of 50^8 cells, few allowed", sweep(_method("grid", RARE))),
    Attack(1, "random, few allowed", sweep(_method("random", RARE))),
    Attack(1, "random, none allowed", sweep(_method("random", NONE))),
    Attack(1, "bayes, few allowed", sweep(_method("bayes", RARE))),
    Attack(1, "round(a, -1000000000)", sweep(_method("random", ROUND, ONE))),
    Attack(1, "the same under bayes", sweep(_method("bayes", ROUND, ONE))),
    Attack(1, "hyperband, eta 1.0000000001", sweep(_hyperband("min_iter: 1, eta: 1.0000000001"))),
    Attack(1, "hyperband, s 1000000000", sweep(_hyperband("max_iter: 9, s: 1000000000"))),
    Attack(1, "repeats: 1000000000", sweep(_method("grid", "sweepd: {repeats: 1000000000}", ONE))),
    Attack(1, "a merge chain in YAML", sweep(merge_chain())),
    Attack(7, "!!binary in a sweep", sweep(_method("grid", "", "a: {value: !!binary aGVsbG8=}"))),
    Attack(
        7,
        "whole numbers of 400 digits",
        sweep(_method("grid", "", "a: {values: " + json.dumps([10**400, 1]) + "}")),
    ),
]
