"""The frames that the stock client draws in a notebook, as JSON: HTML by what was called."""

import contextlib
import json
import os
import sys

import wandb

sweep_path = sys.argv[1]
with contextlib.redirect_stdout(sys.stderr):
    run = wandb.init(project="framed", id="framed", name="a run to frame")
    run.log({"loss": 0.25})
    frames = {"run.to_html": run.to_html()}
    run.finish()
    api = wandb.Api()
    frames["api.run.to_html"] = api.run("framed/framed").to_html(height=500)
    frames["api.sweep.to_html"] = api.sweep(sweep_path).to_html()
print(json.dumps(frames))
sys.stdout.flush()
os._exit(0)
