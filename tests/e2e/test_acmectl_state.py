# SPDX-License-Identifier: BSD-2-Clause
"""What acmectl reads from state directories while nginx does not run."""

import json
import os
import re
from pathlib import Path

import pytest

from support.certificates import TestAuthority
from support.status_endpoint import StatusEndpoint, certificate, certificates, free_port
from support.terminal import run

ACCOUNT = "https://ca.example/acct/7"


@pytest.fixture
def state(folder: Path) -> Path:
    """A state directory with one valid certificate and one that nobody uses."""
    path = folder / "acme_letsencrypt"
    path.mkdir(mode=0o700)
    for name, more in (("www.example.com", {"issuer": "letsencrypt"}),
                       ("old.example.com", {"unused_since": "2026-01-01T00:00:00Z"})):
        TestAuthority().issue([name, f"*.{name}"], path / f"{name}.crt", path / f"{name}.key",
                              days=60)
        (path / f"{name}.json").write_text(json.dumps(more))
    (path / "account.url").write_text(ACCOUNT + "\n")
    (path / "account.json").write_text(json.dumps({
        "contacts": ["mailto:admin@example.com"], "directory": "https://ca.example/directory",
        "issuer_domain_names": ["ca.example"]}))
    return path


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}/acme/"


def contents(path: Path) -> dict[str, tuple[bytes, float]]:
    return {each.name: (each.read_bytes(), each.stat().st_mtime) for each in path.iterdir()}


def test_it_is_shown_with_a_word_about_it_and_left_alone(acmectl: str, state: Path) -> None:
    before = contents(state)
    shown = run([acmectl, "-s", nowhere(), "--state-path", str(state), "list"])
    assert shown.status == 0, shown.err
    assert re.search(r"^www\.example\.com \+1 +valid ", shown.out, re.MULTILINE), shown.out
    assert re.search(r"^old\.example\.com \+1 +orphan ", shown.out, re.MULTILINE), shown.out
    assert "no answer" in shown.err and str(state) in shown.err
    assert contents(state) == before


def test_filters_and_documents_are_as_nginx_has_them(acmectl: str, state: Path) -> None:
    common = [acmectl, "-s", nowhere(), "--state-path", str(state)]
    names = run([*common, "list", "--names", "--state", "orphan"])
    assert names.out == "old.example.com\n"
    document = json.loads(run([*common, "show", "www.example.com", "--json"]).out)
    assert sorted(document["names"]) == ["*.www.example.com", "www.example.com"]
    assert re.fullmatch(r"[0-9a-f]{64}", document["fingerprint"])
    assert "PRIVATE" not in json.dumps(document)
    missing = run([*common, "show", "x.example"])
    assert missing.status == 5
    account = run([*common, "account"])
    assert ACCOUNT in account.out and "admin@example.com" in account.out


def test_nothing_can_be_steered_by_it(acmectl: str, state: Path) -> None:
    shown = run([acmectl, "-s", nowhere(), "--state-path", str(state), "retry", "www.example.com"])
    assert (shown.status, shown.out) == (3, "")


def test_nginx_goes_before_it(acmectl: str, state: Path) -> None:
    with StatusEndpoint(lambda request: certificates(certificate("live.example"))
                        if "certificates" in request.path else None) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "--state-path", str(state), "list", "--names"])
    assert (shown.out, shown.err) == ("live.example\n", "")


def test_nginx_says_where_state_directories_are(acmectl: str, state: Path, folder: Path) -> None:
    other = state.rename(folder / "elsewhere")
    nginx = folder / "nginx"
    nginx.write_text(f"""#!/bin/sh
[ "$1" = -T ] && cat <<'END'
# configuration file /etc/nginx/nginx.conf:
http {{ acme_issuer mine {{ uri https://ca.example/; state_path {other}; }} }}
END
[ "$1" = -V ] && echo "configure arguments: --prefix=/nowhere" >&2
exit 0
""")
    nginx.chmod(0o755)
    shown = run([acmectl, "--nginx", str(nginx), "issuers"])
    assert shown.out.splitlines()[1].startswith("mine "), shown.err


def test_a_directory_that_cannot_be_read_is_named(acmectl: str, folder: Path) -> None:
    missing = folder / "missing"
    shown = run([acmectl, "-s", nowhere(), "--state-path", str(missing), "list"])
    assert shown.status == 3
    assert f"cannot read the state directory {missing}" in shown.err


def test_damaged_files_are_passed_over(acmectl: str, state: Path) -> None:
    (state / "old.example.com.crt").write_text("nonsense")
    (state / "www.example.com.json").write_bytes(os.urandom(1000))
    (state / "account.json").write_text("[" * 10_000)
    shown = run([acmectl, "-s", nowhere(), "--state-path", str(state), "list", "--names"])
    assert (shown.status, shown.out) == (0, "www.example.com\n"), shown.err


def test_check_does_not_call_it_fine(acmectl: str, state: Path) -> None:
    shown = run([acmectl, "-s", nowhere(), "--state-path", str(state), "check"])
    assert shown.status == 3
    assert shown.out.startswith("ACME UNKNOWN - nginx does not answer")


def test_the_record_of_dns_persist_is_printed(acmectl: str, state: Path) -> None:
    common = [acmectl, "-s", nowhere(), "--state-path", str(state), "dns-persist"]
    shown = run([*common, "www.example.com"])
    # The wildcard's record is good for the name itself.
    assert shown.out == (
        '_validation-persist.www.example.com. 3600 IN TXT '
        f'"ca.example; accounturi={ACCOUNT}; policy=wildcard"\n'), shown.err
    other = run([*common, "new.example", "--issuer", str(state)])
    assert other.out == (f'_validation-persist.new.example. 3600 IN TXT '
                         f'"ca.example; accounturi={ACCOUNT}"\n'), other.err
    assert run([*common, "a b", "--issuer", str(state)]).status == 2
    (state / "account.json").unlink()
    unknown = run([*common, "www.example.com"])
    assert unknown.status == 1
    assert "has not said yet" in unknown.err
