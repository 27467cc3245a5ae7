"""The charts a script made with `wandb.plot` and the like, from its config; the page draws them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sweepd.domain.config import private_part
from sweepd.domain.runs import Run
from sweepd.domain.users import Caller
from sweepd.services.runs.notices import Notices
from sweepd.web import shapes

MAX_CHARTS = 100
MAX_LABELS = 1000
_BETWEEN = "_wandb_delimeter_"  # as the client spells it


def find(run: Run, notices: Notices, caller: Caller) -> list[dict[str, Any]]:
    """Each chart: its key, preset (`wandb/line/v0`), fields, strings, and the key of its table.

    A chart whose preset is not one of the client's own brings the Vega spec that was kept under
    that name (`ENTITY/NAME`) by `wandb.Api().create_custom_chart`, or None.
    """
    specs: dict[str, str | None] = {}
    found = [*_plots(run), *_visualized(run)][:MAX_CHARTS]
    for chart in found:
        preset = chart["preset"]
        if preset not in specs:
            specs[preset] = own_spec(preset, notices, caller)
        chart["spec"] = specs[preset]
    return found


def as_panels(run: Run) -> dict[str, dict[str, Any]]:
    """The charts of a run as panels of a view: by key, a config as the client writes it."""
    return {
        str(chart["key"]): {
            "panelDefId": chart["preset"],
            "fieldSettings": chart["fields"],
            "stringSettings": {"title": chart["key"], **chart["strings"]},
            "transform": {"name": "tableWithLeafColNames"},
            "userQuery": {"queryFields": [_query(chart["table"])]},
        }
        for chart in islice(_plots(run), MAX_CHARTS)
    }


def _query(table: str) -> dict[str, Any]:
    fields = [
        {"name": "id", "fields": []},
        {"name": "name", "fields": []},
        {
            "name": "summaryTable",
            "args": [{"name": "tableKey", "value": table}],
            "fields": [],
        },
    ]
    args = [{"name": "runSets", "value": "${runSets}"}, {"name": "limit", "value": 500}]
    return {"name": "runSets", "args": args, "fields": fields}


def _plots(run: Run) -> Iterator[dict[str, Any]]:
    """Charts of `wandb.plot` and `wandb.plot_table`."""
    for key, chart in _private(run, "visualize").items():
        panel = chart.get("panel_config") if isinstance(chart, dict) else None
        if isinstance(panel, dict):
            yield {
                "key": key,
                "preset": str(panel.get("panelDefId", "")),
                "fields": shapes.plain(panel.get("fieldSettings") or {}),
                "strings": shapes.plain(panel.get("stringSettings") or {}),
                "table": _table_key(panel.get("userQuery")) or f"{key}_table",
            }


def _visualized(run: Run) -> Iterator[dict[str, Any]]:
    """Charts of `wandb.visualize`, which `wandb.sklearn` makes: the table has the chart's key."""
    for key, chart in _private(run, "viz").items():
        if not isinstance(chart, dict):
            continue
        settings = chart.get("historyFieldSettings")
        table = settings.get("key") if isinstance(settings, dict) else None
        yield {
            "key": key,
            "preset": str(chart.get("id", "")),
            "fields": {},
            "strings": {},
            "table": str(table or key),
        }


def mask_labels(run: Run) -> dict[str, dict[str, dict[str, str]]]:
    """Names of the classes in images' masks and boxes: by media key, group, then class."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for kind in ("mask/class_labels", "bounding_box/class_labels"):
        for name, item in list(_private(run, kind).items())[:MAX_LABELS]:
            key, _, group = name.partition(_BETWEEN)
            labels = item.get("value") if isinstance(item, dict) else None
            if isinstance(labels, dict):
                named = {str(k): str(v)[:100] for k, v in list(labels.items())[:MAX_LABELS]}
                found.setdefault(key, {})[group] = named
    return found


def _private(run: Run, name: str) -> dict[str, Any]:
    """One of the client's own entries in a run's config; empty when it has none."""
    found = private_part(shapes.parse(run.config)).get(name)
    return found if isinstance(found, dict) else {}


def own_spec(preset: str, notices: Notices, caller: Caller) -> str | None:
    """The Vega spec kept under a name, `ENTITY/NAME`; None for the client's own and others."""
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
