"""Every GraphQL document in the installed client: in its Python source and in its core program.

Documents are read, not run: string literals that hold an operation, with the gaps that the client
fills at run time filled by hand below.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    Visitor,
    parse,
    visit,
)

CLIENT_VERSION = version("wandb")
# Importing it takes seconds.
CLIENT = Path(str((spec := find_spec("wandb")) and spec.origin)).parent
CORE = "wandb-core"

_STARTS = re.compile(r"^\s*(?:query|mutation|subscription|fragment)\s+\w+[^\n]*[{(]", re.MULTILINE)
# In a file without it there is nothing to be found.
_MENTIONED = re.compile(r"\b(?:query|mutation|subscription|fragment)\s+[\w{][^\n]*[{(]")
_CORE_START = re.compile(rb"\s(?:query|mutation) \w+ ?[({]")
_CORE_FRAGMENT = re.compile(rb"\s*fragment \w+ on ")
# What the client puts into a document's gaps, by the expression that stands there.
_GAPS = {
    "fragment_name": "RunFragment",
    "', '.join(query_vars)": "$entityName: String!, $projectName: String!, $runName: String!, "
    "$artifactID: ID!, $usedAs: String, $artifactEntityName: String, $artifactProjectName: String",
    "', '.join(query_args)": "entityName: $entityName, projectName: $projectName, "
    "runName: $runName, artifactID: $artifactID, usedAs: $usedAs, "
    "artifactEntityName: $artifactEntityName, artifactProjectName: $artifactProjectName",
    "vars_str": "$entityName: String!, $projectName: String!, $runName: String!, "
    "$artifactID: ID!, $usedAs: String, $artifactEntityName: String, $artifactProjectName: String",
    "args_str": "entityName: $entityName, projectName: $projectName, runName: $runName, "
    "artifactID: $artifactID, usedAs: $usedAs, artifactEntityName: $artifactEntityName, "
    "artifactProjectName: $artifactProjectName",
    "mutation_params": "$entityName: String!",
    "mutation_input": "entityName: $entityName",
}
# The same for `"…{}…".format(…)`, by operation: one filling for every form it takes.
_FORMATS = {
    "DeleteRun": [("", "")],
    "RunFullHistory": [("history",), ("events",)],
    "CreateArtifactManifest": [("$type: ArtifactManifestType = FULL", "type: $type")],
}
# Words that the client replaces before it sends the text.
_PLACEHOLDERS = {
    "_PROJECT_QUERY_": "project { id name entity { id name } }",
    # Clients to 0.29:
    "ID_TYPE": "$artifactID: ID, $clientID: ID",
    "ID_VALUE": "artifactID: $artifactID, clientID: $clientID",
    "_CREATE_ARTIFACT_ADDITIONAL_TYPE_": "$historyStep: Int64!, $distributedID: String",
    "_CREATE_ARTIFACT_ADDITIONAL_VALUE_": "historyStep: $historyStep, "
    "distributedID: $distributedID",
}


parsed = cache(parse)  # the same texts are looked at again and again


@dataclass(frozen=True)
class Document:
    """One operation of the client, whole: with the fragments it uses."""

    name: str
    source: str  # a file of the client's, or CORE
    text: str


def collect(root: Path = CLIENT) -> list[Document]:
    """Every operation of a client, by source and name; the same text only once.

    Args:
        root: The client's package; the installed one's by default.
    """
    texts = [*_python_texts(root), *((CORE, text) for text in _core_texts(root))]
    documents = [(source, text, parsed(text)) for source, text in texts]
    fragments: dict[str, str] = {}
    for _, text, document in documents:
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode) and definition.loc:
                body = text[definition.loc.start : definition.loc.end]
                fragments.setdefault(definition.name.value, body)
    found = {}
    for source, text, document in documents:
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if operations:
            name = operations[0].name.value if operations[0].name else "(no name)"
            whole = _complete(text, document, fragments)
            found[source, whole] = Document(name, source, whole)
    return sorted(found.values(), key=lambda d: (d.source, d.name, d.text))


def _complete(text: str, document: DocumentNode, fragments: dict[str, str]) -> str:
    """The text with the fragments it names and does not define."""
    while missing := _spreads(document) - _defined(document):
        text += "".join(f"\n{fragments[name]}" for name in sorted(missing))
        document = parsed(text)
    return text


def _spreads(document: DocumentNode) -> set[str]:
    names = set()

    class Collect(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            names.add(node.name.value)

    visit(document, Collect())
    return names


def _defined(document: DocumentNode) -> set[str]:
    return {d.name.value for d in document.definitions if isinstance(d, FragmentDefinitionNode)}


def _python_texts(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(errors="replace")
        if "vendor" in path.parts or not _MENTIONED.search(source):
            continue
        name = path.relative_to(root).as_posix()
        for text in _literals(ast.parse(source)):
            yield from ((name, whole) for whole in _fill(text))


def _literals(tree: ast.AST) -> Iterator[str]:
    """Texts that look like GraphQL; an f-string once, as a whole."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (
                str(part.value) if isinstance(part, ast.Constant) else _gap(part)
                for part in node.values
            )
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            yield from _literals(node)
            continue
        if _STARTS.search(text):
            for placeholder, filling in _PLACEHOLDERS.items():
                text = text.replace(placeholder, filling)
            yield text


def _gap(part: ast.expr) -> str:
    expression = part.value if isinstance(part, ast.FormattedValue) else part
    return _GAPS.get(ast.unparse(expression), "")


def _fill(text: str) -> Iterator[str]:
    """The documents a literal stands for; prose that merely mentions a query stands for none."""
    try:
        parsed(text)
        yield text
        return
    except GraphQLError:
        name = re.search(r"(?:query|mutation)\s+(\w+)", text)
    if "{{" in text and name:
        for gaps in _FORMATS.get(name[1], [("",)]):
            yield text.format(*gaps)
    elif re.search(r"^\s*(?:query|mutation)\s+\w+\s*\(", text, re.MULTILINE):
        raise AssertionError(f"a document of the client with a gap unknown here:\n{text}")


def _core_texts(root: Path) -> Iterator[str]:
    data = (root / "bin" / "wandb-core").read_bytes()
    for match in _CORE_START.finditer(data):
        start = match.start()
        end = _closing(data, start)
        while end and (more := _CORE_FRAGMENT.match(data, end)):
            end = _closing(data, more.end())
        if not end:
            continue
        try:
            text = data[start:end].decode()
            parsed(text)
        except (UnicodeDecodeError, GraphQLError):
            continue  # an error message that quotes the word
        yield text


def _closing(data: bytes, start: int) -> int:
    """The end of the braces that open after `start`; 0 when they do not close soon."""
    depth = 0
    for at in range(start, min(start + 20_000, len(data))):
        if data[at] == ord("{"):
            depth += 1
        elif data[at] == ord("}"):
            depth -= 1
            if depth == 0:
                return at + 1
    return 0
