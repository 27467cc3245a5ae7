"""Documents that clients send all the time, as calls of resolvers; `compiling.py` makes them.

The engine walks the schema's types and the document anew for each request, which costs several
times what a heartbeat does. A document whose selections are plain objects and values (no lists, no
interfaces, no directives) always walks the same way: that way is kept. Types, resolvers, names and
conversions are those of the schema, which stays the one source of what is answered; whatever is not
plain, in the document or in the values that come with it, is left to the engine, before anything is
done.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import Undefined

from sweepd.wandb_api.graphql.context import Context

Values = Mapping[str, Any]


class NotPlain(Exception):
    """The engine has to do it."""


@dataclass(frozen=True, slots=True)
class Info:
    """What resolvers use of GraphQL's."""

    context: Context


Given = Callable[[Values], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document's selections."""

    key: str  # in the answer
    name: str
    of: str  # the type it is of
    resolve: Callable[..., Any]
    given: Given | None  # None for a field that takes nothing
    serialize: Callable[[Any], Any] | None  # of a value; None for an object
    is_needed: bool
    fields: Sequence["Field"]


@dataclass(frozen=True, slots=True)
class Call:
    """What came with a document: its variables, and what each root field is given."""

    values: Values
    given: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Compiled:
    """A document that can be answered without the engine."""

    name: str | None
    variables: Sequence[tuple[str, Callable[[Any], Any], bool, Any]]
    fields: Sequence[Field]
    n_fields: int

    def read(self, given: Values, name: str | None) -> "Call":
        """The document's variables as the resolvers take them, before anything is done.

        Args:
            name: Which operation is asked for; None for the only one.

        Raises:
            NotPlain: They are not as declared, or the engine has to say so.
        """
        if name and name != self.name:
            raise NotPlain
        found = {}
        for variable, parse, is_needed, default in self.variables:
            if variable not in given:
                if default is not Undefined:
                    found[variable] = default
                elif is_needed:
                    raise NotPlain
            elif (value := given[variable]) is None:
                if is_needed:
                    raise NotPlain
                found[variable] = None
            else:
                try:
                    found[variable] = parse(value)
                except Exception as error:
                    raise NotPlain from error
        try:
            every = [field.given(found) if field.given else {} for field in self.fields]
            for field in self.fields:
                _check(field.fields, found)
        except Exception as error:
            raise NotPlain from error
        return Call(found, every)

    def answer(self, context: Context, call: "Call") -> dict[str, Any]:
        """The answer's `data`, or what a resolver raised."""
        context.budget.spend(self.n_fields)
        found, info = {}, Info(context)
        for field, given in zip(self.fields, call.given, strict=True):
            value = field.resolve(None, info, **given)
            found[field.key] = _complete(field, value, info, call.values)
        return found

    async def answer_async(self, context: Context, call: "Call") -> dict[str, Any]:
        """As `answer`, of a document whose one root field is awaited."""
        context.budget.spend(self.n_fields)
        [field], [given], info = self.fields, call.given, Info(context)
        value = await cast(Awaitable[Any], field.resolve(None, info, **given))
        return {field.key: _complete(field, value, info, call.values)}


def _check(fields: Sequence[Field], values: Values) -> None:
    for field in fields:
        if field.given is not None:
            field.given(values)
        if field.fields:
            _check(field.fields, values)


def _select(fields: Sequence[Field], source: Any, info: Info, values: Values) -> dict[str, Any]:
    found = {}
    for field in fields:
        if field.given is None:
            value = field.resolve(source, info)
        else:
            value = field.resolve(source, info, **field.given(values))
        found[field.key] = _complete(field, value, info, values)
    return found


def _complete(field: Field, value: Any, info: Info, values: Values) -> Any:
    if isinstance(value, Exception):
        raise value
    if value is not None:
        value = (
            _select(field.fields, value, info, values)
            if field.serialize is None
            else field.serialize(value)
        )
    if value is None and field.is_needed:
        raise TypeError(f"Cannot return null for non-nullable field {field.of}.{field.name}.")
    return value
