"""Run one GraphQL document: parsed and validated once per text, then executed.

The edge is tolerant where the client is loose: an empty operation name is no name, variables the
document does not declare are ignored.
"""

import logging
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ariadne import convert_camel_case_to_snake, load_schema_from_path, make_executable_schema
from ariadne.types import SchemaBindable
from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    parse,
    validate,
)

from sweepd.domain.errors import BadInput, SweepdError, Unsupported
from sweepd.wandb_api.graphql import (
    agents,
    artifact_collections,
    artifact_files,
    artifact_mutations,
    artifacts,
    files,
    projects,
    refused,
    run_history,
    run_info,
    runs,
    scalars,
    sweeps,
    teams,
    users,
)
from sweepd.wandb_api.graphql.context import Context

MAX_DEPTH = 30  # the client's deepest document has 11 levels
MAX_FIELDS = 10_000  # the client's largest asks for 72
MAX_DOCUMENT_BYTES = 200_000

log = logging.getLogger("sweepd.wandb_api")


@cache
def build_schema() -> GraphQLSchema:
    """The executable schema: `schema.graphql` and the resolvers of every noun."""
    bindables: list[SchemaBindable] = [
        *scalars.bindables,
        *users.bindables,
        *teams.bindables,
        *projects.bindables,
        *runs.bindables,
        *run_history.bindables,
        *run_info.bindables,
        *sweeps.bindables,
        *agents.bindables,
        *files.bindables,
        *artifact_collections.bindables,
        *artifacts.bindables,
        *artifact_files.bindables,
        *artifact_mutations.bindables,
    ]
    sdl = load_schema_from_path(str(Path(__file__).parent / "schema.graphql"))
    return make_executable_schema(sdl, *bindables, convert_names_case=_our_name)


def _our_name(name: str, _schema: GraphQLSchema, _path: tuple[str, ...]) -> str:
    """`hexMD5` is `hex_md5` here; the library alone would take digit and capitals apart."""
    return convert_camel_case_to_snake(name.replace("MD5", "Md5")).replace("md_5", "md5")


class Engine:
    """The schema, and the documents it has seen."""

    def __init__(self) -> None:
        self.schema = build_schema()
        self._prepare = lru_cache(maxsize=2048)(self._read)

    def run(
        self,
        document: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: Context,
    ) -> dict[str, Any]:
        """The answer's `data`.

        Raises:
            SweepdError: A resolver refused, or the document cannot be answered.
        """
        if len(document) > MAX_DOCUMENT_BYTES:
            raise BadInput(f"a GraphQL document may have {MAX_DOCUMENT_BYTES} bytes")
        parsed = self._prepare(document) if len(document) < 20_000 else self._read(document)
        if isinstance(parsed, SweepdError):
            raise parsed.with_traceback(None)
        result = execute_sync(
            self.schema,
            parsed,
            context_value=context,
            variable_values=dict(variables or {}),
            operation_name=operation_name or None,
        )
        assert isinstance(result, ExecutionResult)
        if result.errors:
            raise _cause(result.errors)
        return result.data or {}

    def _read(self, document: str) -> DocumentNode | SweepdError:
        """The parsed document, or why it cannot be answered: either is remembered."""
        try:
            parsed = parse(document, max_tokens=20_000)
        except (GraphQLError, RecursionError) as error:
            return BadInput(f"this is not GraphQL: {getattr(error, 'message', error)}")
        depth, n_fields = _measure(parsed)
        if depth > MAX_DEPTH:
            return BadInput(f"a GraphQL document may be {MAX_DEPTH} levels deep")
        if n_fields > MAX_FIELDS:
            return BadInput(f"a GraphQL document may ask for {MAX_FIELDS} fields, fragments filled")
        problems = validate(self.schema, parsed, max_errors=3)
        if problems and (reason := refused.reason(self.schema, parsed)):
            log.warning("refused: %s\n%s", reason, document)
            return Unsupported(reason)
        if problems:
            message = "; ".join(problem.message for problem in problems[:3])
            log.warning("not supported: %s\n%s", message, document)
            return Unsupported(f"sweepd does not support this request: {message}")
        return parsed


def _measure(document: DocumentNode) -> tuple[int, int]:
    """Levels and fields of a document once its fragments stand where they are named."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    known: dict[str, tuple[int, int]] = {}

    def fragment(name: str) -> tuple[int, int]:
        if name not in known:
            known[name] = (0, 0)  # one that names itself is refused by the validation
            if name in fragments:
                known[name] = selection_set(fragments[name])
        return known[name]

    def selection_set(selections: SelectionSetNode | None) -> tuple[int, int]:
        depth, n_fields = 0, 0
        for node in selections.selections if selections else ():
            if isinstance(node, FragmentSpreadNode):
                found = fragment(node.name.value)
            else:
                inner = selection_set(getattr(node, "selection_set", None))
                found = (inner[0] + 1, inner[1] + 1)
            depth, n_fields = max(depth, found[0]), n_fields + found[1]
        return depth, n_fields

    measured = [
        selection_set(node.selection_set)
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    return max((m[0] for m in measured), default=0), max((m[1] for m in measured), default=0)


def _cause(errors: list[GraphQLError]) -> BaseException:
    """What went wrong in our words; a value of another type than declared is bad input.

    Such an error has no path: it was found before any field was resolved.
    """
    original = errors[0].original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if isinstance(original, SweepdError):
        return original
    if errors[0].path is None or original is None or isinstance(original, GraphQLError):
        return BadInput(errors[0].message)
    return original
