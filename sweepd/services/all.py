"""All services of one server, as the edges are handed them."""

from dataclasses import dataclass

from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.core import Changes
from sweepd.services.files.run_files import Files
from sweepd.services.people.failed_sign_ins import FailedSignIns
from sweepd.services.people.projects import Projects
from sweepd.services.people.registries import Registries
from sweepd.services.people.sessions import Sessions
from sweepd.services.people.teams import Teams
from sweepd.services.people.users import Users
from sweepd.services.runs.notices import Notices
from sweepd.services.runs.overviews import Overviews
from sweepd.services.runs.runs import Runs
from sweepd.services.runs.taking_in import History
from sweepd.services.streams.reading import Reading
from sweepd.services.sweeps.scheduling import Scheduling
from sweepd.services.sweeps.sweeps import Sweeps


@dataclass(frozen=True)
class Services:
    """Built once in server.py."""

    users: Users
    sessions: Sessions
    failed_sign_ins: FailedSignIns
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
