"""Give functions that exist a changed module's code, so that nothing need be imported again."""

import gc
import warnings
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def compiled(source: str, path: str, flags: int = 0) -> Any:
    """A module's code, or its tree; `is` beside a literal is a change like others, not a warning.

    Raises:
        SyntaxError: It is no program.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        return compile(source, path, "exec", flags)


def changed_functions(old: str, new: str, path: str) -> list[tuple[CodeType, CodeType]] | None:
    """The functions in which two texts of a module differ, as (code before, code after).

    Returns:
        None when they differ elsewhere too: a constant, a default, a decorator, a class's body.
    """
    before, after = compiled(old, path), compiled(new, path)
    found: list[tuple[CodeType, CodeType]] = []
    return found if _compare(before, after, found) else None


Place = tuple[str, str, int]


def list_functions(below: str) -> dict[Place, list[FunctionType]]:
    """Every function there is now whose file lies below a folder, by its place."""
    found: dict[Place, list[FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(below):
            found[_place(thing.__code__)].append(thing)
    return found


def patch(
    pairs: list[tuple[CodeType, CodeType]], functions: dict[Place, list[FunctionType]]
) -> bool:
    """Change the functions; says whether each was found."""
    for old, new in pairs:
        there = functions.get(_place(old))
        if not there:
            return False
        for function in there:
            try:
                function.__code__ = new
            except ValueError:  # it closes over something else
                return False
    return True


def _compare(old: CodeType, new: CodeType, found: list[tuple[CodeType, CodeType]]) -> bool:
    """Whether a module or class body is the same but for functions, which are then `found`."""
    if _bare(old, False) != _bare(new, False):
        return False
    for inner, other in zip(_nested(old), _nested(new), strict=True):
        is_function = inner.co_flags & 0x2 and not inner.co_name.startswith("<")
        if is_function:
            if _bare(inner, True) != _bare(other, True):
                found.append((inner, other))
        elif inner.co_name.startswith("<"):  # a lambda or comprehension of the body
            if _bare(inner, True) != _bare(other, True):
                return False
        elif not _compare(inner, other, found):
            return False
    return True


def _nested(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


def _bare(code: CodeType, with_nested: bool) -> tuple[Any, ...]:
    """What a code does, wherever it stands."""
    consts = tuple(
        (_bare(const, True) if with_nested else const.co_name)
        if isinstance(const, CodeType)
        else (type(const), repr(const))
        for const in code.co_consts
    )
    return (
        code.co_name,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        code.co_argcount,
        getattr(code, "co_exceptiontable", b""),
        consts,
    )


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno
