"""Two processes of one training: rank 0 takes the config from the agent and tells the other."""

import argparse

import torch
import torch.distributed as distributed
import wandb
from torch.nn.parallel import DistributedDataParallel

distributed.init_process_group("gloo")
rank = distributed.get_rank()
run = wandb.init() if rank == 0 else None
told = [dict(run.config) if run else None]
distributed.broadcast_object_list(told, src=0)
config = argparse.Namespace(**told[0])

torch.manual_seed(0)
x = torch.rand(64, 4)[rank::2]
y = x.sum(1, keepdim=True)
model = DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=config.lr)
for epoch in range(config.epochs):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    mean = loss.detach() / distributed.get_world_size()
    distributed.all_reduce(mean)
    if run:
        run.log({"epoch": epoch, "loss": mean.item()})
rates = [torch.tensor(0.0) for _ in range(distributed.get_world_size())]
distributed.all_gather(rates, torch.tensor(config.lr))
if run:
    run.summary["rates_of_all_ranks"] = [rate.item() for rate in rates]
    run.finish()
distributed.destroy_process_group()
