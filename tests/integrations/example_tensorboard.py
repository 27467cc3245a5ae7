"""TensorBoard: what its writer logs also goes to the run (0.31 syncs no old folders any more)."""

import wandb
from torch.utils.tensorboard import SummaryWriter

run = wandb.init(project="integrations", name="tensorboard", sync_tensorboard=True)
with SummaryWriter("logs") as writer:
    for step in range(4):
        writer.add_scalar("loss", 1 / (step + 1), step)
run.finish()
