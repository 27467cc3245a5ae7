"""A sweep file changed as its author would: one value, the rest of the text as it stands."""

import yaml

from sweepd.domain.errors import BadInput
from sweepd.services.sweeps import specs


def with_run_cap(text: str, run_cap: int | None) -> str:
    """A sweep file's text with another `run_cap`; None says that there is none.

    Comments, order and layout stay, of files in flow style too: the parser's marks tell where the
    value stands.

    Raises:
        BadInput: No run cap, or a text in which it cannot be set.
    """
    if run_cap is not None and run_cap < 1:
        raise BadInput(f"run_cap is a whole number from 1; got {run_cap}")
    wanted = specs.read_yaml(text) | {"run_cap": run_cap}
    changed = _set_first(text, "run_cap", "null" if run_cap is None else str(run_cap))
    if changed is None or specs.read_yaml(changed) != wanted:
        raise BadInput("run_cap cannot be set in this sweep file; change it in the file's text")
    return changed


def _set_first(text: str, key: str, value: str) -> str | None:
    """The text with a top-level key's value replaced, or put before the first key."""
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or not root.value:
        return None
    for name, old in root.value:
        if name.value == key:
            start, end = old.start_mark.index, old.end_mark.index
            gap = "" if start == end and text[start - 1 : start].isspace() else " "
            return text[:start] + (gap if start == end else "") + value + text[end:]
    first = root.value[0][0].start_mark
    after = ", " if root.flow_style else "\n" + " " * first.column
    return f"{text[: first.index]}{key}: {value}{after}{text[first.index :]}"
