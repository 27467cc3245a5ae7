"""Requests of every class: GraphQL, file streams, signed addresses, pages and their actions."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.routing import Mount, Route

from sweepd.wandb_api.graphql.engine import build_schema
from sweepd.web import routes as web_routes
from tests.fuzz import values
from tests.fuzz.documents import Documents
from tests.fuzz.sweeps import Sweeps
from tests.protocol.anything import World
from tests.protocol.conftest import KEY, authorization

STREAMS = ("wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log", "x")
ACTIONS = (
    "pause",
    "resume",
    "stop",
    "cancel",
    "delete",
    "undelete",
    "rename",
    "tag",
    "note",
    "retry",
    "enqueue",
    "edit",
    "cap",
    "create",
    "revoke",
    "key",
    "add_user",
    "nope",
)
MAKE_FILE = """mutation F { createRunFiles(input: {entityName: "ann", projectName: "p",
  runName: "r", files: ["a.txt"]}) { files { uploadUrl } } }"""
MAKE_VERSION = """mutation C { createArtifact(input: {entityName: "ann", projectName: "p",
  artifactTypeName: "data", artifactCollectionName: "set", digest: "fuzzed"}) {
  artifact { id } } }"""
MAKE_MANIFEST = """mutation M($id: ID!) { createArtifactManifest(input: {artifactID: $id, name: "m",
  digest: "", entityName: "ann", projectName: "p", runName: "r"}) {
  artifactManifest { file { uploadUrl } } } }"""


@dataclass(frozen=True)
class Asked:
    """One request, of a class."""

    kind: str
    method: str
    path: str  # as it stands in the request line
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}: {self.method} {self.path} {self.headers}\n{self.body[:4000]!r}"


class Requests:
    """Makes requests for one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.documents = Documents(world, build_schema())
        self.sweeps = Sweeps()
        self.reached: set[str] = set()  # routes
        made = world.ask(MAKE_FILE)["createRunFiles"]["files"]
        self.file_path = urlsplit(made[0]["uploadUrl"]).path
        version = world.ask(MAKE_VERSION)["createArtifact"]["artifact"]["id"]
        manifest = world.ask(MAKE_MANIFEST, id=version)["createArtifactManifest"]
        self.manifest_path = urlsplit(manifest["artifactManifest"]["file"]["uploadUrl"]).path
        self.cookie, self.csrf = self._sign_in()
        self.pages = [r for r in web_routes.routes if isinstance(r, Route) and "GET" in _methods(r)]
        self.actions = [
            r for r in web_routes.routes if isinstance(r, Route) and "POST" in _methods(r)
        ]
        assert any(isinstance(r, Mount) for r in web_routes.routes)
        self.classes: list[tuple[float, Callable[[Random], Asked]]] = [
            (0.40, self.graphql),
            (0.22, self.stream),
            (0.03, self.manifest),
            (0.14, self.bytes),
            (0.05, self.page),
            (0.08, self.action),
            (0.08, self.sweep),
        ]

    def _sign_in(self) -> tuple[str, str]:
        form = f"key={KEY}"
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = self.world.http.post(
            "/authorize", content=form, headers=kind, follow_redirects=False
        )
        cookie = answer.headers["set-cookie"].split(";")[0]
        page = self.world.http.get("/-/account", headers={"cookie": cookie}).text
        return cookie, page.split('name="csrf" content="')[1].split('"')[0]

    def make(self, rng: Random) -> Asked:
        """Any request."""
        at = rng.random()
        for share, make in self.classes:
            at -= share
            if at < 0:
                return make(rng)
        return self.graphql(rng)

    def graphql(self, rng: Random) -> Asked:
        """A document, or a body that holds none."""
        if rng.random() < 0.03:
            body = rng.choice(
                [
                    values.any_json(rng, 3),
                    {"query": values.any_json(rng), "variables": values.any_json(rng)},
                    {
                        "query": "{ viewer { id } }",
                        "variables": rng.choice(values.ODD),
                        "operationName": rng.choice(values.ODD),
                    },
                ]
            )
        else:
            body = self.documents.make(rng)
        return Asked("GraphQL", "POST", "/graphql", dump(body), _KEYED)

    def sweep(self, rng: Random) -> Asked:
        """A step of a sweep's life."""
        return Asked("sweeps", "POST", "/graphql", dump(self.sweeps.make(rng)), _KEYED)

    def learn(self, asked: Asked, answer: bytes) -> None:
        """Let later requests name what an answer named."""
        if asked.kind == "sweeps":
            self.sweeps.learn(json.loads(asked.body), json.loads(answer))

    def stream(self, rng: Random) -> Asked:
        """Lines of a run: contents of every kind under names known and not."""

        def block() -> Any:
            if rng.random() < 0.1:
                return rng.choice(values.ODD)
            lines: Any = [
                rng.choice(
                    [
                        values.json_text,
                        lambda r: values.dumps(
                            {"_step": r.choice(values.NUMBERS), "loss": values.any_json(r)}
                        ),
                    ]
                )(rng)
                for _ in range(rng.randrange(4))
            ]
            if rng.random() < 0.1:
                lines = rng.choice(values.ODD)
            offset = rng.choice([0, 1, 2, 5, *(values.NUMBERS if rng.random() < 0.2 else [])])
            return {"offset": offset, "content": lines}

        body: dict[str, Any] = {"files": {n: block() for n in STREAMS if rng.random() < 0.5}}
        for key in ("exitcode", "complete", "preempting", "dropped", "uploaded"):
            if rng.random() < 0.1:
                body[key] = rng.choice([*values.ODD, *values.NUMBERS])
        odd = [t for t in self.world.texts if t.startswith("odd")]
        run = rng.choice(["r", *odd, None, *(name for name, _ in self.sweeps.runs)])
        path = f"/files/ann/p/{run or _part(self.world, rng)}/file_stream"
        sent = dump(body if rng.random() < 0.95 else values.any_json(rng))
        return Asked("file stream", "POST", path, sent, _KEYED)

    def manifest(self, rng: Random) -> Asked:
        """A manifest, or nearly."""

        def entry() -> Any:
            if rng.random() < 0.1:
                return values.any_json(rng)
            known = {
                "digest": ["1B2M2Y8AsgTpgAmY7PhCfg==", "x", "", values.HALF],
                "size": values.NUMBERS,
                "ref": ["s3://b/k", "", "http://[", "file:///x", values.HALF],
                "birthArtifactID": [*self.world.ids, *values.IDS],
                "extra": values.ODD,
                "local_path": values.TEXTS,
            }
            return {
                key: rng.choice(some if rng.random() < 0.9 else values.ODD)
                for key, some in known.items()
                if rng.random() < 0.7
            }

        contents = {
            rng.choice([*values.TEXTS, "f", "a/b"]): entry() for _ in range(rng.randrange(4))
        }
        body: Any = {
            "version": 1,
            "contents": contents,
            "storagePolicyConfig": values.any_json(rng),
        }
        if rng.random() < 0.2:
            body[rng.choice(list(body))] = values.any_json(rng)
        if rng.random() < 0.1:
            body = values.any_json(rng)
        return Asked("manifest", "PUT", self.manifest_path, dump(body))

    def bytes(self, rng: Random) -> Asked:
        """Files by signed addresses and by digests, ranges of them."""
        part = _part(self.world, rng)
        digest = rng.choice(["d41d8cd98f00b204e9800998ecf8427e", part, "zz", "ab"])
        token = self.file_path.split("/")[3]
        path = rng.choice(
            [
                self.file_path,
                f"/-/blobs/{token}/{part}",
                f"/-/blobs/{token[:-2]}/{part}",
                f"/artifactsV2/default/ann/p/set/{part}/{digest}/{part}",
                f"/artifactsV2/{part}/ann/{rng.choice(self.world.ids)}/{digest}",
            ]
        )
        low, high = rng.choice(values.NUMBERS), rng.choice(values.NUMBERS)
        span = rng.choice([f"bytes={low}-{high}", f"bytes={low}-", f"bytes=-{high}", "x", ""])
        method = rng.choice(["GET", "GET", "HEAD", "PUT", "OPTIONS", "DELETE"])
        return Asked("bytes", method, path, b"abc", _KEYED | {"range": _latin(span)})

    def page(self, rng: Random) -> Asked:
        """A page or what it reads, with a query."""
        route = rng.choice(self.pages)
        if "vendor" in route.path and rng.random() < 0.9:  # megabytes, and all the same
            route = rng.choice(self.pages)
        self.reached.add(route.path)
        words = [
            f"{rng.choice(_QUERY)}={_part(self.world, rng) if rng.random() < 0.5 else _number(rng)}"
            for _ in range(rng.randrange(3))
        ]
        path = self._fill(rng, route.path) + ("?" + "&".join(words) if words else "")
        return Asked("pages", "GET", path, b"", {"cookie": self.cookie})

    def action(self, rng: Random) -> Asked:
        """What a page posts."""
        route = rng.choice(self.actions)
        self.reached.add(route.path)
        body: Any = {"action": rng.choice([*_ACTIONS.get(route.path, ACTIONS), *ACTIONS])}
        for key in _FIELDS:
            if rng.random() < 0.3:
                body[key] = rng.choice(
                    [
                        values.any_json(rng),
                        rng.choice(values.TEXTS),
                        rng.choice(values.NUMBERS),
                        rng.choice([*values.SWEEPS, *self.world.texts]),
                        values.json_text(rng),
                    ]
                )
        if rng.random() < 0.05:
            body = values.any_json(rng, 3)
        ends = route.path == "/-/sign-out"  # all that comes after would be refused
        headers = {"cookie": "x=y" if ends else self.cookie, "x-csrf-token": self.csrf}
        if rng.random() < 0.05:
            headers["x-csrf-token"] = rng.choice(["", "x", "é"])
        return Asked("page actions", "POST", self._fill(rng, route.path), dump(body), headers)

    def _fill(self, rng: Random, path: str) -> str:
        usual = {
            "entity": "ann",
            "project": "p",
            "run": "r",
            "sweep": self.world.texts[-1],
            "type": "data",
            "collection": "set",
            "version": "v0",
            "org": "organization",
            "name": "model",
        }
        made = next(t for t in self.world.texts if len(t) == 8 and t.isalnum())
        usual["sweep"] = rng.choice([made, *self.sweeps.sweeps])
        usual["run"] = rng.choice(["r", "r", *(name for name, _ in self.sweeps.runs)])
        parts = []
        for part in path.split("/"):
            if part.startswith("{"):
                name = part.strip("{}").split(":")[0]
                is_usual = name in usual and rng.random() < 0.85
                part = usual[name] if is_usual else _part(self.world, rng)
            parts.append(part)
        return "/".join(parts)


_KEYED = authorization(KEY) | {"content-type": "application/json"}
_QUERY = (
    "keys",
    "samples",
    "after",
    "first",
    "last",
    "start",
    "n",
    "min",
    "max",
    "since",
    "path",
    "x",
    "y",
    "metric",
    "runs",
    "sort",
    "page",
    "token",
    "next",
    "q",
    "limit",
    "step",
    "from",
    "to",
    "raw",
    "download",
    "v",
    "version",
    "against",
    "rule",
)
_FIELDS = (
    "run",
    "runs",
    "ids",
    "name",
    "value",
    "state",
    "config",
    "yaml",
    "text",
    "tags",
    "key",
    "id",
    "pk",
    "description",
    "states",
    "cap",
    "run_cap",
    "user",
    "email",
    "team",
    "aliases",
    "alias",
    "notes",
    "columns",
    "rows",
    "rule",
    "keep_config",
    "display_name",
    "filter",
    "method",
    "entity",
    "is_admin",
    "url",
    "order",
)
_ACTIONS: dict[str, tuple[str, ...]] = {}


def _methods(route: Route) -> set[str]:
    return set(route.methods or ())


def _part(world: World, rng: Random) -> str:
    """A part of an address, as a client escapes it."""
    text = rng.choice(
        ["ann", "p", "r", "bob", *world.texts, *world.ids, *values.TEXTS, *values.IDS]
    )
    return quote(text[:2000].encode("utf-8", "replace"), safe="")


def _number(rng: Random) -> str:
    return quote(str(rng.choice(values.NUMBERS[:-3]) if rng.random() < 0.9 else "nan")[:500])


def _latin(text: str) -> str:
    return text[:3000]


def dump(value: Any) -> bytes:
    """A body; numbers and texts as Python's json writes them, which is not always JSON."""
    try:
        return json.dumps(value).encode()
    except ValueError:
        return base64.b64decode("e30=")
