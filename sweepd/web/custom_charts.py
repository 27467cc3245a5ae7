"""The charts a script made with `wandb.plot`: found in the run's config, drawn by the page."""

from typing import Any

from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.notices import Notices
from sweepd.web import shapes

MAX_CHARTS = 100


def find(run: Run, notices: Notices, caller: Caller) -> list[dict[str, Any]]:
    """Each chart: its key, preset (`wandb/line/v0`), fields, strings, and the key of its table.

    A chart whose preset is not one of the client's own brings the Vega spec that was kept under
    that name (`ENTITY/NAME`) by `wandb.Api().create_custom_chart`, or None.
    """
    specs: dict[str, str | None] = {}
    private = shapes.parse(run.config).get("_wandb")
    value = private.get("value") if isinstance(private, dict) else None
    charts = value.get("visualize") if isinstance(value, dict) else None
    if not isinstance(charts, dict):
        return []
    found = []
    for key, chart in list(charts.items())[:MAX_CHARTS]:
        panel = chart.get("panel_config") if isinstance(chart, dict) else None
        if not isinstance(panel, dict):
            continue
        preset = str(panel.get("panelDefId", ""))
        if preset not in specs:
            specs[preset] = _own_spec(preset, notices, caller)
        found.append({
            "key": key, "preset": preset, "spec": specs[preset],
            "fields": shapes.plain(panel.get("fieldSettings") or {}),
            "strings": shapes.plain(panel.get("stringSettings") or {}),
            "table": _table_key(panel.get("userQuery")) or f"{key}_table",
        })  # fmt: skip
    return found


def _own_spec(preset: str, notices: Notices, caller: Caller) -> str | None:
    entity, slash, name = preset.partition("/")
    if not slash or entity == "wandb":
        return None
    return notices.find_chart(caller, entity, name)


def _table_key(query: Any, depth: int = 0) -> str | None:
    """`tableKey` wherever it stands in the query."""
    if depth > 12:
        return None
    if isinstance(query, dict):
        own = query.get("tableKey")
        if isinstance(own, str):
            return own
        if query.get("name") == "tableKey" and isinstance(query.get("value"), str):
            return str(query["value"])
    children = query.values() if isinstance(query, dict) else query
    for child in children if isinstance(query, dict | list) else ():
        if (found := _table_key(child, depth + 1)) is not None:
            return found
    return None
