"""What `define_metric` said, from a run's config."""

from sweepd.domain.config import private_part
from sweepd.domain.runs import Run
from sweepd.web import shapes

_NAME, _GLOB, _STEP = "1", "2", "5"  # of a metric definition; the last counts in the list from 1


def step_metrics(run: Run) -> dict[str, str]:
    """Which key each is drawn over, as the run's script said; names may end in `*`."""
    listed = private_part(shapes.parse(run.config)).get("m")
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        return {}
    names = [str(item.get(_NAME) or item.get(_GLOB) or "") for item in listed]
    return {
        name: names[place - 1]
        for name, item in zip(names, listed, strict=True)
        if isinstance(place := item.get(_STEP), int) and 0 < place <= len(names)
    }
