"""Writes the part of `sweepd/wandb_api/PROTOCOL.md` that follows from the client and the schema.

python -m tests.protocol.page
"""

import hashlib
import inspect
import json
import os
from dataclasses import astuple
from functools import cache
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, validate

import sweepd.wandb_api
from sweepd.wandb_api.features import FEATURES
from sweepd.wandb_api.graphql import refused
from sweepd.wandb_api.graphql.engine import build_schema
from tests.protocol import client_documents
from tests.protocol.client_documents import CLIENT_VERSION, CORE, Document, collect, parsed
from tests.protocol.flags import DOWN, OLDER, TRIED

SCHEMA = Path(sweepd.wandb_api.__file__).parent / "graphql"
PAGE = SCHEMA.parent / "PROTOCOL.md"
BEGIN = "<!-- made by python -m tests.protocol.page: from here -->\n"
END = "<!-- to here -->\n"


KEPT = Path(__file__).parents[2] / ".pytest_cache/client"


@cache
def documents() -> tuple[Document, ...]:
    """Every operation of the installed client."""
    return tuple(document for document, *_ in _told())


@cache
def _told() -> tuple[tuple[Document, list[str], str | None], ...]:
    """Each with its problems and why it is refused: kept, as every worker asks while it collects,
    for as long as client, schema and what reads them are the same."""
    sources = [inspect.getsource(module) for module in (client_documents, refused)]
    sources += [Path(__file__).read_text(), distribution("wandb").read_text("RECORD") or ""]
    sources += [version("graphql-core")]
    sources += [path.read_text() for path in sorted(SCHEMA.rglob("*.graphql"))]
    kept = KEPT / hashlib.blake2b("\0".join(sources).encode(), digest_size=12).hexdigest()
    if not kept.exists():
        found = [(astuple(document), *_judged(document)) for document in collect()]
        kept.parent.mkdir(parents=True, exist_ok=True)
        written = kept.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(found))
        written.replace(kept)
    rows: list[Any] = json.loads(kept.read_text())
    return tuple((Document(*document), wrong, why) for document, wrong, why in rows)


@cache
def schema() -> GraphQLSchema:
    """What we answer."""
    return build_schema()


def _judged(document: Document) -> tuple[list[str], str | None]:
    wrong = [error.message for error in validate(schema(), parsed(document.text))]
    return wrong, refused.reason(schema(), parsed(document.text)) if wrong else None


@cache
def _judgements() -> dict[Document, tuple[list[str], str | None]]:
    return {document: (wrong, why) for document, wrong, why in _told()}


def problems(document: Document) -> list[str]:
    """Why a document cannot be answered; empty when it can."""
    return _judgements()[document][0]


def reason(document: Document) -> str | None:
    """Why a document is refused on purpose; None when it is answered, or nobody thought of it."""
    return _judgements()[document][1]


def root_fields(document: Document) -> set[str]:
    """`Query.viewer`, `Mutation.stopRun`, …: what a document asks for first."""
    found = set()
    for definition in parsed(document.text).definitions:
        if isinstance(definition, OperationDefinitionNode):
            kind = definition.operation.value.capitalize()
            for selection in definition.selection_set.selections:
                if isinstance(selection, FieldNode):
                    found.add(f"{kind}.{selection.name.value}")
    return found


def generated() -> str:
    """The lists: answered, refused, asked for by nobody, feature flags."""
    answered: dict[str, tuple[set[str], set[str]]] = {}
    turned_down: dict[str, set[str]] = {}
    for document in documents():
        if why := reason(document):
            turned_down.setdefault(why, set()).add(document.name)
            continue
        fields, sources = answered.setdefault(document.name, (set(), set()))
        fields |= root_fields(document)
        sources.add("core" if document.source == CORE else "Python")
    lines = [
        f"### Answered: {len(answered)} operations of wandb {CLIENT_VERSION}",
        "",
        "| operation | asks for | sent by |",
        "|---|---|---|",
    ]
    for name, (fields, sources) in sorted(answered.items()):
        lines.append(f"| {name} | {', '.join(sorted(fields))} | {', '.join(sorted(sources))} |")
    n_refused = sum(len(names) for names in turned_down.values())
    lines += ["", f"### Refused: {n_refused} operations", ""]
    for why, names in sorted(turned_down.items()):
        lines.append(f"- {why}. ({', '.join(sorted(names))})")
    asked = set().union(*(root_fields(document) for document in documents()))
    ours = {
        f"{kind}.{field}"
        for kind in ("Query", "Mutation")
        for field in getattr(schema().get_type(kind), "fields", {})
    }
    spare = ", ".join(sorted(ours - asked))
    lines += ["", f"Answered for our own commands and older clients only: {spare or 'nothing'}."]
    return "\n".join([*lines, *_flags()]) + "\n"


def _flags() -> list[str]:
    """Which flags are up, where that was tried, and which are down."""
    lines = ["", "### Feature flags", "", "| up | tried up and down with the client |", "|---|---|"]
    lines += [f"| {name} | {TRIED[name]} |" for name in FEATURES if name in TRIED]
    older = ", ".join(name for name in FEATURES if name in OLDER)
    lines += ["", f"Up for clients before 0.31, which alone ask for them: {older}."]
    lines += ["", "Down:", ""]
    for reason in dict.fromkeys(DOWN.values()):
        names = sorted(name for name, why in DOWN.items() if why == reason)
        lines.append(f"- {reason}: {', '.join(names)}.")
    return lines


def with_generated(page: str) -> str:
    """The page with its made part as it should be now."""
    head, rest = page.split(BEGIN)
    return head + BEGIN + generated() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(with_generated(PAGE.read_text()))
