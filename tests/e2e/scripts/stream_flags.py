"""A run that prints and logs, its file stream packed if the server allows that."""

import sys

import wandb

settings = wandb.Settings(x_file_stream_no_gzip=False, x_disable_stats=True)
with wandb.init(project="streams", id=sys.argv[1], settings=settings) as run:
    print("a plain line, \u00e9 \u2713")
    print("a line of stderr", file=sys.stderr)
    sys.stdout.write("bar 10%\rbar 100%\n")
    for step in range(300):
        run.log({"loss": 1 / (step + 1)})
