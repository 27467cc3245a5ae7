"""A server behind proxies, and several servers behind one, as clients and browsers meet them."""

import base64
import json
from urllib.request import Request, urlopen

import pytest

from tests.conftest import RunningServer

pytestmark = pytest.mark.e2e

UPSERT = """mutation { upsertBucket(input: {name: "forwarded", modelName: "p", config: "{}"}) {
  bucket { id } } }"""
UPLOAD = """mutation C($e: String!) { createRunFiles(input: {entityName: $e, projectName: "p",
  runName: "forwarded", files: ["a.txt"]}) { files { uploadUrl } } }"""


def test_addresses_follow_what_the_proxy_on_this_machine_says(shared_live: RunningServer) -> None:
    """A proxy that speaks TLS passes `Host` on and says how it was reached."""
    shared_live.client.query(UPSERT)
    entity = shared_live.client.query("{ viewer { entity } }")["viewer"]["entity"]
    key = base64.b64encode(f"api:{shared_live.key}".encode()).decode()
    request = Request(
        f"{shared_live.url}/graphql",
        data=json.dumps({"query": UPLOAD, "variables": {"e": entity}}).encode(),
        headers={"Authorization": f"Basic {key}", "Host": "sweeps.example.org",
                 "X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example.org"},
    )  # fmt: skip
    with urlopen(request, timeout=20) as answer:
        [file] = json.load(answer)["data"]["createRunFiles"]["files"]
    assert file["uploadUrl"].startswith("https://sweeps.example.org/-/blobs/")
