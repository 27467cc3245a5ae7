"""Composition root: the only file that knows every layer. Builds a server, starts and stops it."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Timer

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware

from sweepd import __version__, data_folder, local_address
from sweepd.domain.errors import BadInput
from sweepd.domain.targets import read_allowed
from sweepd.http_server import CutOff
from sweepd.services.all import Services
from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.artifacts.direct_uploads import DirectUploads
from sweepd.services.artifacts.manifest_reading import ManifestLimits
from sweepd.services.automations.automations import Automations
from sweepd.services.automations.delivering import Delivering
from sweepd.services.automations.sending import Mail, send
from sweepd.services.automations.telling import Telling
from sweepd.services.background import Background
from sweepd.services.core import Clock, Core
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
from sweepd.services.sweeps.leases import Leases
from sweepd.services.sweeps.proposals import Proposals
from sweepd.services.sweeps.scheduling import Scheduling
from sweepd.services.sweeps.sweeps import Sweeps
from sweepd.services.tables.aside import Aside
from sweepd.services.tables.reading_aside import ReadingAside
from sweepd.services.tables.reads import Places
from sweepd.services.upkeep import belonging
from sweepd.services.upkeep.gathering import Gathering
from sweepd.services.upkeep.housekeeping import Housekeeping
from sweepd.services.upkeep.readiness import Readiness
from sweepd.services.upkeep.replicas import Replicas
from sweepd.services.upkeep.verification import Verification, Verifying
from sweepd.services.workspaces.views import Views
from sweepd.settings import Settings
from sweepd.store.blobs import Blobs
from sweepd.store.clock import DatabaseClock
from sweepd.store.database import Database
from sweepd.store.news import News
from sweepd.wandb_api import routes as wandb_routes
from sweepd.wandb_api.graphql.engine import Engine
from sweepd.wandb_api.prefix import BelowPath
from sweepd.wandb_api.signing import Signer
from sweepd.web import routes as web_routes
from sweepd.web import static_files
from sweepd.web.compression import Compressed
from sweepd.web.framing import Framed, read_origins
from sweepd.web.root import Rooted

log = logging.getLogger("sweepd")


def utc_now() -> datetime:
    """The clock of a real server."""
    return datetime.now(UTC)


@dataclass
class Parts:
    """What a server is made of; `start` and `close` may each be called once."""

    settings: Settings
    core: Core
    services: Services
    proposals: Proposals
    leases: Leases
    readiness: Readiness
    clock: Background | None  # the database's, asked again
    replicas: Replicas | None
    housekeeping: Housekeeping
    gathering: Gathering
    verification: Verification
    verifying: Verifying
    aside: Aside
    delivering: Delivering
    blobs: Blobs

    def start(self) -> None:
        """Begin the work between requests."""
        if self.clock is not None:
            self.clock.start()
        if self.replicas is not None:
            self.replicas.start()
        self.readiness.start()
        self.proposals.start()
        self.leases.start()
        self.housekeeping.start()
        self.gathering.start()
        self.aside.start()
        self.delivering.start()
        self.verifying.start()

    def close(self) -> None:
        """Stop that work, finish the writes accepted, let go of the database."""
        self.verifying.stop()
        self.delivering.stop()
        self.aside.stop()
        self.gathering.stop()
        self.housekeeping.stop()
        self.leases.stop()
        self.proposals.stop()
        self.readiness.stop()
        if self.replicas is not None:
            self.replicas.stop()
        if self.clock is not None:
            self.clock.stop()
        self.core.db.close()


def build(
    settings: Settings,
    now: Clock = utc_now,
    steady: Callable[[], float] | None = None,
    is_new: bool = False,
) -> Parts:
    """The services over the database and files that the settings name; nothing runs yet.

    Args:
        steady: Seconds nobody sets; by default those of this machine, or those of another `now`.
        is_new: A new server is meant, whatever lies there of an earlier one.

    Raises:
        BadInput: Database, files and key are not of one server; the message says what to do.
        Unavailable: The database does not answer.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    data_folder.check_database(settings, is_new)
    database = Database(settings.database_url, settings.database_connections)
    try:
        return _build(settings, database, now, steady, is_new)
    except BaseException:
        database.close()
        raise


def _build(
    settings: Settings,
    database: Database,
    now: Clock,
    steady: Callable[[], float] | None,
    is_new: bool,
) -> Parts:
    common = DatabaseClock(database, now) if now is utc_now and not database.is_sqlite else None
    core = Core(
        database,
        common or now,
        run_silent_s=settings.run_silent_s,
        agent_silent_s=settings.agent_silent_s,
        steady=steady or (time.monotonic if now is utc_now else None),
    )
    blobs = Blobs.open(settings.files_location)
    key_file = settings.data / data_folder.KEY_FILE
    belongs = belonging.check(core, blobs, key_file, is_new, data_folder.LOST)
    proposals = Proposals(core, settings.proposal_s)
    limits = ManifestLimits(settings.max_manifest_bytes, settings.max_manifest_entries)
    direct = DirectUploads(core, blobs, settings.direct_upload_s, settings.max_file_bytes)
    artifacts = Artifacts(core, blobs, limits, direct)
    users = Users(core)
    own_reading = Reading(core, blobs)
    columns = settings.data / data_folder.COLUMNS
    places = Places(settings.database_url, settings.files_location, str(columns), belongs.identity)
    aside = Aside(core, own_reading, places, settings.reader_processes)
    registries = Registries(core)
    registries.prepare(settings.organization)
    allowed, mail = read_allowed(settings.notice_hosts), _mail_of(settings)
    services = Services(
        users=users,
        sessions=Sessions(core),
        failed_sign_ins=FailedSignIns(settings.failed_sign_ins_per_minute, core.seconds),
        shares=Shares(),
        teams=Teams(core, users),
        projects=Projects(core),
        overviews=Overviews(core),
        runs=Runs(core, blobs, aside),
        tables=aside,
        history=History(core),
        reading=ReadingAside(own_reading, aside),
        files=Files(core, blobs, settings.direct_download_s),
        artifacts=artifacts,
        registries=registries,
        notices=Notices(core),
        sweeps=Sweeps(core, proposals),
        scheduling=Scheduling(core, proposals),
        views=Views(core),
        automations=Automations(
            core, allowed, settings.notice_mail_domains, bool(settings.smtp_host)
        ),
        changes=core.changes,
    )
    kept = settings.removal_share, settings.trash_days, settings.deleted_days
    housekeeping = Housekeeping(core, blobs, artifacts, *kept)
    verification = Verification(core, blobs)
    verifying = Verifying(verification, settings.verify_days, settings.verify_mb_per_s)
    return Parts(
        settings,
        core,
        services,
        proposals,
        Leases(core),
        Readiness(core, blobs, belongs),
        Background("the clock", common.measure, CLOCK_EVERY_S) if common else None,
        None if database.is_sqlite else Replicas(core, News(settings.database_url)),
        housekeeping,
        Gathering(core, blobs),
        verification,
        verifying,
        aside,
        Delivering(
            core,
            Telling(core, blobs),
            lambda delivery, place: send(delivery, place, allowed, mail),
        ),
        blobs,
    )


def _mail_of(settings: Settings) -> Mail:
    if settings.smtp_tls not in ("starttls", "tls", "none"):
        raise BadInput(f"SWEEPD_SMTP_TLS is one of starttls, tls, none; got {settings.smtp_tls!r}")
    return Mail(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_from,
        settings.smtp_user,
        settings.smtp_password,
        settings.notice_mail_domains,
    )


CLOCK_EVERY_S = 15.0
PACK_AFTER_S = 3.0  # the start comes first; a page asked for sooner has its files packed for it


def make_app(parts: Parts) -> Starlette:
    """The ASGI application: the client's protocol and the pages, on one origin."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = parts.settings.threads
        parts.start()
        packing = Timer(PACK_AFTER_S, static_files.prepare)
        packing.daemon = True
        packing.start()
        try:
            yield
        finally:
            packing.cancel()
            # Here, not after serving: uvicorn ends the process by the signal it was sent.
            await anyio.to_thread.run_sync(parts.close)
            local_address.remove(parts.settings.data)

    prefix = parts.settings.path_prefix
    origins = read_origins(parts.settings.frame_origins)
    app = Starlette(
        routes=[*wandb_routes.routes, *web_routes.routes],
        middleware=[
            Middleware(CutOff),
            Middleware(Compressed),
            *([Middleware(BelowPath, prefix=prefix), Middleware(Rooted)] if prefix else []),
            Middleware(Framed, origins=origins),
        ],
        lifespan=lifespan,
    )
    app.state.version = __version__
    app.state.settings = parts.settings
    app.state.services = parts.services
    app.state.readiness = parts.readiness
    app.state.signer = Signer(parts.services.users.secret("files"), parts.core.now)
    app.state.session_secret = parts.services.users.secret("sessions")
    app.state.engine = Engine()
    return app
