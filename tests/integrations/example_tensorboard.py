"""TensorBoard: what its writer logs also goes to the run (0.31 syncs no old folders any more)."""

import torch
import wandb
from torch.utils.tensorboard import SummaryWriter

run = wandb.init(project="tensorboard", sync_tensorboard=True)
with SummaryWriter("logs") as writer:
    for step in range(6):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_histogram("weights", torch.linspace(-1, 1, 50), step)
run.finish()
