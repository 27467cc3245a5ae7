"""Which GraphQL documents of a version of the client are answered, and which refused and why."""

from dataclasses import dataclass
from pathlib import Path

from tests.protocol import page
from tests.protocol.client_documents import collect


@dataclass(frozen=True)
class Walked:
    """The documents of one version, by what becomes of them."""

    n_answered: int
    refused: dict[str, list[str]]  # reason: names of operations
    unknown: list[str]  # neither answered nor refused for a reason: name and what is wrong


def walk(environment: Path) -> Walked:
    """Look through the client installed in a virtual environment."""
    [root] = environment.glob("lib/python*/site-packages/wandb")
    n_answered, refused, unknown = 0, dict[str, set[str]](), []
    for document in collect(root):
        problems, reason = page.problems(document), page.reason(document)
        if not problems:
            n_answered += 1
        elif reason:
            refused.setdefault(reason, set()).add(document.name)
        else:
            unknown.append(f"{document.name} ({document.source}): {'; '.join(problems)}")
    return Walked(n_answered, {why: sorted(names) for why, names in refused.items()}, unknown)
