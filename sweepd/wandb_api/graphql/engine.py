"""Run one GraphQL document: parsed and validated once per text, then executed.

The edge is tolerant where the client is loose: an empty operation name is no name, variables the
document does not declare are ignored.

Resolvers work in a thread, for they read the database. One that is `async def` (the heartbeat's)
runs on the event loop and has to leave it free: the document is executed there as a whole.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from ariadne import convert_camel_case_to_snake, load_schema_from_path, make_executable_schema
from ariadne.types import SchemaBindable
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    execute_sync,
    parse,
    validate,
)
from starlette.concurrency import run_in_threadpool

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
    registries,
    run_history,
    run_info,
    runs,
    scalars,
    sweeps,
    teams,
    users,
)
from sweepd.wandb_api.graphql.budget import COUNTED, Budget, Ended, too_large
from sweepd.wandb_api.graphql.context import Context
from sweepd.wandb_api.graphql.page_sizes import bound_pages

MAX_DEPTH = 30  # the client's deepest document has 11 levels
MAX_FIELDS = 10_000  # the client's largest asks for 72
MAX_DOCUMENT_BYTES = 200_000
MAX_KEPT = 2048  # documents; the client has about 200
MAX_KEPT_BYTES = 20_000  # of one document

MAX_AT_ONCE = 16  # requests of one caller that are worked on; the others wait without a thread

log = logging.getLogger("sweepd.wandb_api")


@cache
def build_schema() -> GraphQLSchema:
    """The executable schema: `schema.graphql` and the resolvers of every noun."""
    bindables: list[SchemaBindable] = [
        *scalars.bindables,
        *users.bindables,
        *teams.bindables,
        *projects.bindables,
        *registries.bindables,
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
    schema = make_executable_schema(sdl, *bindables, convert_names_case=_our_name)
    bound_pages(schema)
    return schema


def _our_name(name: str, _schema: GraphQLSchema, _path: tuple[str, ...]) -> str:
    """`hexMD5` is `hex_md5` here; the library alone would take digit and capitals apart."""
    return convert_camel_case_to_snake(name.replace("MD5", "Md5")).replace("md_5", "md5")


@dataclass(frozen=True)
class _Prepared:
    """A document that can be executed."""

    parsed: DocumentNode
    is_async: bool


class Engine:
    """The schema, and the documents it has seen."""

    def __init__(self) -> None:
        self.schema = build_schema()
        self._turns: dict[str, asyncio.Semaphore] = {}  # by caller
        self._seen: dict[str, _Prepared | SweepdError] = {}
        mutations = self.schema.mutation_type
        fields = mutations.fields if mutations else {}
        self._async_fields = {n for n, f in fields.items() if iscoroutinefunction(f.resolve)}

    async def run(
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
        prepared = self._seen.get(document)
        if prepared is None:
            prepared = await run_in_threadpool(self._prepare, document)
        if isinstance(prepared, SweepdError):
            raise prepared.with_traceback(None)
        work = partial(
            execute if prepared.is_async else execute_sync,
            self.schema,
            prepared.parsed,
            context_value=context,
            variable_values=dict(variables or {}),
            operation_name=operation_name or None,
            middleware=COUNTED,
        )
        if prepared.is_async:
            result = work()
        else:
            async with self._turns.setdefault(context.caller.name, asyncio.Semaphore(MAX_AT_ONCE)):
                result = await run_in_threadpool(_run_counted, work, context.budget)
        if isinstance(result, Awaitable):
            result = await result
        assert isinstance(result, ExecutionResult)
        if result.errors:
            raise _cause(result.errors)
        return result.data or {}

    def _prepare(self, document: str) -> _Prepared | SweepdError:
        """The document ready to run, or why it cannot be answered: either is remembered."""
        if len(document) > MAX_DOCUMENT_BYTES:
            return BadInput(f"a GraphQL document may have {MAX_DOCUMENT_BYTES} bytes")
        prepared = self._read(document)
        if len(document) < MAX_KEPT_BYTES:
            if len(self._seen) >= MAX_KEPT:
                self._seen.clear()
            self._seen[document] = prepared
        return prepared

    def _read(self, document: str) -> _Prepared | SweepdError:
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
        roots = {name for name in _root_fields(parsed) if not name.startswith("__")}
        awaiting = roots & self._async_fields
        if awaiting and awaiting != roots:
            return Unsupported(f"{', '.join(awaiting)} stands alone in a document; send it apart")
        return _Prepared(parsed, is_async=bool(awaiting))


def _run_counted(work: Callable[[], Any], budget: Budget) -> Any:
    try:
        return work()
    except Ended as ended:
        raise too_large(ended) from None
    finally:
        budget.close()


def _root_fields(document: DocumentNode) -> Iterator[str]:
    """The names of what a valid document's operations ask for."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }

    def names(selections: SelectionSetNode) -> Iterator[str]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif isinstance(node, FragmentSpreadNode):
                yield from names(fragments[node.name.value])
            else:
                yield from names(node.selection_set)  # type: ignore[attr-defined]

    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            yield from names(node.selection_set)


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
