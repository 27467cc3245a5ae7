"""What `wandb.Api()` reads and changes of the runs that runs_script.py made: a function a matter.

Run as a script it prints `{"step": …, "error": …}` for each; tests/e2e/test_runs.py asks for them
one by one.
"""

import json
import math
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wandb
from wandb.apis.public import Run

P = "runs"
BEGAN: dict[str, Any] = {}  # what runs_script.py said


def rows(run_id: str, **words: Any) -> list[dict[str, Any]]:
    return list(wandb.Api().run(f"{P}/{run_id}").scan_history(**words))


def of(run_id: str) -> Any:
    return wandb.Api().run(f"{P}/{run_id}")


def resume_follows_each_mode() -> None:
    assert "does not exist" in BEGAN["must_missing"]
    assert [BEGAN[k] for k in ("allow_new", "allow_again", "must_again")] == ["ok"] * 3
    assert "already exists" in BEGAN["never_again"]
    assert [row["_step"] for row in rows("resumed")] == [0, 1, 2]
    assert BEGAN["same_id_again"] == ["ok", "ok"]
    assert [row["_step"] for row in rows("overwritten")] == [0]
    assert of("auto1").state == "finished"


def fork_shows_its_parents_history_first() -> None:
    assert [row["loss"] for row in rows("fork")] == [0, 1, 2, 3, 4, 100, 101, 102]
    assert [row["loss"] for row in rows("forkfork")] == [0, 1, 2, 3, 4, 100, 101, 1000]
    assert [row["loss"] for row in rows("fork", min_step=3, max_step=6)] == [3, 4, 100]
    assert [row["loss"] for row in rows("fork", keys=["loss"])] == [0, 1, 2, 3, 4, 100, 101, 102]
    fork = of("fork")
    assert fork.lastHistoryStep == 7
    assert len(fork.history(pandas=False)) == 8
    assert [row["loss"] for row in fork.history(keys=["loss"], pandas=False)][4:6] == [4, 100]
    assert [row["loss"] for row in rows("parent")] == list(range(10))


def rewinding_cuts_the_history() -> None:
    assert [row["loss"] for row in rows("rewound")] == [0, 1, 2, 3, 4, 5, 6, -1]


def fork_keeps_what_its_parent_lost() -> None:
    assert [row["q"] for row in rows("mother")] == [0, 1, -1]
    assert [row["q"] for row in rows("child")] == [0, 1, 2, 3, 100, 101]
    child = of("child")
    assert (child.lastHistoryStep, child.historyLineCount) == (5, 6)
    assert "cannot be forked from nobody" in BEGAN["fork_of_none"]


def killed_stopped_and_deleted_runs_can_be_begun_again() -> None:
    assert [row["n"] for row in rows("killed")] == ["again"]
    assert (BEGAN["stopped"], of("stopped").state) == ("killed", "finished")
    assert rows("stopped")[-1]["n"] == "resumed"
    assert wandb.Api().runs(P, filters={"name": "deleted"})[:1] == []


def shared_run_holds_every_writers_lines() -> None:
    found = rows("shared")
    assert sorted(row["from_a"] for row in found if "from_a" in row) == [0, 1, 2]
    assert sorted(row["from_b"] for row in found if "from_b" in row) == [0, 1, 2]
    assert [row["_step"] for row in found] == list(range(6))
    run = of("shared")
    assert {line.label for line in run.console_logs()} == {"a", "b"}
    assert (run.config["a"], run.config["b"]) == (1, 1)
    assert (dict(run.summary["from_a"]), run.summary["from_b"]) == ({"min": 0}, 2)
    assert (run.state, run.summary["_step"]) == ("finished", 5)
    bars = sorted(line.content for line in run.console_logs() if "bar of" in line.content)
    assert bars == ["bar of a 4", "bar of b 4"]
    assert [item.get("1") for item in run.rawconfig["_wandb"]["m"]] == ["from_a"]


def runs_of_one_process_stay_apart() -> None:
    assert [row["a"] for row in rows("reinit1")] == [1]
    assert [row["a"] for row in rows("reinit2")] == [2]


def exit_codes_and_silence_make_states() -> None:
    states = {n: of(n).state for n in ("code3", "code7", "raised", "preempting", "parent", "gone")}
    assert states == {
        "code3": "failed",
        "code7": "failed",
        "raised": "failed",
        "preempting": "preempted",
        "parent": "finished",
        "gone": "running",
    }


def words_about_a_run_are_kept() -> None:
    run = of("rich")
    assert (run.name, run.group, run.job_type) == ("ünï name", "g1", "train")
    assert sorted(run.tags) == ["a b", "ü"]
    assert run.notes == "notes\n**bold**"
    assert run.config == {"lr": 0.1, "netz": {"tiefe": 3, "größe": [1, 2]}, "none": None}


def metric_definitions_shape_the_summary() -> None:
    run = of("rich")
    assert dict(run.summary["val/acc"]) == {"max": 0.4}
    assert dict(run.summary["best"]) == {"min": 1, "max": 5, "mean": 3}
    defined = run.rawconfig["_wandb"]["m"]
    assert {"epoch", "best"} <= {item.get("1") for item in defined}
    assert "val/*" in {item.get("2") for item in defined}


def keys_and_values_of_every_kind_come_back() -> None:
    run = of("rich")
    assert rows("rich", keys=["nested.tief.größe"])[0]["nested.tief.größe"] == 7
    assert rows("rich", keys=["日本", "mit.punkt", "a b/c"])[0]["日本"] == 2
    [odd] = [row for row in rows("rich") if "odd" in row]
    assert math.isnan(float(odd["odd"])) and float(odd["inf"]) == math.inf
    assert odd["big"] == 2**53 - 1 and odd["no"] is None
    assert math.isnan(float(run.summary["odd"]))
    assert run.summary["by hand"]["deep"] == 1


def media_and_tables_are_stored() -> None:
    run = of("rich")
    names = {file.name for file in run.files()}
    kinds = {
        "image": "image-file",
        "images": "images/separated",
        "audio": "audio-file",
        "video": "video-file",
        "cloud": "object3D-file",
        "html": "html-file",
        "table": "table-file",
        "histogram": "histogram",
        "growing": "incremental-table-file",
    }
    for key, kind in kinds.items():
        item = run.summary[key]
        assert item["_type"] == kind, (key, item)
        for path in [item["path"]] if "path" in item else item.get("filenames", []):
            assert path in names, path
    table = json.loads(run.file(run.summary["table"]["path"]).download("t", replace=True).read())
    assert table["data"][3] == [3, "ééé"]
    assert run.file(run.summary["audio"]["path"]).size == 1644
    assert len([a for a in run.logged_artifacts() if "growing" in a.name]) == 3


def charts_are_described_in_the_config() -> None:
    shown = of("rich").rawconfig["_wandb"]["visualize"]
    assert set(shown) == {
        "line",
        "scatter",
        "bar",
        "hist",
        "series",
        "roc",
        "pr",
        "confusion",
        "own",
    }
    assert shown["line"]["panel_config"]["panelDefId"] == "wandb/line/v0"
    assert shown["own"]["panel_config"]["panelDefId"] == BEGAN["chart"]


def code_git_and_requirements_are_saved() -> None:
    run = of("rich")
    names = {file.name for file in run.files()}
    assert {"requirements.txt", "wandb-metadata.json", "config.yaml", "diff.patch"} <= names
    assert run.metadata["git"]["commit"] == run.commit
    patch = run.file("diff.patch").download("d", replace=True).read()
    assert "-before" in patch and "+after" in patch
    [code] = [a for a in run.logged_artifacts() if a.type == "code"]
    assert "code.py" in code.manifest.entries


def console_keeps_the_last_state_of_each_line() -> None:
    lines = [(line.level, line.content) for line in of("rich").console_logs()]
    assert ("", "plain line") in lines
    assert ("error", "\x1b[31mred\x1b[0m ünï") in lines
    assert [text for _, text in lines if "progress" in text] == ["progress 100 %"]
    assert "progress 100 %" in of("rich").file("output.log").download("o", replace=True).read()
    assert [line.content for line in of("plain").console_logs()] == ["wrapped line"]


def system_metrics_are_read_back() -> None:
    run = of("rich")
    assert any(key.startswith("system.") for key in run.system_metrics)
    assert len(run.history(stream="system", pandas=False)) >= 2


def long_history_is_sampled_with_its_extremes_and_scanned_whole() -> None:
    run = of("long")
    sampled = run.history(keys=["v"], samples=200, pandas=False)
    assert 100 <= len(sampled) <= 200 and max(row["v"] for row in sampled) == 1e6
    assert len(run.history(samples=300, pandas=False)) <= 300
    assert run.lastHistoryStep == 99_999
    found = list(run.scan_history(page_size=10_000))
    assert len(found) == 100_000 and [found[i]["_step"] for i in (0, 50_000)] == [0, 50_000]
    assert [r["_step"] for r in run.scan_history(["v"], min_step=77_777, max_step=77_779)] == [
        77_777,
        77_778,
    ]


def wide_rows_are_whole() -> None:
    run = of("wide")
    assert run.summary["key/9999"] == 9999
    assert len(run.history(pandas=False)[0]) >= 10_000
    assert len(run.history_keys["keys"]) >= 10_000


def runs_are_filtered_ordered_and_paged() -> None:
    api = wandb.Api()

    def ids(where: dict[str, Any], order: str = "+created_at", **words: Any) -> list[str]:
        return [run.id for run in api.runs(P, filters=where, order=order, **words)]

    everything = ids({}, per_page=3)
    assert len(everything) == len(set(everything)) == len(api.runs(P)) and "rich" in everything
    assert ids({}, "-created_at") == everything[::-1]
    assert ids({"group": "g1"}) == ids({"display_name": {"$regex": "^ünï"}}) == ["rich"]
    assert ids({"$and": [{"jobType": "train"}, {"config.netz.tiefe": {"$gte": 3}}]}) == ["rich"]
    assert ids({"tags": {"$in": ["ü"]}, "state": {"$ne": "failed"}}) == ["rich"]
    assert ids({"config.lr": {"$exists": True}}, "+config.lr.value") == ["rich", "parent"]
    assert sorted(ids({"$or": [{"name": "wide"}, {"name": "long"}]})) == ["long", "wide"]
    by_loss = ids({"summary_metrics.loss": {"$exists": True}}, "-summary_metrics.loss")
    assert by_loss == ["forkfork", "fork", "parent", "rewound"]
    assert ids({"createdAt": {"$lt": "2020-01-01T00:00:00Z"}}) == []
    assert ids({"username": api.viewer.username, "name": {"$nin": everything[1:]}}) == [
        everything[0]
    ]
    full = api.runs(P, filters={"name": "rich"}, lazy=False)
    assert full[0].config["lr"] == 0.1
    history = api.runs(P, filters={"name": {"$in": ["fork", "parent"]}}).histories(keys=["loss"])
    assert len(history) == 18
    try:
        ids({"name": {"$regex": "(?=a)"}})
        raise AssertionError("a look-ahead is no RE2")
    except Exception as error:
        assert "no regular expression" in str(error), error


def runs_are_changed_and_deleted() -> None:
    run = of("plain")
    run.config["new"], run.tags, run.notes, run.name = 5, ["x"], "n", "other"
    run.group, run.job_type = "g", "j"
    run.update()
    run.summary["later"] = 7
    run.summary.update()
    again = of("plain")
    assert (again.config["new"], again.tags, again.notes, again.name) == (5, ["x"], "n", "other")
    assert (again.group, again.job_type, again.summary["later"]) == ("g", "j", 7)
    Path("up.txt").write_text("up")
    again.upload_file("up.txt")
    assert [file.name for file in again.files(pattern="up%")] == ["up.txt"]
    again.file("up.txt").delete()
    assert list(of("plain").files(["up.txt"])) == []
    made = wandb.Api().create_run(run_id="made", project=P)
    assert (made.id, of("made").state) == ("made", "running")
    pending = Run.create(wandb.Api(), run_id="later", project=P, state="pending")
    assert of("later").state == "pending"
    pending.update_state("failed")
    assert of("later").state == "failed"
    of("made").delete()
    assert wandb.Api().runs(P, filters={"name": "made"})[:1] == []


def projects_users_and_teams() -> None:
    api = wandb.Api()
    api.create_project("fresh", api.default_entity)
    assert {"fresh", P} <= {project.name for project in api.projects()}
    assert api.project("fresh").entity == api.default_entity
    assert api.user(api.viewer.username).username == api.viewer.username
    key = api.viewer.generate_api_key("for a test")
    assert key and wandb.Api(api_key=key).viewer.username == api.viewer.username
    made = api.create_user("eve@example.com")
    assert made.username == "eve" and api.user("eve@example.com").username == "eve"
    team = api.create_team("crew")
    assert team.invite("eve") is True and team.invite("eve") is False
    assert team.invite("nobody") is False
    service = team.create_service_account("CI robot")
    assert service.name == "crew-ci-robot" and service.account_type == "SERVICE"
    robot = wandb.Api(api_key=service.apiKey)
    assert robot.default_entity == "crew"
    assert api.team("crew").members[-1].apiKey is None
    member = next(m for m in api.team("crew").members if m.name == "eve")
    assert member.delete() is True
    crew = api.team("crew")
    assert {m.name for m in crew.members} == {api.viewer.username, "crew-ci-robot"}
    assert crew.storage_bytes == 0 and api.team(api.default_entity).storage_bytes > 1000


def what_is_refused_says_why() -> None:
    api = wandb.Api()
    entity = api.default_entity

    def said(call: Callable[[], Any]) -> str:
        try:
            return f"answered with {call()!r}"
        except Exception as error:
            return str(error)

    assert "sweepd has no launch queues" in said(lambda: api.run_queue(entity, "q").id)
    assert "sweepd has no launch queues" in said(
        lambda: api.create_run_queue("q", "kubernetes", entity)
    )
    assert list(api.automations(entity)) == list(api.integrations()) == []
    api.create_project("reportless", entity)
    assert list(api.reports(f"{entity}/reportless")) == []


STEPS: list[Callable[[], None]] = [
    resume_follows_each_mode,
    fork_shows_its_parents_history_first,
    fork_keeps_what_its_parent_lost,
    rewinding_cuts_the_history,
    killed_stopped_and_deleted_runs_can_be_begun_again,
    shared_run_holds_every_writers_lines,
    runs_of_one_process_stay_apart,
    exit_codes_and_silence_make_states,
    words_about_a_run_are_kept,
    metric_definitions_shape_the_summary,
    keys_and_values_of_every_kind_come_back,
    media_and_tables_are_stored,
    charts_are_described_in_the_config,
    code_git_and_requirements_are_saved,
    console_keeps_the_last_state_of_each_line,
    system_metrics_are_read_back,
    long_history_is_sampled_with_its_extremes_and_scanned_whole,
    wide_rows_are_whole,
    runs_are_filtered_ordered_and_paged,
    runs_are_changed_and_deleted,
    projects_users_and_teams,
    what_is_refused_says_why,
]

if __name__ == "__main__":
    BEGAN.update(json.loads(Path(sys.argv[1]).read_text()))
    for step in STEPS:
        error = None
        try:
            step()
        except Exception:
            error = traceback.format_exc()
        print("\n" + json.dumps({"step": step.__name__, "error": error}), flush=True)
