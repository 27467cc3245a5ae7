"""Lightning: its W&B logger, checkpoints as artifacts, the best of them loaded again."""

from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger


class Net(lightning.LightningModule):
    """A line through noise."""

    def __init__(self, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


torch.manual_seed(0)
x = torch.rand(64, 4)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True)), 16)
logger = WandbLogger(project="lightning", log_model="all")
trainer = lightning.Trainer(
    max_epochs=3,
    logger=logger,
    log_every_n_steps=1,
    enable_progress_bar=False,
    callbacks=[ModelCheckpoint("checkpoints", monitor="val_loss")],
    accelerator="cpu",
)
model = Net(lr=0.1)
logger.watch(model, log="gradients", log_freq=4)
trainer.fit(model, data, data)
logger.log_table("rows", columns=["x", "y"], data=[[1, 2.0], [2, 3.5]])
found = Path(logger.download_artifact(f"model-{logger.experiment.id}:best", artifact_type="model"))
best = Net.load_from_checkpoint(found / "model.ckpt", weights_only=False)
logger.experiment.summary["read_back"] = float(best.layer.bias)
logger.experiment.finish()
