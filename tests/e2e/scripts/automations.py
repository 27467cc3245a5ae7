"""Every kind of event and action with the stock client; says what it saw as JSON lines."""

import json
import os
import sys

import wandb
from wandb.automations import (
    ArtifactEvent,
    DoNothing,
    OnAddArtifactAlias,
    OnAddArtifactTag,
    OnAddCollectionTag,
    OnCreateArtifact,
    OnLinkArtifact,
    OnRemoveArtifactTag,
    OnRemoveCollectionTag,
    OnRunMetric,
    OnRunState,
    OnUnlinkArtifact,
    RunEvent,
    SendNotification,
    SendWebhook,
)

project_name = sys.argv[1]
api = wandb.Api()
entity = api.default_entity

with wandb.init(project=project_name, name="first") as run:
    model = wandb.Artifact("net", type="model", metadata={"size": 3})
    with model.new_file("w") as file:
        file.write("1")
    run.log_artifact(model).wait()

project = api.project(project_name, entity)
collection = api.artifact_collection("model", f"{entity}/{project_name}/net")
hook = next(iter(api.webhook_integrations(entity=entity)))
send = SendWebhook.from_integration(
    hook, payload={"event": "${event_type}", "run": "${run_name}", "of": {"v": "${alias}"}}
)
metric, state = RunEvent.metric, RunEvent.state
events = {
    "threshold": OnRunMetric(scope=project, filter=metric("loss").avg(2).lt(0.5)),
    "named": OnRunMetric(
        scope=project, filter=(metric("loss") < 0.5) & (RunEvent.name == "no such run")
    ),
    "change": OnRunMetric(scope=project, filter=metric("acc").increases_by(diff=0.3)),
    "relative": OnRunMetric(scope=project, filter=metric("acc").max(2).changes_by(frac=5)),
    "state": OnRunState(scope=project, filter=(state == "finished") & (RunEvent.name == "told")),
    "created": OnCreateArtifact(scope=collection),
    "linked": OnLinkArtifact(scope=project, filter=ArtifactEvent.alias.eq("prod")),
    "not linked": OnLinkArtifact(scope=project, filter=ArtifactEvent.alias.eq("test")),
    "alias": OnAddArtifactAlias(scope=project, filter=ArtifactEvent.alias.matches_regex("^be")),
}
NEW = {
    "zscore": lambda: OnRunMetric(scope=project, filter=abs(metric("acc").zscore(3)) > 2),
    "tag": lambda: OnAddArtifactTag(scope=project, filter=ArtifactEvent.tag.eq("good")),
    "no tag": lambda: OnRemoveArtifactTag(scope=project),
    "unlinked": lambda: OnUnlinkArtifact(scope=project),
    "collection tag": lambda: OnAddCollectionTag(scope=project),
    "no collection tag": lambda: OnRemoveCollectionTag(scope=project),
}
is_new = os.environ.get("FLAGS") != "down"
if is_new:
    events |= {name: make() for name, make in NEW.items()}
else:
    try:
        api.create_automation(NEW["tag"]() >> send, name=f"{project_name} refused")
    except Exception as error:
        print("refused", type(error).__name__)
made = {}
for name, event in events.items():
    made[name] = api.create_automation(event >> send, name=f"{project_name} {name}")
    assert made[name].event.event_type == event.event_type
    assert made[name].scope.id == event.scope.id, name
    assert made[name].action.integration.id == hook.id

if is_new:
    team = api.create_automation(
        OnRunState(scope=project, filter=state == "failed") >> DoNothing(),
        name=f"{project_name} nothing",
        description="of no use",
    )
    try:
        api.create_automation(events["state"] >> send, name=team.name)
    except wandb.errors.CommError as error:
        assert "exists" in str(error)
    else:
        raise AssertionError("two of one name")
    same = api.create_automation(events["state"] >> send, name=team.name, fetch_existing=True)
    assert (same.id, same.description) == (team.id, "of no use")
    team.enabled = False
    team = api.update_automation(team, description="changed")
    assert (team.enabled, team.description) == (False, "changed")
    team = api.update_automation(team, action=send)
    assert team.action.request_payload["event"] == "${event_type}"
    for chat in api.slack_integrations(entity=entity):
        said = SendNotification.from_integration(chat, title="Look", text="here", level="WARN")
        told = api.update_automation(team, action=said)
        assert (told.action.title, told.action.severity) == ("Look", "WARN")
    assert api.delete_automation(team)

listed = {item.name: item for item in api.automations(entity=entity)}
everywhere = {item.name for item in api.automations()}
for name, item in made.items():
    assert listed[item.name].event == item.event, name
    assert item.name in everywhere
    found = api.automation(name=item.name, entity=entity)
    assert found.id == item.id
    again = api.update_automation(found)  # what was read is written back as it was
    assert again.event == item.event and again.action == item.action, name

with wandb.init(project=project_name, name="told") as run:
    for step in range(8):
        run.log({"loss": 1 - step / 8, "acc": (0.1 if step < 5 else 0.9) + step / 1000})
    other = wandb.Artifact("net", type="model")
    with other.new_file("w") as file:
        file.write("2")
    other = run.log_artifact(other, aliases=["better"]).wait()
    run.link_artifact(other, f"{entity}/{project_name}/reads", aliases=["prod"])
if is_new:
    version = api.artifact(f"{entity}/{project_name}/net:v1")
    version.tags = [*version.tags, "good"]
    version.save()
    version.tags = []
    version.save()
    collection = api.artifact_collection("model", f"{entity}/{project_name}/net")
    collection.tags = ["kept"]
    collection.save()
    collection.tags = []
    collection.save()
    api.artifact(f"{entity}/{project_name}/reads:v0").unlink()
print("made", json.dumps(sorted(made)))
print("done")
