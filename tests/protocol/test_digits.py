"""Digits of other scripts and numbers of any length, wherever a text may hold a number."""

import pytest

from sweepd import server
from sweepd.domain.users import Caller
from tests.protocol.conftest import Ask
from tests.unit.services.logging_versions import log

ODD = ["\u00b2", "\uff11", "\u0661", "9" * 30, "9" * 5000, "-1", "1_0", "+1", " 1"]
PLACES = [
    'mutation { deleteApiKey(input: {id: "ODD"}) { success } }',
    '{ project(name: "p") { artifact(name: "m:vODD") { id } } }',
    '{ project(name: "p") { artifactCollectionMembership(name: "m:vODD") { id } } }',
    '{ project(name: "p") { runs(first: 1, after: "ODD") { edges { cursor } } } }',
    """{ entity(name: "organization") { artifactMemberships(first: 1,
      filters: "{\\"version\\": \\"vODD\\"}") { edges { cursor } } } }""",
    """{ project(name: "p") { artifactCollection(name: "m") { artifacts(first: 1,
      filters: "{\\"versionIndex\\": \\"vODD\\"}") { edges { cursor } } } } }""",
]


@pytest.mark.slow
@pytest.mark.parametrize("document", PLACES)
def test_text_that_is_no_number_is_refused_or_not_found(
    ask: Ask, parts: server.Parts, ann_caller: Caller, document: str
) -> None:
    parts.services.registries.prepare("")
    log(parts, ann_caller, b"bytes")
    for odd in ODD:
        answer = ask(document.replace("ODD", odd))
        assert getattr(answer, "status_code", 200) in (200, 400, 404), (odd, answer.text)
