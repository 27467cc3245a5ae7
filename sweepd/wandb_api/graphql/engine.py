"""Run one GraphQL document: parsed and validated once per text, then executed.

The edge is tolerant where the client is loose: an empty operation name is no name, variables the
document does not declare are ignored.

Resolvers work in a thread, for they read the database. One that is `async def` (the heartbeat's)
runs on the event loop and has to leave it free: the document is executed there as a whole.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import iscoroutinefunction
from pathlib import Path
from threading import Lock
from typing import Any

from ariadne.schema_names import convert_schema_names
from ariadne.types import SchemaBindable
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    assert_valid_schema,
    build_ast_schema,
    execute,
    execute_sync,
    parse,
    validate,
)
from starlette.concurrency import run_in_threadpool

from sweepd.domain.errors import BadInput, SweepdError, TooLarge, Unsupported, unraised
from sweepd.domain.patience import too_large, working_for
from sweepd.wandb_api.graphql import (
    agents,
    artifact_collections,
    artifact_files,
    artifact_mutations,
    artifacts,
    automations,
    files,
    integrations,
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
    views,
)
from sweepd.wandb_api.graphql.budget import COUNTED, Budget, Ended
from sweepd.wandb_api.graphql.compiled import Compiled, NotPlain
from sweepd.wandb_api.graphql.compiling import compile_document
from sweepd.wandb_api.graphql.context import Context
from sweepd.wandb_api.graphql.documents import measure, root_fields
from sweepd.wandb_api.graphql.inputs.input_types import input_bindables, our_name
from sweepd.wandb_api.graphql.page_sizes import bound_pages

MAX_DEPTH = 30  # the client's deepest document has 11 levels
MAX_FIELDS = 10_000  # the client's largest asks for 72
MAX_DOCUMENT_BYTES = 200_000
MAX_CHANGES = 20_000  # in one list of a mutation's input; the client sends up to 10,000
MAX_KEPT = 1 << 20  # characters of documents, which take 60 times as much; the client has 300,000
MAX_KEPT_ONE = 20_000  # of one document
LEAST_KEPT = 200  # what a short one counts as, beyond its characters

log = logging.getLogger("sweepd.wandb_api")


@cache
def build_schema() -> GraphQLSchema:
    """The executable schema: `schema.graphql` and the resolvers of every noun."""
    bindables: list[SchemaBindable] = [
        *scalars.bindables,
        *input_bindables(),
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
        *views.bindables,
        *automations.bindables,
        *integrations.bindables,
        *artifact_collections.bindables,
        *artifacts.bindables,
        *artifact_files.bindables,
        *artifact_mutations.bindables,
    ]
    # As ariadne's `make_executable_schema`, which reads the SDL twice and checks its text: a tenth
    # of a second of each start. A test checks it.
    sdl = (Path(__file__).parent / "schema.graphql").read_text()
    schema = build_ast_schema(parse(sdl, no_location=True), assume_valid_sdl=True)
    for bindable in bindables:
        bindable.bind_to_schema(schema)
    convert_schema_names(schema, lambda name, *_: our_name(name))
    assert_valid_schema(schema)
    bound_pages(schema)
    return schema


@dataclass(frozen=True)
class _Prepared:
    """A document that can be executed."""

    parsed: DocumentNode
    is_async: bool
    compiled: Compiled | None
    is_mutation: bool


class Engine:
    """The schema, and the documents it has seen."""

    def __init__(self, compiles: bool = True) -> None:
        """`compiles`: plain documents are answered without GraphQL's own engine."""
        self._compiles = compiles
        self.schema = build_schema()
        self._seen: dict[str, _Prepared | SweepdError] = {}
        self._n_kept = 0  # characters
        self._lock = Lock()
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
            raise unraised(prepared)
        if prepared.is_mutation:
            _check_lists(variables)
        if (compiled := prepared.compiled) is not None:
            try:
                call = compiled.read(variables or {}, operation_name)
                if prepared.is_async:
                    return await compiled.answer_async(context, call)
                async with context.services.shares.of(context.caller.name):
                    quick = partial(compiled.answer, context, call)
                    return await run_in_threadpool(_run_counted, quick, context.budget)
            except NotPlain:
                pass
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
            async with context.services.shares.of(context.caller.name):
                result = await run_in_threadpool(_run_counted, work, context.budget)
        if isinstance(result, Awaitable):
            result = await result
        assert isinstance(result, ExecutionResult)
        if result.errors:
            for error in result.errors:
                error.__traceback__ = None  # the cause has its own
            raise _cause(result.errors)
        return result.data or {}

    def _prepare(self, document: str) -> _Prepared | SweepdError:
        """The document ready to run, or why it cannot be answered: either is remembered."""
        if len(document) > MAX_DOCUMENT_BYTES:
            return BadInput(f"a GraphQL document may have {MAX_DOCUMENT_BYTES} bytes")
        prepared = self._read(document)
        if len(document) < MAX_KEPT_ONE:
            with self._lock:
                if self._n_kept + len(document) > MAX_KEPT:
                    self._seen.clear()
                    self._n_kept = 0
                self._seen[document] = prepared
                self._n_kept += len(document) + LEAST_KEPT
        return prepared

    def _read(self, document: str) -> _Prepared | SweepdError:
        try:
            parsed = parse(document, no_location=True, max_tokens=20_000)
        except (GraphQLError, RecursionError) as error:
            return BadInput(f"this is not GraphQL: {getattr(error, 'message', error)}")
        depth, n_fields = measure(parsed)
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
        roots = {name for name in root_fields(parsed) if not name.startswith("__")}
        awaiting = roots & self._async_fields
        if awaiting and awaiting != roots:
            return Unsupported(f"{', '.join(awaiting)} stands alone in a document; send it apart")
        is_mutation = any(
            isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION
            for node in parsed.definitions
        )
        compiled = compile_document(self.schema, parsed) if self._compiles else None
        return _Prepared(parsed, bool(awaiting), compiled, is_mutation)


def _check_lists(variables: Any) -> None:
    """Refuse long lists of things to change: each is a change of its own.

    Raises:
        TooLarge: One is longer than MAX_CHANGES.
    """
    level = [variables]
    while level:
        found = level.pop()
        if isinstance(found, list) and len(found) > MAX_CHANGES:
            raise TooLarge(
                f"a list of things to change may have {MAX_CHANGES:,}; got {len(found):,}: send "
                "them in several requests"
            )
        inner = found.values() if isinstance(found, dict) else found
        level += [item for item in inner or () if isinstance(item, dict | list)]


def _run_counted(work: Callable[[], Any], budget: Budget) -> Any:
    try:
        with working_for(budget.request):
            return work()
    except Ended as ended:
        raise too_large(str(ended)) from None
    finally:
        budget.close()


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
