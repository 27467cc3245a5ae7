import math
from typing import Any

import pytest

from mnist.config import Config, ConfigError


def test_config_without_values_has_the_defaults() -> None:
    assert Config.from_values({}) == Config()


def test_text_from_the_command_line_becomes_numbers() -> None:
    config = Config.from_values(
        {"epochs": "5", "batch_size": "128", "dropout": "0.5", "learning_rate": "1e-5"}
    )
    assert config == Config(epochs=5, batch_size=128, dropout=0.5, learning_rate=1e-5)
    assert isinstance(config.epochs, int)


def test_integral_float_is_a_whole_number() -> None:
    assert Config.from_values({"epochs": 3.0}).epochs == 3
    assert isinstance(Config.from_values({"epochs": 3.0}).epochs, int)


def test_dropout_zero_is_allowed_as_a_whole_number() -> None:
    assert Config.from_values({"dropout": 0}).dropout == 0


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epochs", 0, "epochs must be a whole number of at least 1, got 0"),
        ("epochs", 2.5, "epochs must be a whole number of at least 1, got 2.5"),
        ("epochs", True, "epochs must be a whole number of at least 1, got True"),
        ("epochs", "many", "epochs must be a whole number of at least 1, got 'many'"),
        ("epochs", None, "epochs must be a whole number of at least 1, got None"),
        ("epochs", math.inf, "epochs must be a whole number of at least 1, got inf"),
        ("batch_size", -1, "batch_size must be a whole number of at least 1, got -1"),
        ("dropout", 1, "dropout must be a number from 0 up to but not 1, got 1"),
        ("dropout", -0.1, "dropout must be a number from 0 up to but not 1, got -0.1"),
        ("dropout", math.nan, "dropout must be a number from 0 up to but not 1, got nan"),
        ("dropout", [0.5], "dropout must be a number from 0 up to but not 1, got [0.5]"),
        ("validation_split", 0, "validation_split must be a number between 0 and 1, got 0"),
        ("validation_split", 1.0, "validation_split must be a number between 0 and 1, got 1.0"),
        ("seed", -1, "seed must be a whole number from 0 to 4294967295, got -1"),
        ("seed", 2**32, "seed must be a whole number from 0 to 4294967295, got 4294967296"),
        ("optimizer", "Adam", "one of adam, adamw, nadam, rmsprop, sgd, got 'Adam'"),
        ("optimizer", {"a": 1}, "one of adam, adamw, nadam, rmsprop, sgd, got {'a': 1}"),
        ("learning_rate", 0, "learning_rate must be a finite number above 0, got 0"),
        ("learning_rate", math.inf, "learning_rate must be a finite number above 0, got inf"),
    ],
)
def test_bad_value_is_named_with_what_was_expected(name: str, value: Any, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_values({name: value})
    assert expected in str(caught.value)


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"epochs .* got 0; dropout .* got 2"):
        Config.from_values({"epochs": 0, "dropout": 2})


def test_misspelt_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown dropuot; known are epochs, batch_size, dro"):
        Config.from_values({"dropuot": 0.5})


def test_what_a_run_records_about_its_data_is_no_unknown_name() -> None:
    assert Config.from_values({"data": "x", "data_source": "keras", "n_train": 1}) == Config()
