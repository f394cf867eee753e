# SPDX-License-Identifier: BSD-2-Clause
"""Every path and verb of docs/openapi.yaml answers as it says."""

import json
from pathlib import Path

import pytest

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = yaml = None

# Not importorskip(): a file without tests is an error to pytest.
pytestmark = pytest.mark.skipif(yaml is None, reason="no python3-jsonschema or python3-yaml")

DOCUMENT = yaml and yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text())
WRITE = ("--writable", "--write-header")

# (verb, path of the document, target, options, status)
REQUESTS = [
    ("get", "/", "", (), 200),
    ("get", "/", "?state=bogus", (), 400),
    ("get", "/metrics", "metrics", (), 200),
    ("get", "/metrics", "metrics", ("--accept=application/openmetrics-text",), 200),
    ("get", "/metrics", "metrics?compat=x509", (), 200),
    ("get", "/metrics", "metrics?compat=bogus", (), 400),
    ("get", "/1/certificates", "1/certificates", (), 200),
    ("get", "/1/certificates", "1/certificates?limit=3&sort=-name", (), 200),
    ("get", "/1/certificates", "1/certificates?limit=0", (), 400),
    ("get", "/1/certificates", "1/certificates", ("--if-none-match=*",), 304),
    *(("get", "/1/certificates/{certificate}", f"1/certificates/{name}", (), 200)
      for name in ("www.example.com", "shop.example.com", "api.example.net",
                   "mail.example.com", "static:1", "wiki.example.org",
                   "*.apps.example.com", "intranet.example.org", "media.example.com")),
    ("get", "/1/certificates/{certificate}", "1/certificates/nobody", (), 404),
    ("get", "/1/certificates/{certificate}/pem", "1/certificates/www.example.com/pem", (), 200),
    ("get", "/1/certificates/{certificate}/pem", "1/certificates/mail.example.com/pem", (), 404),
    ("post", "/1/certificates/renew", "1/certificates/renew", WRITE, 202),
    ("post", "/1/certificates/renew", "1/certificates/renew", (), 403),
    ("post", "/1/certificates/renew", "1/certificates/renew?issuer=nobody", WRITE, 404),
    ("post", "/1/certificates/{certificate}/renew",
     "1/certificates/www.example.com/renew?force=1", WRITE, 202),
    ("post", "/1/certificates/{certificate}/renew",
     "1/certificates/static:1/renew", WRITE, 409),
    ("post", "/1/certificates/{certificate}/retry",
     "1/certificates/api.example.net/retry", WRITE, 202),
    ("post", "/1/certificates/{certificate}/revoke",
     "1/certificates/www.example.com/revoke?reason=superseded", WRITE, 202),
    ("post", "/1/certificates/{certificate}/revoke",
     "1/certificates/www.example.com/revoke", WRITE, 400),
    ("get", "/1/issuers", "1/issuers", (), 200),
    ("get", "/1/issuers/{issuer}", "1/issuers/zerossl", (), 200),
    ("get", "/1/issuers/{issuer}", "1/issuers/nobody", (), 404),
    ("post", "/1/issuers/{issuer}/rollover", "1/issuers/zerossl/rollover", WRITE, 202),
    ("post", "/1/issuers/{issuer}/pause", "1/issuers/zerossl/pause", WRITE, 202),
    ("post", "/1/issuers/{issuer}/resume", "1/issuers/zerossl/resume", WRITE, 202),
    ("post", "/1/issuers/{issuer}/deactivate",
     "1/issuers/zerossl/deactivate?confirm=zerossl", WRITE, 202),
    ("post", "/1/issuers/{issuer}/deactivate", "1/issuers/zerossl/deactivate", WRITE, 400),
    ("get", "/1/process", "1/process", (), 200),
    ("get", "/1/events", "1/events?since=9", (), 200),
    ("get", "/1/events", "1/events?since=x", (), 400),
    ("get", "/1/commands/{number}", "1/commands/3", (), 200),
    ("get", "/1/commands/{number}", "1/commands/99", (), 404),
]


def resolved(node):
    while "$ref" in node:
        node_path = node["$ref"].removeprefix("#/").split("/")
        node = DOCUMENT
        for part in node_path:
            node = node[part]
    return node


def check(schema, value) -> None:
    validator = jsonschema.Draft202012Validator(
        schema, resolver=jsonschema.RefResolver("", DOCUMENT))
    validator.validate(value)


@pytest.mark.parametrize(("verb", "path", "target", "options", "status"), REQUESTS)
def test_answers_are_as_the_document_says(preview, verb, path, target, options, status):
    answer = preview("/acme/" + target, *options, method=verb.upper())
    assert answer.status == status
    response = resolved(DOCUMENT["paths"][path][verb]["responses"][str(status)])
    if "content" not in response:
        assert answer.body == b""
        return
    kind = answer.fields["Content-Type"].split(";")[0]
    assert kind in response["content"]
    if kind.endswith("json"):
        check(response["content"][kind]["schema"], json.loads(answer.body))
    for field in response.get("headers", {}):
        assert field in answer.fields


def test_every_path_and_verb_of_the_document_is_asked_for():
    written = {(verb, path) for path, item in DOCUMENT["paths"].items()
               for verb in item if verb in ("get", "post")}
    assert written == {(verb, path) for verb, path, *_ in REQUESTS}


def test_every_schema_is_one():
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_member_that_the_document_lacks_is_found(preview):
    document = json.loads(preview("/acme/1/process").body)
    document["password"] = "secret"
    with pytest.raises(jsonschema.ValidationError):
        check({"$ref": "#/components/schemas/Process"}, document)


@pytest.mark.parametrize("target", ["metrics", "1/process", "1/certificates/renew"])
def test_other_methods_are_refused(preview, target):
    answer = preview("/acme/" + target, *WRITE, method="DELETE")
    assert answer.status == 405
    assert answer.fields["Allow"] == ("POST" if target.endswith("renew") else "GET, HEAD")
    check({"$ref": "#/components/schemas/Problem"}, json.loads(answer.body))
