"""`python -m tests.flagged '{"NAME": false}' serve …`: `sweepd` with feature flags set otherwise.

Feature flags are no setting of the product: a flag is up when what it stands for works. What the
client does without one is seen by starting a server that differs in nothing else.
"""

import json
import sys

from sweepd.cli import main
from sweepd.wandb_api.features import FEATURES


def run() -> None:
    """Set the flags of the first argument, then run the rest as `sweepd` would."""
    flags: dict[str, bool] = json.loads(sys.argv.pop(1))
    if unknown := flags.keys() - FEATURES.keys():
        sys.exit(f"no feature flags of ours: {', '.join(sorted(unknown))}")
    FEATURES.update(flags)
    main()


if __name__ == "__main__":
    run()
