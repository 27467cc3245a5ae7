"""How much of a list one answer holds: laid around every field that is read page by page, once.

No resolver is asked for more than MAX_PAGE items, whatever the client says; `pageInfo` tells it
that more follow. Most of the client's lists come page by page (1 to 5,000 items at once); some it
asks for without a size and never for a second page (runs and agents of a sweep, `used_by`, linked
versions, collections of a type): these get as much as anybody.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, default_field_resolver

MAX_PAGE = 10_000
DEFAULT_PAGE = MAX_PAGE  # where the client gives no size


def bound_pages(schema: GraphQLSchema) -> None:
    """Let no field of the schema that takes `first` be resolved for more than MAX_PAGE items."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for field in kind.fields.values():
                if "first" in field.args:
                    field.resolve = _bounded(field)


def _bounded(field: GraphQLField) -> Callable[..., Any]:
    resolve = field.resolve or default_field_resolver
    has_last = "last" in field.args

    @wraps(resolve)
    def read(source: Any, info: Any, **given: Any) -> Any:
        first, last = given.get("first"), given.get("last") if has_last else None
        given["first"] = min(DEFAULT_PAGE if first is None else first, MAX_PAGE)
        if last is not None:
            given["last"] = min(last, MAX_PAGE)
        return resolve(source, info, **given)

    return read
