"""Commands for people to paste: whatever is in a name or a value, a shell takes it as one word."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from sweepd.domain.encoding import clean, text_of


def command(*words: str) -> str:
    """A command line of these words."""
    return " ".join(quote(word) for word in words)


def quote(word: str) -> str:
    """One word for a POSIX shell; with characters nobody sees as bash and zsh spell them."""
    word = clean(word).replace("\0", "\N{REPLACEMENT CHARACTER}")
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(_spelt(c) for c in word) + "'"


def _spelt(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode())


def again(
    program: str, config: Mapping[str, Any], names: Iterable[str], interpreter: str = "python"
) -> str:
    """The command that runs a program with a config's values once more, outside any sweep.

    Args:
        names: Which values, in this order; those the config has not, and objects, are left out.
    """
    if program.startswith("-"):  # a file's name all the same, not an option
        program = f"./{program}"
    flags = [
        f"--{name}={_value(config[name])}"
        for name in dict.fromkeys(names)
        if name in config and not isinstance(config[name], dict)
    ]
    return command(interpreter, program, *flags)


def _value(value: Any) -> str:
    """As the client's agent writes it: Python's words for true, false and null."""
    return str(value) if value is None or isinstance(value, bool | list | float) else text_of(value)
