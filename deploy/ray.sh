#!/bin/sh
# Agents of one sweep on a Ray cluster, one for each of its GPUs, from the folder of the training code:
#     RAY_ADDRESS=ray://HEAD:10001 deploy/ray.sh ENTITY/PROJECT/SWEEP
# Further words go to `sweepd agents`: -n 8, --gpus-per-agent 0.5, --cpus-per-agent 4.
# Here: sweepd with Ray, the cluster's version and Python (pip install 'ray[default,client]==…').
# On the nodes: Ray, `wandb`, and what the code needs. The folder is sent to them.
# The key is an argument: in no log, page or list of processes. Between nodes Ray speaks
# in clear unless RAY_USE_TLS=1, and lets everybody in unless RAY_AUTH_MODE=token; set both.
set -eu
: "${RAY_ADDRESS:?the cluster: ray://HEAD:10001, or on one of its nodes HEAD:6379}"
sweep=${1:?the sweep, ENTITY/PROJECT/SWEEP}
shift
exec sweepd agents "$sweep" --ray "$RAY_ADDRESS" --gpus-per-agent 1 "$@"
