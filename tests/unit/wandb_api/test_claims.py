"""What signed addresses allow: every claim survives its token, also those given out before."""

import pytest

from sweepd.domain.artifacts import Digest, DigestAlgorithm
from sweepd.domain.errors import Forbidden
from sweepd.wandb_api.claims import (
    Claim,
    GetBlob,
    JoinDirectParts,
    JoinParts,
    PutArtifactFile,
    PutManifest,
    PutPart,
    PutRunFile,
    from_token,
)
from sweepd.wandb_api.signing import Signer

XXH = Digest("abc", DigestAlgorithm.XXH128)


@pytest.mark.parametrize(
    "claim",
    [
        PutRunFile(3, "media/a.png"),
        PutArtifactFile(4, "model.keras", XXH),
        PutArtifactFile(4, "model.keras", None),
        PutManifest(4, "md5=="),
        PutManifest(4, None),
        PutPart("up", 2, "00ff"),
        JoinParts(4, "big.bin", Digest("md5=="), "up"),
        JoinDirectParts(4, "big.bin", Digest("md5=="), "m00", "up"),
        GetBlob("ff" * 32, "image/png"),
    ],
)
def test_a_claim_is_read_as_it_was_signed(claim: Claim) -> None:
    signer = Signer("secret")
    assert signer.read(signer.sign(claim)) == claim


def test_addresses_of_before_are_read() -> None:
    old = {"put": "artifact-file", "artifact": 4, "path": "a", "md5": "md5=="}
    assert from_token(old) == PutArtifactFile(4, "a", Digest("md5=="))
    assert from_token({"get": "ff"}) == GetBlob("ff", "application/octet-stream")


@pytest.mark.parametrize(
    "carried",
    [{}, {"put": "elsewhere"}, {"put": "part", "upload": "x"}, {"get": 3}, {"put": "run-file"}],
)
def test_what_says_nothing_allows_nothing(carried: dict[str, object]) -> None:
    with pytest.raises(Forbidden, match="ask for a new one"):
        from_token(carried)
