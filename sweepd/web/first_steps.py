"""The commands of a project that is still empty: each names it, and works as it is pasted."""

import json

from sweepd.domain.shell import command
from sweepd.web.reach import Reach

EXAMPLE = """\
cat > train.py <<'END'
import wandb

with wandb.init() as run:
    for step in range(20):
        run.log({"loss": 1 / (1 + step * run.config.rate)})
END
cat > sweep.yaml <<'END'
program: train.py
method: random
metric: {name: loss, goal: minimize}
parameters:
  rate: {min: 0.1, max: 1.0}
run_cap: 10
END
"""


def commands(reach: Reach, entity: str, project: str) -> dict[str, str]:
    """Commands by what they do: login (without its key), run, sweep; `note` is on the first."""
    place = f"entity={_text(entity)}, project={_text(project)}"
    script = (
        f"import wandb\n\nwith wandb.init({place}) as run:\n"
        '    for step in range(20):\n        run.log({"loss": 1 / (1 + step)})\n'
    )
    return {
        "login": command("wandb", "login", "--host", reach.address),
        "note": reach.note,
        "run": f"python - <<'END'\n{script}END",
        "sweep": EXAMPLE
        + command("wandb", "sweep", "--entity", entity, "--project", project, "sweep.yaml"),
    }


def _text(name: str) -> str:
    """A name as Python spells it."""
    return json.dumps(name, ensure_ascii=False)
