"""Hydra: the agent's parameters come as its overrides, `optimizer.rate=0.1`."""

import hydra
import wandb
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    """A bowl, come down step by step."""
    with wandb.init(config=OmegaConf.to_container(config, resolve=True)) as run:
        x = config.start
        for step in range(config.steps):
            x -= config.optimizer.rate * 2 * x
            run.log({"loss": x**2, "at": step})


if __name__ == "__main__":
    main()
