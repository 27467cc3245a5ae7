"""A project groups runs, sweeps and artifacts below one entity."""

from dataclasses import dataclass
from datetime import datetime

DEFAULT_PROJECT = "uncategorized"
TRASH = "-"  # the entity of deleted projects: nobody belongs to it, and no other can be called so


@dataclass(frozen=True, slots=True)
class Project:
    """One project; `pk` is our key, never shown as a name."""

    pk: int
    entity_pk: int
    entity: str
    name: str
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeletedProject:
    """A project that can be brought back to where it was."""

    pk: int
    entity_pk: int
    entity: str
    name: str
    n_runs: int
    deleted_by: str
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """What a list of projects says of each."""

    project: Project
    n_runs: int
    n_running: int
    n_sweeps: int
    last_at: datetime  # of the last change to a run; else of the project's creation
