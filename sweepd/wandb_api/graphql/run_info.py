"""Where a run ran, as clients up to 0.29 ask for it: told by each of its writers in the config."""

import json
from collections.abc import Mapping
from typing import Any

from ariadne import ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.config import private_part
from sweepd.domain.runs import Run
from sweepd.wandb_api.graphql.context import Info

run_type = ObjectType("Run")


@run_type.field("runInfo")
def run_info(run: Run, _: Info) -> dict[str, Any]:
    """Program, machine and git state of the first writer; null what it did not tell."""
    told = _environment(run)
    git = _mapping(told.get("git"))
    args = told.get("args")
    n_cpus, n_gpus = told.get("cpu_count"), told.get("gpu_count")
    return {
        "program": run.program,
        "args": [str(arg) for arg in args] if isinstance(args, list) else [],
        "os": _text(told.get("os")),
        "python": _text(told.get("python")),
        "colab": _text(told.get("colab")),
        "executable": _text(told.get("executable")),
        "code_saved": bool(told.get("codePath")),
        "cpu_count": n_cpus if isinstance(n_cpus, int) else None,
        "gpu_count": n_gpus if isinstance(n_gpus, int) else None,
        "gpu": _text(told.get("gpu")),
        "git": {
            "remote": run.repo or _text(git.get("remote")),
            "commit": run.commit_sha or _text(git.get("commit")),
        },
    }


def _environment(run: Run) -> Mapping[str, Any]:
    writers = _mapping(private_part(json.loads(run.config or "{}")).get("e"))
    return next((told for told in writers.values() if isinstance(told, dict)), {})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


bindables: list[SchemaBindable] = [run_type]
