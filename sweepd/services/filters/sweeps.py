"""Find sweeps: the client's Mongo-like filters over one project's sweeps."""

from collections.abc import Callable
from typing import Any

from sweepd.domain.errors import BadInput
from sweepd.domain.sweeps import Sweep
from sweepd.services.filters.mongo import compile_filter
from sweepd.services.filters.runs import ALIASES, iso


def compile_sweep_filter(filters: str | None) -> Callable[[Sweep], bool]:
    """Whether a sweep passes a filter.

    Raises:
        BadInput: As `select`.
    """
    return compile_filter(filters, _sweep_reader)


def _sweep_reader(path: str) -> Callable[[Sweep], Any]:
    fields: dict[str, Callable[[Sweep], Any]] = {
        "name": lambda sweep: sweep.sweep_id,
        "id": lambda sweep: sweep.sweep_id,
        "display_name": lambda sweep: sweep.display_name,
        "state": lambda sweep: str(sweep.state),
        "method": lambda sweep: sweep.method,
        "username": lambda sweep: sweep.user_name,
        "description": lambda sweep: sweep.description,
        "created_at": lambda sweep: iso(sweep.created_at),
        "updated_at": lambda sweep: iso(sweep.updated_at),
    }
    name = ALIASES.get(path, path)
    if name not in fields:
        raise BadInput(f"sweeps have no {path!r}; filter by {', '.join(fields)}")
    return fields[name]
