"""A project groups runs, sweeps and artifacts below one entity."""

from dataclasses import dataclass
from datetime import datetime

DEFAULT_PROJECT = "uncategorized"


@dataclass(frozen=True, slots=True)
class Project:
    """One project; `pk` is our key, never shown as a name."""

    pk: int
    entity_pk: int
    entity: str
    name: str
    description: str
    created_at: datetime
