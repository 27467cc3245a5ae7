#!/bin/bash
# Agents of one sweep as a Slurm array: sbatch --array=1-16 deploy/slurm.sh ENTITY/PROJECT/SWEEP
# The server runs elsewhere, on a login node for instance: sweepd serve --host 0.0.0.0
# WANDB_BASE_URL and WANDB_API_KEY come from the environment sbatch was called in.
#SBATCH --job-name=sweep
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
# This script, not its steps, gets SIGTERM 90 s before the time is up, and so when it is preempted.
#SBATCH --signal=B:TERM@90
set -u
: "${WANDB_BASE_URL:?the address of the server}" "${WANDB_API_KEY:?your key}"
export WANDB_ERROR_REPORTING=false

# The agent passes the signal on and gives its script 60 s: enough for `run.mark_preempting()`, a
# checkpoint, and the client's last words. Such a run goes out again as itself, and a script that
# begins with `wandb.init(resume="allow")` goes on where it was; one that only dies gives its config
# back.
wandb agent --forward-signals --term-timeout 60 "${1:?the sweep, ENTITY/PROJECT/SWEEP}" &
agent=$!
was_asked=
trap 'was_asked=1; kill -TERM $agent' TERM
code=0
while kill -0 "$agent" 2>/dev/null; do
    wait "$agent"
    code=$?
done
# Back into the queue, to go on with what is left; Slurm itself does so after a preemption.
# (The number of an array's last task is that of the whole array, so it is named by both.)
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
[ -z "$was_asked" ] || scontrol requeue "${job:-$SLURM_JOB_ID}"
exit "$code"
