"""The config of one run: which values it may have, and a clear word when it has others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")
MAX_SEED = 2**32 - 1  # NumPy's generator takes 32 bits

# agent.py adds these to a run's config, so a resumed run brings them along.
RECORDED_KEYS = frozenset({"data", "data_source", "n_train", "n_validation", "n_test"})


class ConfigError(ValueError):
    """A config has a value of the wrong type, out of range, or under an unknown name."""


@dataclass(frozen=True)
class Config:
    """What one run is trained with; building one checks every value.

    Attributes:
        epochs: Passes over the training images, at least 1.
        batch_size: Images per training step, at least 1.
        dropout: Share of the flattened features dropped while training, 0 <= dropout < 1.
        validation_split: Share of the training images kept aside to judge each epoch, strictly
            between 0 and 1.
        seed: Start of every random number: weights, order of the batches, dropout.
        optimizer: One of OPTIMIZERS.
        learning_rate: Step size of the optimizer, above 0.

    Raises:
        ConfigError: A value has the wrong type or lies out of range; names every such value.
    """

    epochs: int = 3
    batch_size: int = 128
    dropout: float = 0.5
    validation_split: float = 0.1
    seed: int = 1
    optimizer: str = "adam"
    learning_rate: float = 0.001

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be {expected}, got {getattr(self, name)!r}"
            for name, (expected, is_good) in _RULES.items()
            if not is_good(getattr(self, name))
        ]
        if problems:
            raise ConfigError("; ".join(problems))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Config":
        """Build a config from what a sweep or the command line handed over.

        Args:
            values: Values by name; missing ones take their default. "128" and 128.0 are read
                as 128, "0.5" as 0.5: a command line has only text, and JSON may turn a whole
                number into a float.

        Raises:
            ConfigError: An unknown name, or a value of the wrong type or out of range.
        """
        known = {field.name: field.type for field in fields(cls)}
        unknown = sorted(set(values) - set(known) - RECORDED_KEYS)
        if unknown:
            raise ConfigError(f"unknown {', '.join(unknown)}; known are {', '.join(known)}")
        numbers_read = {
            name: value if known[name] is str else _as_number(value, known[name] is int)
            for name, value in values.items()
            if name in known
        }
        return cls(**numbers_read)


def _as_number(value: Any, is_whole: bool) -> Any:
    """Read a number from text or an integral float; hand back anything else for the rules."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    if is_whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_whole(value)


# What each value must be, in words and as a check. NaN fails every comparison, as it should.
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "epochs": ("a whole number of at least 1", lambda x: _is_whole(x) and x >= 1),
    "batch_size": ("a whole number of at least 1", lambda x: _is_whole(x) and x >= 1),
    "dropout": ("a number from 0 up to but not 1", lambda x: _is_number(x) and 0 <= x < 1),
    "validation_split": ("a number between 0 and 1", lambda x: _is_number(x) and 0 < x < 1),
    "seed": (
        f"a whole number from 0 to {MAX_SEED}",
        lambda x: _is_whole(x) and 0 <= x <= MAX_SEED,
    ),
    "optimizer": (f"one of {', '.join(OPTIMIZERS)}", lambda x: x in OPTIMIZERS),
    "learning_rate": (
        "a finite number above 0",
        lambda x: _is_number(x) and 0 < x < float("inf"),
    ),
}
