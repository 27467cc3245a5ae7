"""What a parsed GraphQL document asks for: its root fields, how deep and how much."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


def root_fields(document: DocumentNode) -> Iterator[str]:
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


def measure(document: DocumentNode) -> tuple[int, int]:
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
