"""Whatever type an upload claims, it is sent as what cannot run on the server's origin."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.protocol.conftest import KEY, authorization
from tests.protocol.test_access_addresses import sign_in

FILES = """mutation F($f: [String!]!) { createRunFiles(input: {entityName: "ann",
  projectName: "p", runName: "r", files: $f}) { files { uploadUrl } } }"""
READ = """{ project(entityName: "ann", name: "p") { run(name: "r") { files { edges { node {
  name directUrl } } } } } }"""
RUN = """mutation { upsertBucket(input: {entityName: "ann", modelName: "p", name: "r"}) {
  bucket { id } } }"""
CLAIMED = {
    "a.js": "text/javascript",
    "b.js": "application/javascript; charset=utf-8",
    "c.mjs": "",
    "d.html": "text/html",
    "e.svg": "image/svg+xml",
    "f.css": "text/css",
    "g.xml": "text/xml",
    "h.txt": "text/plain",
    "i.json": "application/json",
    "j.wasm": "application/wasm",
    "k.js": "text/plain; x=text/javascript",
    "l.png": "image/png",
    "m": "TEXT/JAVASCRIPT",
    "n.webmanifest": "application/manifest+json",
    "o.js": "text/ecmascript",
    "p.pdf": "",
}
CAN_BE_SHOWN = {"text/plain", "application/json", "image/png"}


@pytest.mark.slow
def test_no_upload_runs(http: TestClient, ask: Any) -> None:
    ask(RUN)
    made = ask(FILES, f=list(CLAIMED))["createRunFiles"]["files"]
    for (name, kind), file in zip(CLAIMED.items(), made, strict=True):
        path = "/" + file["uploadUrl"].split("/", 3)[3]
        sent = http.put(path, content=b"alert(1)", headers={"Content-Type": kind} if kind else {})
        assert sent.status_code == 200, name
    edges = ask(READ)["project"]["run"]["files"]["edges"]
    addresses = ["/" + edge["node"]["directUrl"].split("/", 3)[3] for edge in edges]
    addresses += [f"/-/runs/ann/p/r/files/{name}" for name in CLAIMED]
    assert len(addresses) == 2 * len(CLAIMED)
    sign_in(http, KEY)
    for address in addresses:
        answer = http.get(address, headers=authorization(KEY))
        assert (answer.status_code, answer.content) == (200, b"alert(1)"), address
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in {*CAN_BE_SHOWN, "application/octet-stream"}, address
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        if kind == "application/octet-stream":
            assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("query", ["frame", "frame=open"])
def test_a_page_in_its_frame_has_no_origin(http: TestClient, ask: Any, query: str) -> None:
    ask(RUN)
    [made] = ask(FILES, f=["page.html"])["createRunFiles"]["files"]
    http.put("/" + made["uploadUrl"].split("/", 3)[3], content=b"<script>alert(1)</script>")
    sign_in(http, KEY)
    answer = http.get(f"/-/runs/ann/p/r/files/page.html?{query}")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy and "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
