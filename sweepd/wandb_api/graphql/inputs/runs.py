"""Inputs about runs, their files, alerts and charts."""

from enum import StrEnum

from sweepd.wandb_api.graphql.inputs.input_types import FilePk, ObjectText, RunPk, wire_input


class AlertSeverity(StrEnum):
    """How bad it is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


@wire_input
class UpsertBucketInput:
    """A run that is created or changed; None leaves a matter as it is."""

    id: str | None = None  # a client that resumes sends one beside the name
    name: str | None = None
    model_name: str | None = None
    entity_name: str | None = None
    group_name: str | None = None
    description: str | None = None
    display_name: str | None = None
    notes: str | None = None
    commit: str | None = None
    config: ObjectText = None
    host: str | None = None
    job_program: str | None = None
    job_repo: str | None = None
    job_type: str | None = None
    state: str | None = None
    sweep: str | None = None
    tags: tuple[str, ...] | None = None
    summary_metrics: ObjectText = None


@wire_input
class DeleteRunInput:
    """A run that goes."""

    id: RunPk
    delete_artifacts: bool = False
    keep_config: bool = False
    client_mutation_id: str | None = None


@wire_input
class StopRunInput:
    """A run that is to stop."""

    id: RunPk


@wire_input
class UpdateRunStateInput:
    """A run's state, as its user sees it."""

    id: RunPk
    state: str


@wire_input
class RewindRunInput:
    """A run whose history is cut."""

    run_name: str
    entity_name: str | None = None
    project_name: str | None = None
    metric_name: str
    metric_value: float


@wire_input
class NotifyScriptableRunAlertInput:
    """An alert of a run's script."""

    entity_name: str
    project_name: str
    run_name: str
    title: str
    text: str
    severity: AlertSeverity = AlertSeverity.INFO
    wait_duration: int = 0  # milliseconds


@wire_input
class CreateCustomChartInput:
    """A chart's Vega spec under a name."""

    entity: str
    name: str
    display_name: str
    type: str
    spec: ObjectText


@wire_input
class CreateRunFilesInput:
    """Files of a run that are about to come."""

    entity_name: str
    project_name: str
    run_name: str
    files: tuple[str, ...]


@wire_input
class MarkRunFilesUploadedInput:
    """Files of a run that have come."""

    entity_name: str
    project_name: str
    run_name: str
    files: tuple[str, ...]


@wire_input
class DeleteFilesInput:
    """Files of runs that go."""

    files: tuple[FilePk, ...]
