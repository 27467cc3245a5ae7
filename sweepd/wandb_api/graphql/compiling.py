"""From a document and the schema to `Compiled`: what is not plain in it is left to the engine."""

from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    type_from_ast,
    value_from_ast,
)

from sweepd.wandb_api.graphql.compiled import Compiled, Field, Given, Info, NotPlain, Values

_Leaf = (GraphQLScalarType, GraphQLEnumType)
MAX_FIELDS = 200  # of a document; the budget of a request is not looked at within


def compile_document(schema: GraphQLSchema, document: DocumentNode) -> Compiled | None:
    """A document as calls of resolvers; None for one that the engine has to answer."""
    try:
        return _Compiler(schema, document).compile()
    except NotPlain:
        return None


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema, self._n_fields = schema, 0
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        if len(operations) != 1 or operations[0].directives:
            raise NotPlain
        self._operation = operations[0]

    def compile(self) -> Compiled:
        """The whole."""
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            raise NotPlain
        fields = self._fields(root, self._operation.selection_set, is_root=True)
        is_change = self._operation.operation is OperationType.MUTATION
        if is_change and len(fields) != 1:
            raise NotPlain  # the next one goes on when one fails
        name = self._operation.name.value if self._operation.name else None
        return Compiled(name, [*self._variables()], fields, self._n_fields)

    def _variables(self) -> Any:
        for node in self._operation.variable_definitions or ():
            kind: Any = type_from_ast(self._schema, node.type)
            is_needed = isinstance(kind, GraphQLNonNull)
            own = kind.of_type if is_needed else kind
            if not isinstance(own, _Leaf):
                raise NotPlain
            default = Undefined
            if node.default_value is not None:
                default = value_from_ast(node.default_value, kind)
            yield node.variable.name.value, own.parse_value, is_needed, default

    def _fields(
        self, kind: GraphQLObjectType, selections: SelectionSetNode, is_root: bool = False
    ) -> list[Field]:
        if kind.is_type_of is not None:
            raise NotPlain
        found: dict[str, Field] = {}
        for node in self._plain(kind, selections):
            key = (node.alias or node.name).value
            made = self._field(kind, node, key, is_root)
            if key in found:
                raise NotPlain  # two that have to be merged
            found[key] = made
        return list(found.values())

    def _plain(self, kind: GraphQLObjectType, selections: SelectionSetNode) -> Any:
        for node in selections.selections:
            if node.directives:
                raise NotPlain
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if fragment.type_condition.name.value != kind.name or fragment.directives:
                    raise NotPlain
                yield from self._plain(kind, fragment.selection_set)
            else:
                raise NotPlain

    def _field(self, kind: GraphQLObjectType, node: FieldNode, key: str, is_root: bool) -> Field:
        name = node.name.value
        field = kind.fields.get(name)
        self._n_fields += 1
        if field is None or self._n_fields > MAX_FIELDS:  # __typename and its like
            raise NotPlain
        resolve = field.resolve or _default(name)
        if iscoroutinefunction(resolve) and not is_root:
            raise NotPlain
        is_needed = isinstance(field.type, GraphQLNonNull)
        own: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        given = self._given(field, node)
        if isinstance(own, _Leaf) and node.selection_set is None:
            return Field(key, name, kind.name, resolve, given, own.serialize, is_needed, ())
        if not isinstance(own, GraphQLObjectType) or node.selection_set is None:
            raise NotPlain
        inner = self._fields(own, node.selection_set)
        return Field(key, name, kind.name, resolve, given, None, is_needed, inner)

    def _given(self, field: GraphQLField, node: FieldNode) -> Given | None:
        named = {argument.name.value: argument.value for argument in node.arguments or ()}
        parts: list[tuple[str, Callable[[Values], Any], bool]] = []
        for name, argument in field.args.items():
            if name not in named:
                if argument.default_value is not Undefined:
                    raise NotPlain
                continue
            is_needed = isinstance(argument.type, GraphQLNonNull)
            read = self._value(named[name], argument.type)
            parts.append((argument.out_name or name, read, is_needed))
        return _object(parts) if parts else None

    def _value(self, node: ValueNode, kind: Any) -> Callable[[Values], Any]:
        """How a value in the document is read of the variables; Undefined where there is none."""
        own = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(node, VariableNode):
            variable = node.name.value
            return lambda values: values.get(variable, Undefined)
        if isinstance(node, ObjectValueNode) and isinstance(own, GraphQLInputObjectType):
            if own.is_one_of:
                raise NotPlain
            named = {field.name.value: field.value for field in node.fields}
            parts = []
            for name, field in own.fields.items():
                if name not in named:
                    if field.default_value is not Undefined:
                        raise NotPlain
                    continue
                is_needed = isinstance(field.type, GraphQLNonNull)
                parts.append(
                    (field.out_name or name, self._value(named[name], field.type), is_needed)
                )
            made = _object(parts)
            return lambda values: own.out_type(made(values))
        if not isinstance(own, _Leaf):
            raise NotPlain
        constant = value_from_ast(node, kind)
        if constant is Undefined:
            raise NotPlain
        return lambda _: constant


def _object(parts: Sequence[tuple[str, Callable[[Values], Any], bool]]) -> Given:
    """An object of what its parts have; one that is not given is left out."""

    def make(values: Values) -> dict[str, Any]:
        found = {}
        for name, read, is_needed in parts:
            value = read(values)
            if value is not Undefined:
                found[name] = value
            if is_needed and (value is None or value is Undefined):
                raise NotPlain
        return found

    return make


def _default(name: str) -> Callable[..., Any]:
    """As GraphQL reads a field without a resolver: a key or an attribute, called if it can be."""

    def read(source: Any, info: Info, **given: Any) -> Any:
        if isinstance(source, dict | Mapping):  # the first is told at once
            value = source.get(name)
        else:
            value = getattr(source, name, None)
        return value(info, **given) if callable(value) else value

    return read
