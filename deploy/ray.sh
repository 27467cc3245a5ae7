#!/bin/sh
# Agents of one sweep on a Ray cluster, one for each GPU:
#     deploy/ray.sh ENTITY/PROJECT/SWEEP 8
# RAY_ADDRESS names the cluster (http://HEAD:8265), the other two the server and your key.
set -eu
: "${RAY_ADDRESS:?the cluster}" "${WANDB_BASE_URL:?the server}" "${WANDB_API_KEY:?your key}"
sweep=${1:?the sweep, ENTITY/PROJECT/SWEEP}
i=0
while [ "$i" -lt "${2:-1}" ]; do
    ray job submit --no-wait --entrypoint-num-gpus 1 --working-dir . --runtime-env-json \
        "{\"env_vars\": {\"WANDB_BASE_URL\": \"$WANDB_BASE_URL\", \"WANDB_API_KEY\": \"$WANDB_API_KEY\"}}" \
        -- wandb agent "$sweep"
    i=$((i + 1))
done
