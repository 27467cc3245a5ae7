"""Composition root: the only file that knows every layer. Builds a server, starts and stops it."""

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware

from sweepd import __version__, data_folder, local_address
from sweepd.domain.errors import BadInput
from sweepd.http_server import CutOff, HttpServer, Limits, allow_many_connections
from sweepd.services.all import Services
from sweepd.services.artifacts.artifacts import Artifacts
from sweepd.services.artifacts.manifest_reading import ManifestLimits
from sweepd.services.core import Clock, Core
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
from sweepd.services.sweeps.leases import Leases
from sweepd.services.sweeps.proposals import Proposals
from sweepd.services.sweeps.scheduling import Scheduling
from sweepd.services.sweeps.sweeps import Sweeps
from sweepd.services.upkeep import belonging
from sweepd.services.upkeep.gathering import Gathering
from sweepd.services.upkeep.housekeeping import Housekeeping
from sweepd.services.upkeep.verification import Verification, Verifying
from sweepd.settings import Settings
from sweepd.store.blobs import Blobs
from sweepd.store.database import Database
from sweepd.wandb_api import routes as wandb_routes
from sweepd.wandb_api.graphql.engine import Engine
from sweepd.wandb_api.prefix import BelowPath
from sweepd.wandb_api.signing import Signer
from sweepd.web import routes as web_routes
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
    housekeeping: Housekeeping
    gathering: Gathering
    verification: Verification
    verifying: Verifying
    blobs: Blobs

    def start(self) -> None:
        """Begin the work between requests."""
        self.proposals.start()
        self.leases.start()
        self.housekeeping.start()
        self.gathering.start()
        self.verifying.start()

    def close(self) -> None:
        """Stop that work, finish the writes accepted, let go of the database."""
        self.verifying.stop()
        self.gathering.stop()
        self.housekeeping.stop()
        self.leases.stop()
        self.proposals.stop()
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
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    data_folder.check_database(settings, is_new)
    core = Core(
        Database(settings.database_url),
        now,
        run_silent_s=settings.run_silent_s,
        agent_silent_s=settings.agent_silent_s,
        steady=steady or (time.monotonic if now is utc_now else None),
    )
    blobs = Blobs.open(settings.files_location)
    try:
        key_file = settings.data / data_folder.KEY_FILE
        belonging.check(core, blobs, key_file, is_new, data_folder.LOST)
    except BaseException:
        core.db.close()
        raise
    proposals = Proposals(core, settings.proposal_s)
    limits = ManifestLimits(settings.max_manifest_bytes, settings.max_manifest_entries)
    artifacts = Artifacts(core, blobs, limits)
    users = Users(core)
    registries = Registries(core)
    registries.prepare(settings.organization)
    services = Services(
        users=users,
        sessions=Sessions(core),
        failed_sign_ins=FailedSignIns(settings.failed_sign_ins_per_minute, time.monotonic),
        teams=Teams(core, users),
        projects=Projects(core),
        overviews=Overviews(core),
        runs=Runs(core, blobs),
        history=History(core),
        reading=Reading(core, blobs),
        files=Files(core, blobs),
        artifacts=artifacts,
        registries=registries,
        notices=Notices(core),
        sweeps=Sweeps(core, proposals),
        scheduling=Scheduling(core, proposals),
        changes=core.changes,
    )
    housekeeping = Housekeeping(core, blobs, artifacts, settings.removal_share, settings.trash_days)
    verification = Verification(core, blobs)
    verifying = Verifying(verification, settings.verify_days, settings.verify_mb_per_s)
    return Parts(
        settings,
        core,
        services,
        proposals,
        Leases(core),
        housekeeping,
        Gathering(core, blobs),
        verification,
        verifying,
        blobs,
    )


LOCK_FILE = "server.lock"
GC_THRESHOLD = 10_000  # objects more than before, of which some may be in cycles


@contextlib.contextmanager
def hold_folder(settings: Settings) -> Iterator[None]:
    """Keep any other server off this data folder's SQLite database; replicas use PostgreSQL.

    Raises:
        BadInput: A server works on it now; the message says which.
    """
    if settings.database:
        data_folder.protect(settings)
        yield
        return
    data_folder.protect(settings)
    try:
        file = (settings.data / LOCK_FILE).open("w")
    except OSError as error:
        raise BadInput(
            f"{settings.data} cannot be used: {error.strerror}; make it writable for this user, or "
            "name another folder with --data"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            found = local_address.read(settings.data)
            where = f": process {found.pid} at {found.url}" if found else ""
            raise BadInput(
                f"a server works on {settings.data} already{where}; stop it, or name another "
                "folder with --data"
            ) from error
        yield


def make_app(parts: Parts) -> Starlette:
    """The ASGI application: the client's protocol and the pages, on one origin."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = parts.settings.threads
        parts.start()
        try:
            yield
        finally:
            # Here, not after serving: uvicorn ends the process by the signal it was sent.
            await anyio.to_thread.run_sync(parts.close)
            local_address.remove(parts.settings.data)

    prefix = parts.settings.path_prefix
    app = Starlette(
        routes=[*wandb_routes.routes, *web_routes.routes],
        middleware=[
            Middleware(CutOff),
            *([Middleware(BelowPath, prefix=prefix), Middleware(Rooted)] if prefix else []),
        ],
        lifespan=lifespan,
    )
    app.state.version = __version__
    app.state.settings = parts.settings
    app.state.services = parts.services
    app.state.signer = Signer(parts.services.users.secret("files"))
    app.state.session_secret = parts.services.users.secret("sessions")
    app.state.engine = Engine()
    return app


def listen(settings: Settings) -> socket.socket:
    """The listening socket.

    Raises:
        BadInput: The address is taken or not ours; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # TCP by name: asyncio leaves Nagle's delay on for sockets whose protocol it is not told, and
    # every answer on a kept connection then waits 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise BadInput(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; is a server "
            "already running there? Choose another with --port, or 0 for any free one"
        ) from error
    return listener


def address_of(settings: Settings, listener: socket.socket) -> str:
    """The address people open, with the port that was really taken."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = settings.host if settings.host not in ("0.0.0.0", "::") else socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def serve(settings: Settings, announce: Callable[[Parts, str], None], is_new: bool = False) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        announce: Called with the parts and the address once the server accepts connections.
        is_new: As in `build`.

    Raises:
        BadInput: The address cannot be listened on, or a server works on the folder already.
    """
    # The search process inherits this: proposing must not take the cores that train.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    n_files = allow_many_connections()
    with hold_folder(settings):
        _serve(settings, announce, _limits(settings, n_files), is_new)


def _limits(settings: Settings, n_files: int) -> Limits:
    """What a connection may cost, when this process may open so many files."""
    most = settings.max_connections_per_address
    return Limits(
        settings.max_header_bytes,
        settings.max_headers,
        settings.header_s,
        min(most, max(1, n_files // 2)) if most else 0,
    )


def _serve(
    settings: Settings, announce: Callable[[Parts, str], None], limits: Limits, is_new: bool
) -> None:
    listener = listen(settings)
    try:
        parts = build(settings, is_new=is_new)
    except BaseException:
        listener.close()
        raise
    if not settings.database:  # replicas share the folder of files
        parts.housekeeping.drop_cut_off()
    address = address_of(settings, listener)
    app = make_app(parts)
    server = HttpServer(app, limits)

    async def run() -> None:
        task = asyncio.create_task(server.serve([listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        if server.started:
            _settle_memory()
            local_address.write(settings.data, address)
            await anyio.to_thread.run_sync(announce, parts, address)
        await task

    try:
        runner = asyncio.Runner(loop_factory=server.config.get_loop_factory())
        with contextlib.suppress(KeyboardInterrupt), runner:
            runner.run(run())
    finally:
        listener.close()
        parts.core.db.close()


def _settle_memory() -> None:
    """Keep the collector of reference cycles off what is there for good: code, schema, statements.

    It looked through all of that again and again, a quarter of a heartbeat's processor time. And
    cycles are rare here, so it may look for them less often.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    gc.enable()
