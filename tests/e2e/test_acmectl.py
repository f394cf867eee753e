# SPDX-License-Identifier: BSD-2-Clause
"""acmectl against an endpoint that answers as the test says: what it shows, in
terminals of several sizes and without one, and what it does with answers that make no
sense."""

import itertools
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from support.status_endpoint import (Answer, Request, StatusEndpoint, certificate,
                                     certificates, free_port, issuer, problem)
from support.terminal import in_terminal, run, without_escapes

CERTIFICATES = [
    certificate("www.example.com"),
    certificate("shop.example.com", "failing", names=["shop.example.com", "b.example"],
                reason="the CA refused the order", cure="change its CAA record"),
]


def serve_list(request: Request) -> Optional[Answer]:
    if request.path == "/acme/1/certificates":
        return certificates(*CERTIFICATES)
    return None


def only(answer: Answer) -> Any:
    """A script that gives the same answer to everything."""
    return lambda _: answer


# What is shown.

def test_list_fits_a_terminal_of_80_columns(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        shown = in_terminal([acmectl, "-s", endpoint.url, "list"])
    assert shown.status == 0
    assert without_escapes(shown.out) == (
        "NAME                 STATE    EXPIRES  ISSUER       RENEWAL  KEY\n"
        "www.example.com      valid    in 60d   letsencrypt  in 30d   ecdsa:256\n"
        "shop.example.com +1  failing  in 60d   letsencrypt  in 30d   ecdsa:256\n"
        "Needs a person:\n"
        "shop.example.com: the CA refused the order\n"
        "  change its CAA record\n")
    assert "\x1b[32mvalid\x1b[0m" in shown.out
    assert "\x1b[33mfailing\x1b[0m" in shown.out


def test_list_fits_a_terminal_of_40_columns(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        shown = in_terminal([acmectl, "-s", endpoint.url, "list"], columns=40)
    assert without_escapes(shown.out) == (
        "NAME                 STATE    EXPIRES\n"
        "www.example.com      valid    in 60d\n"
        "shop.example.com +1  failing  in 60d\n"
        "Needs a person:\n"
        "shop.example.com: the CA refused the\n"
        "order\n"
        "  change its CAA record\n")


def test_a_pipe_gets_the_table_alone(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        shown = run([acmectl, "list", "-s", endpoint.url])
    assert shown.out == (
        "NAME                 STATE    EXPIRES  ISSUER       RENEWAL  KEY\n"
        "www.example.com      valid    in 60d   letsencrypt  in 30d   ecdsa:256\n"
        "shop.example.com +1  failing  in 60d   letsencrypt  in 30d   ecdsa:256\n")
    assert shown.err == ""


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_not_for_everybody(acmectl: str, environment: dict[str, str]) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        shown = in_terminal([acmectl, "-s", endpoint.url, "list"], environment=environment)
    assert "valid" in shown.out
    assert "\x1b" not in shown.out


def test_wide_and_names_show_more_and_less(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        wide = run([acmectl, "-s", endpoint.url, "list", "--wide"])
        names = run([acmectl, "-s", endpoint.url, "list", "--names"])
    assert "shop.example.com, b.example" in wide.out
    assert "2026-04-30" in wide.out
    assert "the CA refused the order" in wide.out
    assert names.out == "www.example.com\nshop.example.com\n"


def test_list_as_json_has_the_documents_of_all_pages(acmectl: str) -> None:
    def pages(request: Request) -> Optional[Answer]:
        if request.path != "/acme/1/certificates":
            return None
        if request.query.get("after") == "a.example":
            return certificates(certificate("b.example", extra={"new": 1}))
        return certificates(certificate("a.example"), total=2,
                            next="?limit=1000&after=a.example")

    with StatusEndpoint(pages) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "list", "--json"])
    document = json.loads(shown.out)
    assert [each["id"] for each in document["certificates"]] == ["a.example", "b.example"]
    assert document["certificates"][1]["extra"] == {"new": 1}


def test_filters_go_to_the_endpoint(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        run([acmectl, "-s", endpoint.url, "list", "--name", "*.ex ample", "--state",
             "valid,failing", "--issuer", "a&b", "--expires-within", "30d"])
        query = endpoint.requests[-1].query
    assert query == {"limit": "1000", "name": "*.ex ample", "state": "valid,failing",
                     "issuer": "a&b", "expires_within": "30d"}


def test_show_lays_out_what_is_known(acmectl: str) -> None:
    def script(request: Request) -> Optional[Answer]:
        if request.path == "/acme/1/certificates/a%2Fb.example":
            return Answer(certificate(
                "a/b.example", "failing", servers=[{"file": "/etc/nginx/x.conf", "line": 12}],
                proved_by={"a.example": "http-01"}, left_out={"c.example": "has no address"},
                last_error="rateLimited: " + "too many orders " * 8,
                order={"issuer": "letsencrypt", "step": "finalizing", "since": "2026-03-01T00:00:00Z"},
                history=[{"at": "2026-02-01T00:00:00Z", "issuer": "letsencrypt",
                          "succeeded": False, "message": "no answer"}],
                workers=[{"pid": 77, "generation": 3}, {"pid": 78, "generation": 2}]))
        return None

    with StatusEndpoint(script) as endpoint:
        command = [acmectl, "-s", endpoint.url, "show", "a/b.example"]
        shown = in_terminal(command, columns=60)
        document = run([*command, "--json"])
    text = without_escapes(shown.out)
    assert all(len(line) <= 60 for line in text.splitlines()), text
    for part in ("state       failing, served", "servers     /etc/nginx/x.conf:12",
                 "left out    c.example: has no address", "proved by   a.example: http-01",
                 "finalizing at letsencrypt since", "worker 77: shows it",
                 "worker 78: shows the one before", "letsencrypt  failed: no\n",
                 "not after   2026-04-30 00:00:00 UTC"):
        assert part in text, text
    assert json.loads(document.out)["id"] == "a/b.example"


def test_issuers_and_accounts_are_shown(acmectl: str) -> None:
    silent = issuer("other", reachable=False, last_error="no answer",
                    contacts=["mailto:admin@example.com"])

    def script(request: Request) -> Optional[Answer]:
        if request.path == "/acme/1/issuers":
            return Answer({"taken_at": "2026-03-01T00:00:00Z",
                           "issuers": [issuer("letsencrypt"), silent]})
        return None

    with StatusEndpoint(script) as endpoint:
        table = run([acmectl, "-s", endpoint.url, "issuers"])
        account = run([acmectl, "-s", endpoint.url, "account", "other"])
        nobody = run([acmectl, "-s", endpoint.url, "account", "nobody"])
    assert re.search(r"^letsencrypt +up +2 ", table.out, re.MULTILINE), table.out
    assert re.search(r"^other +silent ", table.out, re.MULTILINE), table.out
    assert max(len(line) for line in table.out.splitlines()) <= 80
    assert "https://other.example/acct/1" in account.out
    assert "mailto:admin@example.com" in account.out
    assert "3 of 300 new orders in 3h" in account.out
    assert "letsencrypt" not in account.out
    assert nobody.status == 5


def test_what_the_server_says_moves_no_terminal(acmectl: str) -> None:
    evil = certificate("www.example.com", "failing", reason="\x1b[2J\x07\x9b1mgone\r\nx",
                       cure="\u202e\x1b]0;title\x07", issuer="\x1b[31m")

    def script(request: Request) -> Optional[Answer]:
        if request.path == "/acme/1/certificates":
            return certificates(evil)
        if request.path == "/acme/1/certificates/www.example.com":
            return Answer(evil)
        return problem(500, "\x1b[2J")

    with StatusEndpoint(script) as endpoint:
        for command in (["list"], ["list", "--wide"], ["list", "--json"], ["show", "www.example.com"],
                        ["show", "www.example.com", "--json"], ["issuers"]):
            shown = in_terminal([acmectl, "-s", endpoint.url, *command],
                                environment={"NO_COLOR": "1"})
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown.out), command


# Where the endpoint is.

def test_a_socket_in_the_file_system_is_asked(acmectl: str, folder: Path) -> None:
    with StatusEndpoint(serve_list, unix_socket=folder / "acme.sock") as endpoint:
        shown = run([acmectl, "list", "--names"],
                    environment={"ACMECTL_ENDPOINT": endpoint.url})
    assert shown.out.startswith("www.example.com\n")


def nginx_that_prints(folder: Path, configuration: str) -> str:
    """A program that answers "nginx -T" so, and "nginx -V"."""
    (folder / "dump").write_text(f"# configuration file /etc/nginx/nginx.conf:\n{configuration}\n")
    program = folder / "nginx"
    program.write_text(f"""#!/bin/sh
case $1 in
    -T) cat {folder}/dump ;;
    -V) echo "configure arguments: --prefix={folder} --http-client-body-temp-path={folder}/body" >&2 ;;
esac
""")
    program.chmod(0o755)
    return str(program)


def test_nginx_says_where_its_endpoint_is(acmectl: str, folder: Path) -> None:
    socket = folder / "acme.sock"
    nginx = nginx_that_prints(folder, f"""http {{
        server {{ listen 127.0.0.1:{free_port()}; location /acme/ {{ acme_status; }} }}
        server {{ listen unix:{socket}; server_name status.example;
                  location /acme/ {{ acme_status write=on; }} }}
    }}""")
    with StatusEndpoint(serve_list, unix_socket=socket) as endpoint:
        shown = run([acmectl, "list", "--names", "--nginx", nginx])
        assert endpoint.requests[-1].headers["Host"] == "status.example"
    assert shown.out.startswith("www.example.com\n"), shown.err


def test_commands_go_where_they_are_taken(acmectl: str, folder: Path) -> None:
    nginx = nginx_that_prints(folder, "http { server { listen 127.0.0.1:1;"
                                      " location / { acme_status; } } }")
    refused = run([acmectl, "retry", "www.example.com", "--nginx", nginx])
    assert refused.status == 4
    assert "write=on" in refused.err


def test_without_nginx_nothing_is_guessed(acmectl: str, folder: Path) -> None:
    missing = run([acmectl, "list", "--nginx", str(folder / "nothing")])
    assert missing.status == 3
    assert "cannot be run" in missing.err
    failing = folder / "nginx"
    failing.write_text("#!/bin/sh\necho 'nginx: [emerg] bad thing in /x:3' >&2\n"
                       "echo 'nginx: configuration file /x test failed' >&2\nexit 1\n")
    failing.chmod(0o755)
    shown = run([acmectl, "list", "--nginx", str(failing)])
    assert shown.status == 3
    assert "bad thing in /x:3" in shown.err


# What is refused, and answers that make no sense.

def test_nobody_there_is_said(acmectl: str) -> None:
    url = f"http://127.0.0.1:{free_port()}/acme/"
    shown = run([acmectl, "-s", url, "list"])
    assert (shown.status, shown.out) == (3, "")
    assert url in shown.err


def test_a_password_is_asked_for_and_sent_from_a_file(acmectl: str, folder: Path) -> None:
    password = folder / "password"
    password.write_text("admin:open sesame?>\nsecond line\n")

    def script(request: Request) -> Optional[Answer]:
        # base64 of "admin:open sesame?>"
        if request.headers.get("Authorization") == "Basic YWRtaW46b3BlbiBzZXNhbWU/Pg==":
            return serve_list(request)
        return Answer("<h1>401 Authorization Required</h1>", 401, "text/html",
                      {"WWW-Authenticate": 'Basic realm="x"'})

    with StatusEndpoint(script) as endpoint:
        refused = run([acmectl, "-s", endpoint.url, "list"])
        shown = run([acmectl, "-s", endpoint.url, "list", "--auth-file", str(password)])
    assert refused.status == 4
    assert "--auth-file" in refused.err
    assert shown.status == 0, shown.err
    in_the_open = run([acmectl, "-s", "http://192.0.2.1/", "list", "--auth-file", str(password)])
    assert in_the_open.status == 2
    assert "https" in in_the_open.err
    assert "sesame" not in in_the_open.err + shown.err + shown.out


def test_a_problem_is_told_in_its_own_words(acmectl: str) -> None:
    with StatusEndpoint(lambda _: None) as endpoint:
        unknown = run([acmectl, "-s", endpoint.url, "show", "x.example"])
    assert (unknown.status, unknown.err) == (5, "acmectl: there is no such thing\n")
    with StatusEndpoint(only(problem(403, "this endpoint is read-only"))) as endpoint:
        refused = run([acmectl, "-s", endpoint.url, "retry", "x.example"])
    assert (refused.status, refused.err) == (4, "acmectl: this endpoint is read-only\n")


MALFORMED = ["", "null", "[]", "{", '{"certificates": 7}', "<html>hello</html>",
             "\x00\xff", "[" * 100_000, '{"certificates": ' + "[" * 100_000 + "]" * 100_000]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_answers_are_told(acmectl: str, body: str) -> None:
    with StatusEndpoint(only(Answer(body.encode("latin-1")))) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "list"])
    assert (shown.status, shown.out) == (3, "")
    assert "makes no sense" in shown.err


def test_members_of_the_wrong_type_are_passed_over(acmectl: str) -> None:
    odd = certificate("a.example", names=7, not_after={"x": 1}, history=[1, {"at": []}],
                      servers="x", workers=[None], proved_by=[1], window=3, failures=-1,
                      deep=json.loads("[" * 500 + "]" * 500))
    with StatusEndpoint(only(certificates(odd, {"id": 1}, {}))) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "list"])
        document = run([acmectl, "-s", endpoint.url, "list", "--json"])
    assert re.search(r"^a\.example +valid +letsencrypt", shown.out, re.MULTILINE), shown.out
    assert len(json.loads(document.out)["certificates"]) == 1


def test_a_page_that_leads_elsewhere_is_not_followed(acmectl: str) -> None:
    for reference in ("http://192.0.2.1/", "//192.0.2.1/", "/acme/1/certificates?limit=1000"):
        with StatusEndpoint(only(certificates(next=reference))) as endpoint:
            shown = run([acmectl, "-s", endpoint.url, "list"])
        assert shown.status == 3, reference


def test_a_server_that_hangs_is_not_waited_for(acmectl: str) -> None:
    with StatusEndpoint(lambda _: Answer(pieces=endpoint.hang())) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "--timeout", "1", "list"])
    assert shown.status == 3
    assert "no answer" in shown.err


def test_a_body_without_end_is_not_read_to_the_end(acmectl: str) -> None:
    with StatusEndpoint(lambda _: Answer(pieces=itertools.repeat(bytes(1 << 20)))) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "--timeout", "600", "list"])
    assert shown.status == 3
    assert "larger than" in shown.err


def test_thousands_of_certificates_are_read(acmectl: str) -> None:
    def script(request: Request) -> Optional[Answer]:
        begin = int(request.query.get("after", "0"))
        page = [certificate(f"n{number}.example") for number in range(begin, begin + 1000)]
        more = {"next": f"?after={begin + 1000}"} if begin < 2000 else {}
        return certificates(*page, **more)

    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "list", "--names"])
    assert shown.out.splitlines() == [f"n{number}.example" for number in range(3_000)]


def test_a_list_that_changes_meanwhile_is_read_again(acmectl: str) -> None:
    gone = iter([True])

    def script(request: Request) -> Optional[Answer]:
        if "after" not in request.query:
            return certificates(certificate("a.example"), next="?after=a.example")
        if next(gone, False):
            return problem(400, "there is no such certificate any more")
        return certificates(certificate("b.example"))

    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "list", "--names"])
    assert shown.out == "a.example\nb.example\n", shown.err


def test_output_that_cannot_be_written_is_a_failure(acmectl: str) -> None:
    with StatusEndpoint(serve_list) as endpoint:
        shown = run(["sh", "-c", 'exec "$0" "$@" >/dev/full', acmectl, "-s", endpoint.url, "list"])
    assert shown.status == 1
    assert "cannot write" in shown.err


# For monitoring systems.

@pytest.mark.parametrize("document, status, start", [
    (certificate("a.example"), 0, "ACME OK - 1 certificate | certificates=1;;;0"),
    (certificate("a.example", "failing"), 1, "ACME WARNING - a.example cannot be renewed"),
    (certificate("a.example", "expired", not_after="2026-02-01T00:00:00Z"), 2,
     "ACME CRITICAL - a.example has expired |"),
])
def test_check_says_it_in_one_line(acmectl: str, document: dict[str, Any], status: int,
                                   start: str) -> None:
    def script(request: Request) -> Optional[Answer]:
        return certificates(document) if "certificates" in request.path else None

    with StatusEndpoint(script) as endpoint:
        shown = run([acmectl, "-s", endpoint.url, "check"])
    assert (shown.status, shown.out.count("\n")) == (status, 1)
    assert shown.out.startswith(start)


def test_check_does_not_know_without_an_answer(acmectl: str) -> None:
    shown = run([acmectl, "-s", f"http://127.0.0.1:{free_port()}/", "check"])
    assert shown.status == 3
    assert shown.out.startswith("ACME UNKNOWN - ")
    assert run([acmectl, "check", "--warn", "x"]).status == 3


# What is told about acmectl itself.

def subcommands(acmectl: str) -> list[str]:
    text = run([acmectl, "--help"]).out
    return re.findall(r"^  ([a-z][a-z-]+)  ", text, re.MULTILINE)


def options(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z0-9-]+", text))


def test_every_command_has_help_with_an_example(acmectl: str) -> None:
    names = subcommands(acmectl)
    assert "list" in names and "revoke" in names
    for name in names:
        text = run([acmectl, name, "--help"]).out
        assert f"Example: acmectl {name}" in text, text


def test_the_manual_page_has_every_command_and_option(acmectl: str) -> None:
    source = Path(__file__).parents[2] / "docs/acmectl.1"
    page = source.read_text().replace("\\-", "-")
    assert options(run([acmectl, "--help"]).out) <= options(page)
    for name in subcommands(acmectl):
        section = re.search(rf"^\.SS {name}\b.*?(?=^\.S[SH])", page, re.MULTILINE | re.DOTALL)
        assert section, f"{name} is not in the manual page"
        filters = {"--name", "--state", "--issuer", "--expires-within"}
        known = options(section.group(0)) | {"--help"}
        if "filters of" in section.group(0):
            known |= filters
        text = run([acmectl, name, "--help"]).out.split("Example:")[0]
        assert options(text) <= known, f"{name}: {options(text) - known}"


def test_the_manual_page_is_well_formed() -> None:
    source = str(Path(__file__).parents[2] / "docs/acmectl.1")
    if not any(os.access(f"{folder}/groff", os.X_OK) for folder in os.environ["PATH"].split(":")):
        pytest.skip("groff is not installed")
    formatted = run(["groff", "-man", "-Tutf8", "-ww", source])
    assert (formatted.status, formatted.err) == (0, "")
    assert "EXIT STATUS" in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", formatted.out)


def assert_completes(complete: Callable[[str, str], list[str]], url: str) -> None:
    assert complete("acmectl dea", url) == ["deactivate"]
    assert complete("acmectl list --wi", url) == ["--wide"]
    assert complete("acmectl list --state fa", url) == ["failing", "fallback"]
    assert complete("acmectl show ", url) == ["www.example.com", "shop.example.com"]
    assert complete("acmectl renew --f", url) == ["--force"]


def test_bash_completes_commands_options_and_names(acmectl: str, folder: Path) -> None:
    script = run([acmectl, "completion", "bash"])
    (folder / "completion").write_text(script.out)

    def complete(line: str, url: str) -> list[str]:
        words = line.split(" ")
        shown = run(["bash", "-c", f"""
            source {folder}/completion
            acmectl() {{ {acmectl} "$@"; }}
            COMP_WORDS=({' '.join(word or "''" for word in words)}); COMP_CWORD={len(words) - 1}
            _acmectl
            printf '%s\\n' "${{COMPREPLY[@]}}" """], environment={"ACMECTL_ENDPOINT": url})
        return shown.out.split()

    with StatusEndpoint(serve_list) as endpoint:
        assert_completes(complete, endpoint.url)
    harmful = certificates(certificate(f"$(touch${{IFS}}{folder}/done)"), certificate("*.example"))
    with StatusEndpoint(only(harmful)) as endpoint:
        assert complete("acmectl show ", endpoint.url) == ["*.example"]
    assert not (folder / "done").exists()


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes_commands_options_and_names(acmectl: str, folder: Path) -> None:
    (folder / "completion").write_text(run([acmectl, "completion", "zsh"]).out)

    def complete(line: str, url: str) -> list[str]:
        # What zsh's own compadd does: what begins with the word is offered.
        words = line.split(" ")
        shown = run(["zsh", "-f", "-c", f"""
            acmectl() {{ {acmectl} "$@" }}
            compadd() {{ [[ $1 == -a ]] && set -- - ${{(P)2}}; shift; print -l -- ${{(M)@:#$PREFIX*}} }}
            words=({' '.join(word or "''" for word in words)}); CURRENT={len(words)}
            PREFIX=$words[CURRENT]
            source {folder}/completion"""], environment={"ACMECTL_ENDPOINT": url})
        assert shown.err == ""
        return shown.out.split()

    with StatusEndpoint(serve_list) as endpoint:
        assert_completes(complete, endpoint.url)


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["list", "--nonsense"], ["show"], ["list", "--state", "odd"],
    ["list", "--expires-within", "soon"], ["renew"], ["renew", "a", "--all"],
    ["revoke", "a"], ["revoke", "a", "--reason", "odd"], ["completion", "fish"],
    ["-s", "a.example", "list"], ["--timeout", "0", "list"], ["watch"],
])
def test_what_makes_no_sense_is_refused(acmectl: str, arguments: list[str]) -> None:
    shown = run([acmectl, *arguments])
    assert (shown.status, shown.out) == (2, ""), shown.err
    assert shown.err
