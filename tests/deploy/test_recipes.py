"""The recipes in deploy/, as far as they can be tried where nothing of an engine is installed."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sweepd.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
SETTINGS = {f"SWEEPD_{item.name.upper()}" for item in fields(Settings)}
MANIFESTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OF_COMPOSE = {"SWEEPD_PORTS", "SWEEPD_DATABASE_PASSWORD"}  # variables of the recipe alone


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_setting_a_recipe_names_is_one(path: Path) -> None:
    named = set(re.findall(r"\bSWEEPD_[A-Z_]+", path.read_text()))
    assert named <= SETTINGS | OF_COMPOSE


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_can_be_read_by_its_shell(path: Path) -> None:
    shell = path.read_text().partition("\n")[0].removeprefix("#!")
    subprocess.run([shell, "-n", path], check=True)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
def test_manifests_are_as_kubernetes_publishes_them(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def _of_kind(kind: str) -> dict[str, Any]:
    [found] = [manifest for manifest in MANIFESTS if manifest["kind"] == kind]
    return dict(found)


def test_parts_of_the_manifest_find_each_other() -> None:
    """Schemas do not see a service that selects nothing, or a port that has no name."""
    deployment, service = _of_kind("Deployment"), _of_kind("Service")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert (
        _of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"].items() <= labels.items()
    )
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    [port], [outer] = container["ports"], service["spec"]["ports"]
    assert outer["targetPort"] == port["name"]
    [rule] = _of_kind("Ingress")["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": service["metadata"]["name"], "port": {"name": outer["name"]}}
    volumes = {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_an_agent_of_kubernetes_has_the_time_its_script_is_given() -> None:
    pod = _of_kind("Job")["spec"]["template"]["spec"]
    [agent] = pod["containers"]
    grace_s = int(agent["command"][agent["command"].index("--term-timeout") + 1])
    assert pod["terminationGracePeriodSeconds"] > grace_s


def test_servers_of_a_recipe_fit_into_postgresqls_hundred_connections() -> None:
    deployment = _of_kind("Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    named = {item["name"]: item.get("value") for item in container["env"]}
    # a rolling update has one more of them for a while
    assert (deployment["spec"]["replicas"] + 1) * int(named["SWEEPD_DATABASE_CONNECTIONS"]) <= 97
    assert 3 * Settings().database_connections <= 97


def test_composes_server_can_write_all_it_writes() -> None:
    """It installed from a folder that was read-only, which building needs to write."""
    server = COMPOSE["services"]["sweepd"]
    mounts = dict(volume.split(":")[:2] for volume in server["volumes"])
    read_only = {volume.split(":")[1] for volume in server["volumes"] if volume.endswith(":ro")}
    assert set(mounts) - set(COMPOSE["volumes"]) == {"../dist"} and read_only == {"/dist"}
    assert {"/data", server["environment"]["SWEEPD_FILES"]}.isdisjoint(read_only)
    shell, flag, script, _ = server["entrypoint"]
    script = script.replace("$$", "$")
    subprocess.run([shell, "-n", flag, script], check=True)
    assert "/dist/sweepd-*.whl" in script
    healthcheck = server["healthcheck"]["test"]
    compile(healthcheck[-1], "healthcheck", "exec")
    assert "/readyz" in healthcheck[-1]


def test_the_unit_of_systemd_is_exposed_little() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    unit = DEPLOY / "sweepd.service"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    done = subprocess.run([*command, unit], capture_output=True, text=True, check=False)
    found = re.search(r"exposure level for sweepd.service: ([\d.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= 3.0
