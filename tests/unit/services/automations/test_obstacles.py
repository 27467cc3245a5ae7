"""Every fault that a delivery can meet is said in words: nobody reads the name of a class."""

import errno
import http.client
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator

import pytest

from sweepd.services.automations.obstacles import MOST, in_words

PLACE = "hook.example:443"
SAID = {
    ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"): "nothing listens there",
    TimeoutError("timed out"): "did not answer within 10 s",
    ConnectionResetError(errno.ECONNRESET, "x"): "ended the connection without an answer",
    BrokenPipeError(errno.EPIPE, "x"): "ended the connection without an answer",
    http.client.RemoteDisconnected("x"): "ended the connection without an answer",
    http.client.BadStatusLine("SSH-2.0-x"): "something that is not HTTP",
    socket.gaierror(socket.EAI_NONAME, "Name or service not known"): "no such name is known",
    socket.gaierror(socket.EAI_AGAIN, "x"): "could not be looked up just now",
    UnicodeError("label too long"): "no such name is known",
    OSError(errno.ENETUNREACH, "x"): "cannot be reached from this machine",
    OSError(errno.EMFILE, "Too many open files"): "too many open files",
    OSError("strange"): "could not be reached",
    ssl.SSLError(1, "WRONG_VERSION_NUMBER"): "no encrypted connection came about",
    smtplib.SMTPServerDisconnected("x"): "ended the connection without an answer",
    smtplib.SMTPNotSupportedError("x"): "does not offer what is set up",
    smtplib.SMTPAuthenticationError(535, b"no"): "refused the user or password: 535 no",
    smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"who?")}): "to this address: 550 who?",
    smtplib.SMTPSenderRefused(551, b"not you", "s"): "refused the sender: 551 not you",
    smtplib.SMTPDataError(554, "x" * 900): "refused the mail: 554 xxx",
    smtplib.SMTPException("x"): "did not take the mail",
}


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def every_class(base: type[BaseException]) -> Iterator[type[BaseException]]:
    """A class and all that are made of it, in the standard library's modules for networks."""
    yield base
    for child in base.__subclasses__():
        if child.__module__ in ("builtins", "socket", "ssl", "http.client", "smtplib"):
            yield from every_class(child)


@pytest.mark.parametrize("error", SAID, ids=lambda error: type(error).__name__)
def test_a_fault_is_said_in_words(error: Exception) -> None:
    said = in_words(error, PLACE, 10)
    assert said.startswith(PLACE) and SAID[error] in said
    assert not re.search(r"Error|Exception|Errno|\[", said) and len(said) <= MOST


def test_a_certificate_nobody_trusts_is_named_as_such() -> None:
    said = in_words(untrusted(), PLACE, 10)
    assert said == f"{PLACE}: its certificate is not trusted: self-signed certificate"


def test_no_class_of_the_networks_modules_has_its_name_shown() -> None:
    bases = (OSError, http.client.HTTPException, smtplib.SMTPException)
    classes = {found for base in bases for found in every_class(base)}
    assert {ConnectionRefusedError, http.client.LineTooLong, smtplib.SMTPHeloError} <= classes
    for found in classes:
        error = found.__new__(found)
        for name, value in (("smtp_code", 500), ("smtp_error", b"x"), ("recipients", {})):
            if isinstance(error, smtplib.SMTPException):
                setattr(error, name, value)
        assert isinstance(error, Exception)
        said = in_words(error, PLACE, 10)
        assert said.startswith(PLACE) and found.__name__ not in said, found
