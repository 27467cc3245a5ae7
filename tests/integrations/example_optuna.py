"""Optuna's callback: a study as one run, and a study with a run for every trial."""

import optuna
import wandb
from optuna_integration import WeightsAndBiasesCallback


def loss(trial: optuna.Trial) -> float:
    """A bowl with a step in it."""
    x = trial.suggest_float("x", -3, 3)
    kind = trial.suggest_categorical("kind", ["round", "flat"])
    return x**2 if kind == "round" else abs(x) + 1


optuna.logging.set_verbosity(optuna.logging.WARNING)
sampler = optuna.samplers.RandomSampler(seed=0)

one = WeightsAndBiasesCallback(
    metric_name="loss", wandb_kwargs={"project": "optuna", "name": "one-run"}
)
optuna.create_study(sampler=sampler).optimize(loss, n_trials=8, callbacks=[one])
wandb.finish()

many = WeightsAndBiasesCallback(
    metric_name="loss", wandb_kwargs={"project": "optuna", "group": "trials"}, as_multirun=True
)


@many.track_in_wandb()
def tracked(trial: optuna.Trial) -> float:
    """The same, logging as it goes."""
    value = loss(trial)
    wandb.log({"half_way": value / 2})
    return value


optuna.create_study(sampler=sampler).optimize(tracked, n_trials=5, callbacks=[many])
