"""What S3 can do and `obstore` does not: sign what is put, copy large files, end half uploads.

By boto3, an extra: see docs/decisions/0008-signed-uploads.md. Everything raises Unavailable when
the store refuses.
"""

import contextlib
import importlib.util
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sweepd.domain.errors import Unavailable

_GONE = ("404", "NoSuchKey", "NotFound", "NoSuchUpload", "InvalidPart")
MAX_DELETED = 1000  # in one request
N_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there. `etag` is the MD5 of one put whole, in hexadecimal, where the store
    does not encrypt it by keys of its own."""

    size_bytes: int
    etag: str


class S3:
    """Files of one bucket, by place below a prefix. Safe to share between threads."""

    def __init__(self, bucket: str, prefix: str, environ: Mapping[str, str]) -> None:
        """Prepare; boto3 is imported when it is first needed."""
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._environ = environ
        self._lock = threading.Lock()
        self._made: Any = None

    @classmethod
    def open(cls, location: str, environ: Mapping[str, str] = os.environ) -> "S3 | None":
        """The S3 at an address `s3://bucket/prefix`; None at another, or without boto3."""
        parts = urlsplit(location)
        if parts.scheme != "s3" or importlib.util.find_spec("boto3") is None:
            return None
        return cls(parts.netloc, parts.path.strip("/"), environ)

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _connect(self._environ)
            return self._made

    def _of(self, place: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._prefix + place}

    def put_address(self, place: str, md5: str, seconds: int) -> str:
        """Where bytes of this MD5 (base64) are put, with it as the header `Content-MD5`."""
        given = {**self._of(place), "ContentMD5": md5}
        return self._sign("put_object", given, seconds)

    def put(self, place: str, body: bytes) -> None:
        """Write a small file."""
        with _passing_faults("the file could not be stored"):
            self._client.put_object(**self._of(place), Body=body)

    def begin(self, place: str) -> str:
        """Begin a file that comes in parts; returns what the store calls it meanwhile."""
        with _passing_faults("the upload could not be begun"):
            return str(self._client.create_multipart_upload(**self._of(place))["UploadId"])

    def part_address(self, place: str, upload: str, number: int, md5: str, seconds: int) -> str:
        """Where a part (from 1) is put; as `put_address`."""
        given = {**self._of(place), "UploadId": upload, "PartNumber": number, "ContentMD5": md5}
        return self._sign("upload_part", given, seconds)

    def _sign(self, what: str, given: dict[str, Any], seconds: int) -> str:
        with _passing_faults("no address could be signed"):
            return str(self._client.generate_presigned_url(what, Params=given, ExpiresIn=seconds))

    def finish(self, place: str, upload: str, etags: Sequence[tuple[int, str]]) -> bool:
        """Make a file of its parts, each as (number, what the store answered for it).

        Returns:
            False when there is no such upload or a part of it never came.
        """
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(etags)]
        with _passing_faults("the parts could not be put together"):
            answer = self._ask(
                "complete_multipart_upload",
                **self._of(place),
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )
        return bool(answer)

    def find(self, place: str) -> Found | None:
        """What is known of a file; None when there is none."""
        with _passing_faults("the store of files cannot be reached"):
            answer = self._ask("head_object", **self._of(place))
        return Found(int(answer["ContentLength"]), answer["ETag"].strip('"')) if answer else None

    def copy(self, place: str, to: str) -> bool:
        """Copy a file of up to 5 GiB within the store; False when there is none."""
        with _passing_faults("the file could not be put in place"):
            return bool(self._ask("copy_object", **self._of(to), CopySource=self._of(place)))

    def copy_large(self, place: str, to: str) -> None:
        """Copy a file of any size within the store, in parts."""
        with _passing_faults("the file could not be put in place"):
            self._client.copy(self._of(place), **self._of(to))

    def delete(self, places: Sequence[str]) -> None:
        """Remove files; missing ones are fine."""
        for first in range(0, len(places), MAX_DELETED):
            keys = [{"Key": self._prefix + one} for one in places[first : first + MAX_DELETED]]
            with _passing_faults("files cannot be deleted now"):
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys})

    def list_unfinished(self) -> Iterator[tuple[str, str, datetime]]:
        """(place, upload, when it was begun) of files of which parts came."""
        with _passing_faults("unfinished uploads cannot be listed"):
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for found in page.get("Uploads", ()):
                    place = str(found["Key"]).removeprefix(self._prefix)
                    yield place, str(found["UploadId"]), found["Initiated"]

    def abort(self, place: str, upload: str) -> None:
        """Forget an unfinished file with its parts; a missing one is fine."""
        with _passing_faults("an unfinished upload cannot be removed now"):
            self._ask("abort_multipart_upload", **self._of(place), UploadId=upload)

    def _ask(self, what: str, **given: Any) -> Any:
        """The store's answer; False when it says that there is no such thing."""
        from botocore.exceptions import ClientError

        try:
            return getattr(self._client, what)(**given)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return False
            raise


def _connect(environ: Mapping[str, str]) -> Any:
    """A client made of the variables that `obstore` reads; keys and roles boto3 finds itself."""
    import boto3
    from botocore.config import Config

    is_virtual = environ.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "").lower() == "true"
    return boto3.session.Session().client(
        "s3",
        endpoint_url=environ.get("AWS_ENDPOINT") or environ.get("AWS_ENDPOINT_URL"),
        region_name=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "virtual" if is_virtual else "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=N_CONNECTIONS,
            retries={"max_attempts": 3, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
        ),
    )


@contextlib.contextmanager
def _passing_faults(what: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise Unavailable(f"{what}: {str(error).partition(chr(10))[0]}") from error
