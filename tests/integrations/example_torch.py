"""PyTorch: a loop of one's own, gradients and weights watched, the weights as a model."""

import torch
import wandb

torch.manual_seed(0)
x = torch.rand(200, 4)
y = (x.sum(dim=1) > 2).float().unsqueeze(1)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_of = torch.nn.BCEWithLogitsLoss()
with wandb.init(project="torch") as run:
    run.watch(model, loss_of, log="all", log_freq=2, log_graph=True)
    for epoch in range(12):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        run.log({"epoch": epoch, "loss": loss.item()})
    torch.save(model.state_dict(), "weights.pt")
    run.log_model("weights.pt", name="torch-weights")
