#!/bin/sh
# Agents of one sweep as a Slurm array: sbatch --array=1-16 deploy/slurm.sh ENTITY/PROJECT/SWEEP
# The server runs elsewhere, on a login node for instance: sweepd serve --host 0.0.0.0
# WANDB_BASE_URL and WANDB_API_KEY come from the environment sbatch was called in.
#SBATCH --job-name=sweep
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
set -eu
: "${WANDB_BASE_URL:?the address of the server}" "${WANDB_API_KEY:?your key}"
export WANDB_ERROR_REPORTING=false
# A killed agent's config goes back to the sweep by itself and is handed out again.
exec srun wandb agent "${1:?the sweep, ENTITY/PROJECT/SWEEP}"
