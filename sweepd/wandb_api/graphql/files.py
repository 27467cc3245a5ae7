"""Files of runs: upload addresses, listing, download addresses, deletion."""

import base64
from typing import Any
from urllib.parse import quote

from ariadne import MutationType, ObjectType
from ariadne.types import SchemaBindable

from sweepd.domain.errors import BadInput
from sweepd.domain.ids import check_file_path
from sweepd.domain.runs import Run, RunFile
from sweepd.wandb_api import wire
from sweepd.wandb_api.graphql.context import Context, Info, ctx

mutation, run_type = MutationType(), ObjectType("Run")


@mutation.field("createRunFiles")
def create_run_files(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Upload addresses, one for each name and in the same order.

    The answer must never be null: wandb-core 0.31.0 then crashes.
    """
    context = ctx(info)
    run = context.services.runs.get(
        context.caller, input["entity_name"], input["project_name"], input["run_name"]
    )
    return {
        "run_id": wire.node_id("Run", run.pk),
        "upload_headers": [],
        "files": [
            {"name": name, "upload_url": upload_url(context, run, name), "upload_headers": []}
            for name in input["files"]
        ],
    }


def upload_url(context: Context, run: Run, path: str) -> str:
    """Where a run's file is put."""
    token = context.signer.sign({"put": "run-file", "run": run.pk, "path": check_file_path(path)})
    return f"{context.base_url}/-/blobs/{token}/{quote(path.rsplit('/', 1)[-1])}"


def download_url(context: Context, blob: str, path: str, mimetype: str) -> str:
    """Where bytes are got."""
    token = context.signer.sign({"get": blob, "type": mimetype})
    return f"{context.base_url}/-/blobs/{token}/{quote(path.rsplit('/', 1)[-1])}"


@mutation.field("markRunFilesUploaded")
def mark_run_files_uploaded(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Nothing is left to do: a file is there as soon as its bytes are."""
    return {"success": True}


@mutation.field("deleteFiles")
def delete_files(_: Any, info: Info, input: dict[str, Any]) -> dict[str, Any]:
    """Remove files of runs."""
    context = ctx(info)
    if not input["files"]:
        raise BadInput("name at least one file to delete")
    pks = [wire.read_node_id("File", node) for node in input["files"]]
    context.services.files.delete_files(context.caller, pks)
    return {"success": True}


@run_type.field("fileCount")
def file_count(run: Run, info: Info) -> int:
    """How many files a run has."""
    return ctx(info).services.files.count_files(run)


@run_type.field("files")
def files(
    run: Run,
    info: Info,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    """A run's files by name; with `upload`, each has the address for its new bytes.

    A cursor is a name, so that deleting files of one page leaves out none of the next.
    """
    context = ctx(info)
    listed = context.services.files
    wanted = [name.removeprefix("./") for name in names or [] if name]
    limit = max(0, first) + 1 if first is not None else None
    found = listed.list_files(run, pattern, wanted, _read_cursor(after), limit)
    page = found if first is None else found[: max(0, first)]
    edges = [{"node": _node(context, run, file), "cursor": _cursor(file)} for file in page]
    return {
        "edges": edges,
        "page_info": {
            "start_cursor": _cursor(page[0]) if page else None,
            "end_cursor": _cursor(page[-1]) if page else None,
            "has_previous_page": after is not None,
            "has_next_page": len(found) > len(page),
        },
        "total_count": lambda _: listed.count_files(run, pattern, wanted),
        "upload_headers": [],
    }


def _cursor(file: RunFile) -> str:
    return base64.urlsafe_b64encode(file.path.encode()).decode()


def _read_cursor(text: str | None) -> str | None:
    """The name in a cursor.

    Raises:
        BadInput: It is none of ours.
    """
    if not text:
        return None
    try:
        return base64.urlsafe_b64decode(text).decode()
    except ValueError as error:
        raise BadInput(f"expected a cursor of an earlier page, got {text[:80]!r}") from error


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
