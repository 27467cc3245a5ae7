"""What only clients before 0.30 ask for; their own documents are tried by `make clients`."""

import json

from starlette.testclient import TestClient

from tests.protocol.conftest import Ask, log_version

ENVIRONMENT = {
    "os": "Linux",
    "python": "3.11",
    "executable": "/usr/bin/python",
    "args": ["--lr", "1"],
    "codePath": "train.py",
    "cpu_count": 4,
    "gpu": "A100",
    "gpu_count": 2,
    "git": {"remote": "https://example.invalid/x.git"},
}
MAKE = """mutation UpsertBucket($name: String, $config: JSONString) { upsertBucket(input: {
  name: $name, modelName: "p", config: $config, jobProgram: "train.py", commit: "abc" }) {
    bucket { id } } }"""
INFO = """{ project(name: "p") { run(name: "r") { runInfo { program args os python colab executable
  codeSaved cpuCount gpuCount gpu git { remote commit } } } } }"""


def test_where_a_run_ran_is_read_out_of_its_config(ask: Ask) -> None:
    ask(MAKE, name="r", config=json.dumps({"_wandb": {"value": {"e": {"w": ENVIRONMENT}}}}))
    assert ask(INFO)["project"]["run"]["runInfo"] == {
        "program": "train.py",
        "args": ["--lr", "1"],
        "os": "Linux",
        "python": "3.11",
        "colab": None,
        "executable": "/usr/bin/python",
        "codeSaved": True,
        "cpuCount": 4,
        "gpuCount": 2,
        "gpu": "A100",
        "git": {"remote": "https://example.invalid/x.git", "commit": "abc"},
    }


def test_where_a_run_ran_may_be_untold_or_of_another_form(ask: Ask) -> None:
    for config in ("{}", '{"_wandb": 1}', '{"_wandb": {"value": {"e": {"w": {"git": 1}}}}}'):
        ask(MAKE, name="r", config=config)
        assert ask(INFO)["project"]["run"]["runInfo"]["git"] == {"remote": None, "commit": "abc"}


def test_a_projects_runs_and_details_have_their_old_names(ask: Ask) -> None:
    ask(MAKE, name="r", config="{}")
    found = ask(
        """query ProjectRuns($m: String!) { model(name: $m) { repo dockerImage
      buckets(first: 10) { edges { node { name } } }
      bucket(name: "r") { files(names: ["x"]) { uploadHeaders edges { node { name } } } } } }""",
        m="p",
    )
    assert found["model"] == {
        "repo": None,
        "dockerImage": None,
        "buckets": {"edges": [{"node": {"name": "r"}}]},
        "bucket": {"files": {"uploadHeaders": [], "edges": []}},
    }


def test_an_artifact_type_is_made_and_a_version_found_by_it(ask: Ask, http: TestClient) -> None:
    made = ask("""mutation CreateArtifactType { createArtifactType(input: {
      entityName: "ann", projectName: "p", name: "data"}) { artifactType { id name } } }""")
    assert made["createArtifactType"]["artifactType"]["name"] == "data"
    version = log_version(ask, http, "set")
    document = """query GetArtifactFiles($type: String!) { project(name: "p") {
      artifactType(name: $type) { artifact(name: "set:v0") { id files { totalCount } } } } }"""
    found = ask(document, type="data")["project"]["artifactType"]["artifact"]
    assert found == {"id": version, "files": {"totalCount": 0}}
    assert ask(document, type="model") == {"project": {"artifactType": None}}
