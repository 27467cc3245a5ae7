"""Sweep files where commands read them: as much as the server would, and no more."""

from pathlib import Path
from typing import Any

import yaml

from sweepd.domain.errors import BadInput
from sweepd.services.sweeps import sweep_yaml


def read(path: Path) -> str:
    """A sweep file's text.

    Raises:
        BadInput: It is missing, no text, or larger than a server takes.
    """
    most = sweep_yaml.MAX_CHARACTERS
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(most + 1)
    except OSError as error:
        raise BadInput(
            f"{path}: {error.strerror}; a sweep needs a file such as sweep.yaml"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not text: {error}") from error
    if len(text) > most:
        raise BadInput(f"{path} has more than {most:,} characters; is it a sweep file?")
    return text


def parse(text: str) -> dict[str, Any]:
    """What the file of a sweep says, as a server gave it.

    Raises:
        BadInput: It is no sweep file.
    """
    try:
        found = sweep_yaml.load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"the sweep's file cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise BadInput("the sweep's file is no object of names and values")
    return found
