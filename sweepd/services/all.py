"""All services of one server, as the edges are handed them."""

from dataclasses import dataclass

from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.automations.automations import Automations
from sweepd.services.core import Changes
from sweepd.services.files.run_files import Files
from sweepd.services.people.failed_sign_ins import FailedSignIns
from sweepd.services.people.projects import Projects
from sweepd.services.people.registries import Registries
from sweepd.services.people.sessions import Sessions
from sweepd.services.people.shares import Shares
from sweepd.services.people.teams import Teams
from sweepd.services.people.users import Users
from sweepd.services.runs.notices import Notices
from sweepd.services.runs.overviews import Overviews
from sweepd.services.runs.runs import Runs
from sweepd.services.runs.taking_in import History
from sweepd.services.streams.reading import Reading
from sweepd.services.sweeps.scheduling import Scheduling
from sweepd.services.sweeps.sweeps import Sweeps
from sweepd.services.tables.aside import Aside
from sweepd.services.workspaces.views import Views


@dataclass(frozen=True)
class Services:
    """Built once in server.py."""

    users: Users
    sessions: Sessions
    failed_sign_ins: FailedSignIns
    shares: Shares
    teams: Teams
    projects: Projects
    overviews: Overviews
    runs: Runs
    tables: Aside
    history: History
    reading: Reading
    files: Files
    artifacts: Artifacts
    registries: Registries
    notices: Notices
    sweeps: Sweeps
    scheduling: Scheduling
    views: Views
    automations: Automations
    changes: Changes
