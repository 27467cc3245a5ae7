"""What pages read is finite, flat and bounded, whatever clients sent."""

import orjson
import pytest

from sweepd.domain import shown
from sweepd.domain.config import unwrap
from sweepd.web import shapes
from sweepd.web.responses import address
from sweepd.web.sign_in import _target


def test_nan_and_infinities_become_words() -> None:
    value = {"a": float("nan"), "b": [float("inf"), {"c": float("-inf")}], "d": 1.5}
    assert shapes.plain(value) == {"a": "NaN", "b": ["Infinity", {"c": "-Infinity"}], "d": 1.5}
    orjson.dumps(shapes.plain(value))


def test_json_with_bare_nan_is_read() -> None:
    assert shapes.parse('{"a": NaN, "b": -Infinity}') == {"a": "NaN", "b": "-Infinity"}


@pytest.mark.parametrize("text", ["", "null", "[1]", "{", "nonsense"])
def test_what_is_no_object_is_empty(text: str) -> None:
    assert shapes.parse(text) == {}


def test_nested_config_gets_dotted_names_and_media_stay_whole() -> None:
    image = {"_type": "image-file", "path": "x.png"}
    assert shapes.flat({"a": {"b": {"c": 1}}, "i": image, "e": {}}) == {
        "a.b.c": 1,
        "i": image,
        "e": {},
    }


def test_clients_wrappers_and_private_keys_are_taken_off() -> None:
    text = '{"lr": {"desc": null, "value": 0.1}, "_wandb": {"value": {}}, "wandb_version": 1}'
    assert unwrap(shapes.parse(text)) == {"lr": 0.1}


def test_huge_numbers_and_texts_are_bounded() -> None:
    assert shapes.plain(10**40) == 1e40
    assert len(shapes.plain("x" * 50_000)) == shown.MAX_TEXT + 1
    assert len(shapes.flat({str(k): k for k in range(5000)})) == shown.MAX_KEYS


def test_addresses_encode_every_part() -> None:
    assert address("ann", "a/b?c#d%", "ü") == "/ann/a%2Fb%3Fc%23d%25/%C3%BC"


@pytest.mark.parametrize("text", ["//evil.example", "/\\evil", "https://evil.example", "", "/a\nb"])
def test_signing_in_leads_only_to_our_own_pages(text: str) -> None:
    assert _target(text) == "/"
    assert _target("/ann/mnist?x=1") == "/ann/mnist?x=1"
