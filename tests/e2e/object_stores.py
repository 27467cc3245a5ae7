"""An S3 on loopback (moto's) with a bucket, for whoever keeps files there."""

from collections.abc import Iterator

import boto3
from moto.server import ThreadedMotoServer

from tests.conftest import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def serving() -> Iterator[dict[str, str]]:
    """A bucket `sweeps`; what a server needs in its environment to use it."""
    port = free_port()
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    store.start()
    address = f"http://127.0.0.1:{port}"
    boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    ).create_bucket(Bucket="sweeps")
    yield KEYS | {
        "AWS_ENDPOINT": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "SWEEPD_FILES": "s3://sweeps/kept",
    }
    store.stop()
