"""Files of runs: upload addresses, listing, download addresses, deletion."""

from typing import Any
from urllib.parse import quote

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.errors import BadInput
from sweepd.domain.ids import check_file_path
from sweepd.domain.runs import Run, RunFile
from sweepd.wandb_api import wire
from sweepd.wandb_api.claims import GetBlob, PutRunFile
from sweepd.wandb_api.graphql.context import Context, Info, ctx
from sweepd.wandb_api.graphql.inputs.runs import (
    CreateRunFilesInput,
    DeleteFilesInput,
    MarkRunFilesUploadedInput,
)
from sweepd.wandb_api.graphql.paging import connection, read_start

mutation, run_type = MutationType(), ObjectType("Run")


@mutation.field("createRunFiles")
def create_run_files(_: Any, info: Info, input: CreateRunFilesInput) -> dict[str, Any]:
    """Upload addresses, one for each name and in the same order.

    The answer must never be null: wandb-core 0.31.0 then crashes.
    """
    context = ctx(info)
    run = context.services.runs.get(
        context.caller, input.entity_name, input.project_name, input.run_name
    )
    return {
        "run_id": wire.node_id("Run", run.pk),
        "upload_headers": [],
        "files": [
            {
                "id": f"{wire.node_id('Run', run.pk)}:{name}",
                "name": name,
                "upload_url": upload_url(context, run, name),
                "upload_headers": [],
            }
            for name in input.files
        ],
    }


def upload_url(context: Context, run: Run, path: str) -> str:
    """Where a run's file is put."""
    token = context.signer.sign(PutRunFile(run.pk, check_file_path(path)))
    return f"{context.base_url}/-/blobs/{token}/{quote(path.rsplit('/', 1)[-1])}"


def download_url(context: Context, blob: str, path: str, mimetype: str) -> str:
    """Where bytes are got."""
    token = context.signer.sign(GetBlob(blob, mimetype))
    return f"{context.base_url}/-/blobs/{token}/{quote(path.rsplit('/', 1)[-1])}"


@mutation.field("markRunFilesUploaded")
def mark_run_files_uploaded(_: Any, info: Info, input: MarkRunFilesUploadedInput) -> dict[str, Any]:
    """Nothing is left to do: a file is there as soon as its bytes are."""
    return {"success": True}


@mutation.field("deleteFiles")
def delete_files(_: Any, info: Info, input: DeleteFilesInput) -> dict[str, Any]:
    """Remove files of runs."""
    context = ctx(info)
    if not input.files:
        raise BadInput("name at least one file to delete")
    context.services.files.delete_files(context.caller, input.files)
    return {"success": True}


@run_type.field("fileCount")
def file_count(run: Run, info: Info) -> int:
    """How many files a run has."""
    return ctx(info).services.files.page_files(run, first=0).count()


@run_type.field("files")
def files(
    run: Run,
    info: Info,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    """A run's files by name; with `upload`, each has the address for its new bytes."""
    context = ctx(info)
    wanted = [name.removeprefix("./") for name in names or [] if name]
    page = context.services.files.page_files(run, pattern, wanted, read_start(after), first)
    made = connection(page, lambda file: _node(context, run, file))
    return {**made, "upload_headers": []}


def _node(context: Context, run: Run, file: RunFile) -> dict[str, Any]:
    direct = download_url(context, file.blob, file.path, file.mimetype)

    def url(_: Info, upload: bool | None = None) -> str:
        return upload_url(context, run, file.path) if upload else direct

    return {
        "id": wire.node_id("File", file.pk),
        "name": file.path,
        "display_name": file.path,
        "url": url,
        "direct_url": direct,
        "size_bytes": file.size_bytes,
        "mimetype": file.mimetype,
        "updated_at": file.updated_at,
        "md5": file.md5,
        "digest": file.md5,
    }


bindables: list[SchemaBindable] = [mutation, run_type]
