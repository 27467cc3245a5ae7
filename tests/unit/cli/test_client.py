"""What our commands say when the server cannot be asked."""

import ssl
import urllib.error

import pytest

from sweepd.cli import proxies
from sweepd.cli.client import Client
from sweepd.domain.errors import Unavailable


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> str:
    def fail(*_: object, **__: object) -> None:
        raise urllib.error.URLError(error)

    monkeypatch.setattr(proxies, "open_url", fail)
    with pytest.raises(Unavailable) as caught:
        Client("https://sweeps.example.org", "k" * 40).query("{ viewer { id } }")
    return str(caught.value)


def test_a_private_authority_is_named_by_both_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "unable to get local issuer certificate"
    said = failing(error, monkeypatch)
    assert "unable to get local issuer certificate" in said
    assert "SSL_CERT_FILE=" in said and "REQUESTS_CA_BUNDLE=" in said


def test_a_server_that_is_away_is_no_matter_of_certificates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = failing(ConnectionRefusedError("refused"), monkeypatch)
    assert "sweepd serve" in said and "SSL_CERT_FILE" not in said
