"""`sweepd import`: runs of other tools, and whole projects of other servers."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweepd.cli import data as server_data
from sweepd.cli import local, options, other_server, out
from sweepd.domain.errors import BadInput

if TYPE_CHECKING:
    from sweepd.domain.users import Caller
    from sweepd.server import Parts
    from sweepd.services.moving.foreign import ForeignRun, ProjectSource
    from sweepd.services.moving.intake import Intake
    from sweepd.settings import Settings


def command(
    source: str = typer.Argument(
        help="https://SERVER/ENTITY/PROJECT, a file of `sweepd export`, an mlruns folder, one of "
        "TensorBoard, or Optuna's SQLite file."
    ),
    project: str = typer.Argument(help="ENTITY/PROJECT to bring it into; made when new."),
    user: str | None = typer.Option(None, help="Whose runs they are; by default this machine's."),
    data: Path | None = options.DATA,
    database: str | None = options.DATABASE,
) -> None:
    """Bring in a project of another server, or runs of MLflow, TensorBoard, Optuna.

    A second time goes on where the first ended, and doubles nothing.
    """
    entity, name = server_data.read_project(project)
    is_whole = other_server.is_address(source) or zipfile.is_zipfile(source)
    found = None if is_whole else reader_of(Path(source))(Path(source))
    settings = server_data.existing(options.settings(data, database=database))
    with server_data.opened(settings) as parts:
        caller = parts.services.users.get_caller(user or local.read_user(settings) or entity)
        if found is not None:
            _take_runs(_intake(parts, caller, entity, name), found, source, project)
        else:
            _take_project(parts, caller, (entity, name), _project(settings, source))


def _intake(parts: "Parts", caller: "Caller", entity: str, project: str) -> "Intake":
    from sweepd.services.moving.intake import Intake

    services = parts.services
    used = (services.runs, services.history, services.reading, services.files)
    return Intake(parts.core, used, caller, entity, project)


def _take_runs(intake: "Intake", found: "Iterator[ForeignRun]", source: str, project: str) -> None:
    n_new = n_same = 0
    for run in found:
        if intake.take(run):
            n_new += 1
            out.say(f"  {run.run_id}: {run.n_lines} lines, {len(run.files)} files")
        else:
            n_same += 1
    out.say(f"{project}: {n_new} runs brought in from {source}, {n_same} were there already")


def _project(settings: "Settings", source: str) -> "ProjectSource":
    from sweepd.services.moving.project_file import ProjectFile
    from sweepd.services.moving.wire_project import WireProject

    if not other_server.is_address(source):
        return ProjectFile(Path(source))
    url, entity, project = other_server.read_address(source)
    return WireProject(other_server.connect(settings, url), url, entity, project)


def _take_project(
    parts: "Parts", caller: "Caller", where: tuple[str, str], source: "ProjectSource"
) -> None:
    from sweepd.services.moving.project_intake import ProjectIntake
    from sweepd.services.moving.version_intake import VersionIntake

    runs = _intake(parts, caller, *where)
    artifacts = parts.services.artifacts
    versions = VersionIntake(parts.core, artifacts, caller, where, source.name)
    intake = ProjectIntake(parts.core, runs, versions, caller, where)
    new: dict[str, int] = dict.fromkeys(("sweep", "version", "run", "view"), 0)
    n_same = 0
    for taken in intake.take(source):
        if taken.is_new:
            new[taken.kind] += 1
            out.say(f"  {taken.told}")
        elif taken.is_left:
            out.complain(f"  {taken.told}")
        else:
            n_same += 1
    told = ", ".join(f"{n} {kind}s" for kind, n in new.items())
    out.say(
        f"{'/'.join(where)}: {told} brought in from {source.name}, {n_same} things were there "
        "already"
    )


def reader_of(source: Path) -> Callable[[Path], "Iterator[ForeignRun]"]:
    """What reads a source.

    Raises:
        BadInput: There is nothing.
    """
    from sweepd.services.moving import mlflow, optuna, tensorboard

    if source.is_dir():
        # MLflow's first: event files may lie among what its runs kept.
        is_events = not mlflow.find(source) and any(source.rglob(tensorboard.PATTERN))
        return tensorboard.list_runs if is_events else mlflow.list_runs
    if source.is_file():
        return optuna.list_runs
    raise BadInput(
        f"{source} is not there; expected an address, a file of `sweepd export`, an mlruns folder, "
        "a folder of event files or an SQLite file of Optuna"
    )
