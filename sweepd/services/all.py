"""All services of one server, as the edges are handed them."""

from dataclasses import dataclass

from sweepd.services.artifacts import Artifacts
from sweepd.services.core import Changes
from sweepd.services.files import Files
from sweepd.services.history import History
from sweepd.services.notices import Notices
from sweepd.services.overviews import Overviews
from sweepd.services.projects import Projects
from sweepd.services.reading import Reading
from sweepd.services.registries import Registries
from sweepd.services.runs import Runs
from sweepd.services.scheduling import Scheduling
from sweepd.services.sweeps import Sweeps
from sweepd.services.teams import Teams
from sweepd.services.users import Users


@dataclass(frozen=True)
class Services:
    """Built once in server.py."""

    users: Users
    teams: Teams
    projects: Projects
    overviews: Overviews
    runs: Runs
    history: History
    reading: Reading
    files: Files
    artifacts: Artifacts
    registries: Registries
    notices: Notices
    sweeps: Sweeps
    scheduling: Scheduling
    changes: Changes
