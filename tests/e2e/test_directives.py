# SPDX-License-Identifier: BSD-2-Clause
"""docs/directives.md has exactly the directives that the module has."""

import re
from pathlib import Path

import pytest

from support.nginx import Nginx

ROOT = Path(__file__).resolve().parents[2]
CONTEXTS = {"NGX_HTTP_MAIN_CONF": "http", "NGX_HTTP_SRV_CONF": "server",
            "NGX_HTTP_LOC_CONF": "location"}


def documented() -> dict[str, set[str]]:
    """Name → contexts, and a check of the form of each section."""
    found = {}
    sections = re.split(r"^#{2,3} ", (ROOT / "docs" / "directives.md").read_text(),
                        flags=re.MULTILINE)[1:]
    for section in sections:
        name, text = section.split("\n", 1)
        if name == "Variables":
            continue
        head = re.match(r"\nSyntax: \*\*(\w+)\*\*.*\nDefault: .+\nContext: (.+)\n\n\S", text)
        assert head, f"{name}: no Syntax, Default, Context and text"
        assert head.group(1) == name
        assert name not in found
        found[name] = set(head.group(2).split(", "))
    return found


def configured() -> dict[str, set[str]]:
    """The same from the module's command tables."""
    found = {}
    commands = (ROOT / "ngx_module" / "config" / "directives.cpp").read_text()
    table = commands[commands.index("ngx_command_t directives[]"):]
    for name, flags in re.findall(r'\{ngx_string\("(\w+)"\),\s*([^,]+),', table):
        found[name] = {context for flag, context in CONTEXTS.items() if flag in flags}
    issuer = (ROOT / "ngx_module" / "config" / "issuer_block.cpp").read_text()
    for name in re.findall(r'IssuerDirective\{"(\w+)"', issuer):
        found[name] = {"acme_issuer"}
    return found


def test_every_directive_is_documented_and_every_documented_one_is_there() -> None:
    table = configured()
    assert len(table) > 20, "the tables are where this test looks"
    assert documented() == table


# nginx has one of that name at http level, too.
@pytest.mark.parametrize("name", sorted(configured().keys() - {"ssl_trusted_certificate"}))
def test_nginx_knows_the_directive_where_its_context_says(nginx: Nginx, name: str) -> None:
    contexts = documented()[name]
    places = {
        "main": name, "http": "http {{ {} }}", "server": "http {{ server {{ {} }} }}",
        "location": "http {{ server {{ location / {{ {} }} }} }}",
        "acme_issuer": "http {{ acme_issuer ca {{ uri https://ca.example.com/; {} }} }}",
    }
    for place, frame in places.items():
        conf = nginx.prefix / "conf" / f"{place}.conf"
        # Too many arguments: known directives complain about that.
        use = f"{name} {'x ' * 9};"
        conf.write_text("events {}\n" + (use if place == "main" else frame.format(use)))
        output = nginx.check(conf).output
        is_foreign = "is not allowed here" in output or "unknown directive" in output
        assert is_foreign != (place in contexts), f"{place}: {output}"
