"""What the stock API reads of a project, as JSON: without addresses, keys and who made it."""

import json
import sys
from pathlib import Path

import wandb

PATH = sys.argv[1]
api = wandb.Api()


def bare(artifact):
    return artifact.name


def run_seen(run):
    return {
        "words": [run.name, run.state, run.tags, run.notes, run.group, run.job_type],
        "config": run.config,
        "summary": {k: v for k, v in run.summary.items() if k != "_wandb"},
        "created": run.created_at,
        "sweep": run.sweep and run.sweep.id,
        "rows": list(run.scan_history()),
        "sampled": len(run.history(pandas=False)),
        "events": len(run.history(stream="events", pandas=False)),
        "files": {f.name: [f.size, f.md5] for f in run.files()},
        "console": [line.text for line in run.logs()] if hasattr(run, "logs") else None,
        "logged": sorted(map(bare, run.logged_artifacts())),
        "used": sorted(map(bare, run.used_artifacts())),
    }


def version_seen(version):
    place = Path(version.download(f"down/{version.name.replace(':', '-')}"))
    by = version.logged_by()
    return {
        "words": [version.type, version.metadata, version.digest, version.created_at],
        "aliases": sorted(version.aliases),
        "by": by and by.id,
        "used": sorted(run.id for run in version.used_by()),
        "bytes": {p.name: p.read_text() for p in place.rglob("*") if p.is_file()},
    }


def sweep_seen(sweep):
    best = sweep.best_run()
    return {"config": sweep.config, "runs": sorted(r.id for r in sweep.runs), "best": best.id}


def report_seen(report):
    """Its sets of runs are of the project it is in."""
    spec = json.dumps(report.spec)
    assert json.dumps({"name": PATH.split("/")[1]})[1:-1] in spec, spec
    return [report.display_name, report.created_at, spec.replace(PATH.split("/")[1], "this")]


sweeps = {sweep.id: sweep_seen(sweep) for sweep in api.project(PATH.split("/")[1]).sweeps()}
types = api.artifact_types(PATH)
found = {
    "runs": {run.id: run_seen(run) for run in api.runs(PATH, order="+created_at")},
    "sweeps": sweeps,
    "reports": [report_seen(report) for report in api.reports(PATH)],
    "versions": {
        version.name: version_seen(version)
        for kind in types
        for home in kind.collections()
        for version in home.artifacts()
    },
}
print(json.dumps(found, sort_keys=True, default=dict))
