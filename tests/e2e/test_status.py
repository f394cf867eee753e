# SPDX-License-Identifier: BSD-2-Clause
"""acme_status: what it shows, to whom, and that it goes on when others do not."""

import base64
import os
import re
import signal
from pathlib import Path

import pytest

from support.certificates import Certificate, TestAuthority
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import is_alive
from support.servers import https_server, redirect_beside
from support.status import BASE, Answer, StatusEndpoint
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"
OWN = "own.example.com"

# Beside what answers the CA.
STATUS_SERVER = redirect_beside("location /acme/ { acme_status; }")


def own_certificate(nginx: Nginx, name: str = OWN, days: int = 10) -> str:
    """The lines of a server that has a certificate of the operator's."""
    file, key = nginx.prefix / f"conf/{name}.pem", nginx.prefix / f"conf/{name}.key"
    TestAuthority("the operator's CA").issue([name], file, key, days)
    return f"acme off; ssl_certificate {file}; ssl_certificate_key {key};"


def site(pebble: PebbleServer, *servers: str) -> str:
    return "\n".join([pebble.issuer(), "acme pebble;", *servers])


def issue(nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> Certificate:
    """One certificate is managed, and one is the operator's own."""
    nginx.configure(site(pebble, STATUS_SERVER, https_server(NAME),
                         https_server(OWN, own_certificate(nginx)))).start()
    return visitor.wait_for_certificate(NAME)


def test_what_is_served_is_shown(nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
                                 status: StatusEndpoint) -> None:
    served = issue(nginx, pebble, visitor)

    shown = status.certificates()[NAME]

    assert shown["serial"] == served.serial
    assert shown["names"] == [NAME]
    assert shown["key"] == "ecdsa:256"
    assert shown["issuers"] == ["pebble"]
    assert shown["served"] is True
    (place,) = shown["servers"]
    line = (nginx.prefix / "conf/nginx.conf").read_text().splitlines()[place["line"] - 1]
    assert line.strip() == "server {"
    assert place["file"] == str(nginx.prefix / "conf/nginx.conf")
    # The worker that has shown it to the visitor.
    (worker,) = shown["workers"]
    assert worker["pid"] in nginx.worker_pids()
    assert worker["generation"] == shown["generation"] > 0


def test_every_path_answers(nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
                            status: StatusEndpoint) -> None:
    served = issue(nginx, pebble, visitor)
    identity = status.certificates()[NAME]["id"]

    assert status.json(f"1/certificates/{identity}")["name"] == NAME
    assert status.json(f"1/certificates/{NAME}")["id"] == identity
    pem = status.get(f"1/certificates/{identity}/pem")
    assert pem.headers["content-type"] == "application/pem-certificate-chain"
    assert Certificate.from_pem(pem.text) == served
    (issuer,) = status.json("1/issuers")["issuers"]
    assert issuer["name"] == "pebble"
    assert issuer["directory_url"] == pebble.directory_url
    assert status.json("1/issuers/pebble")["name"] == "pebble"
    process = status.json("1/process")
    assert process["helper_alive"] is True
    assert process["writable"] is False
    assert process["worker_pid"] in nginx.worker_pids()
    assert process["nginx_version"] == ".".join(map(str, nginx.program.version))
    assert process["zone_size"] > process["zone_free"] > 0
    assert "events" in status.json("1/events?since=0")
    metrics = status.get("metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert f'certificate="{NAME}"' in metrics.text
    page = status.get()
    assert page.headers["content-type"].startswith("text/html")
    assert NAME in page.text
    for path in ("1", "1/", "1/nothing", "2/certificates", "1/certificates/none.example.com",
                 "1/issuers/none", "1/commands/77", "favicon.ico"):
        answer = status.ask(path)
        assert answer.status == 404, path
        assert answer.problem()


def test_an_operators_own_certificate_is_shown_with_its_file(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    issue(nginx, pebble, visitor)
    on_the_wire = visitor.certificate(OWN)

    shown = status.certificates()[OWN]

    assert shown["state"] == "static"
    assert shown["file"] == str(nginx.prefix / f"conf/{OWN}.pem")
    assert shown["serial"] == on_the_wire.serial
    assert shown["issuer"] == "the operator's CA"
    assert len(shown["servers"]) == 1
    pem = status.get(f"1/certificates/{shown['id']}/pem")
    assert Certificate.from_pem(pem.text) == on_the_wire


def test_an_operators_own_is_shown_until_a_managed_one_takes_its_place(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
        status: StatusEndpoint) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    own = own_certificate(nginx, NAME).replace("acme off;", "")
    nginx.configure(site(pebble, STATUS_SERVER, https_server(NAME, own))).start()

    states = {each["state"] for each in status.json("1/certificates")["certificates"]}
    assert "static" in states and len(states) == 2

    pebble.release_validations()
    visitor.wait_for_certificate(NAME)
    (only,) = status.json("1/certificates")["certificates"]
    assert only["served"] is True


def test_nothing_but_the_operators_own_needs_no_helper(
        nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER + https_server(OWN, own_certificate(nginx))).start()

    assert nginx.helper_pid() is None
    assert set(status.certificates()) == {OWN}
    assert status.json("1/process")["helper_alive"] is False
    assert status.json("1/issuers")["issuers"] == []
    assert "nginx_acme_helper_up 0" in status.get("metrics").text


def test_several_servers_with_one_file_have_one_certificate(
        nginx: Nginx, status: StatusEndpoint) -> None:
    own = own_certificate(nginx)
    nginx.configure(STATUS_SERVER + https_server(OWN, own)
                    + https_server("other.example.com", own)).start()

    (certificate,) = status.certificates().values()

    assert len(certificate["servers"]) == 2


# Who may ask: nginx's own directives, all of them.

def test_a_password_protects_it(nginx: Nginx, status: StatusEndpoint) -> None:
    (nginx.prefix / "conf/users").write_text("alice:{PLAIN}secret word\n")
    nginx.configure(STATUS_SERVER.replace(
        "acme_status;", "acme_status; auth_basic acme; auth_basic_user_file users;")).start()
    nginx.allow_log("no user/password")

    assert status.ask("metrics").status == 401
    password = base64.b64encode(b"alice:secret word").decode()
    assert status.get("metrics", {"Authorization": f"Basic {password}"}).text


def test_addresses_are_allowed_and_denied(nginx: Nginx, address: str,
                                          status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER.replace("acme_status;", "acme_status; deny all;")).start()
    nginx.expect_log("access forbidden by rule")

    assert status.ask("1/certificates").status == 403


def test_it_answers_at_a_socket(nginx: Nginx, folder: Path) -> None:
    path = folder / "nginx" / "acme.sock"
    nginx.configure(f"server {{ listen unix:{path}; location / {{ acme_status; }} }}").start()
    endpoint = StatusEndpoint(path, folder / "status.log")

    assert endpoint.ask("1/process", base="/").json()["worker_pid"] in nginx.worker_pids()


def test_without_a_slash_the_page_is_elsewhere(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure("""
        server {
            listen 80;
            absolute_redirect off;
            location /acme { acme_status; }
        }""").start()

    answer = status.ask("?x=1", base="/acme")
    assert (answer.status, answer.headers["location"]) == (301, "/acme/?x=1")
    assert status.get("1/process")
    assert status.ask("ology/1/process", base="/acme").status == 404
    assert status.ask("", "POST", base="/acme").status == 405


# HTTP.

def test_head_has_the_header_alone(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER).start()

    for path in ("", "metrics", "1/certificates", "1/process", "1/nothing"):
        whole, head = status.ask(path), status.ask(path, "HEAD")
        assert (head.status, head.body) == (whole.status, b""), path
        assert head.headers["content-type"] == whole.headers["content-type"]
        assert head.headers.get("content-length") == whole.headers.get("content-length")


def test_what_has_not_changed_is_not_sent_again(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER + https_server(OWN, own_certificate(nginx))).start()

    tag = status.get(f"1/certificates/{OWN}").headers["etag"]
    again = status.ask(f"1/certificates/{OWN}", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    assert status.get(f"1/certificates/{OWN}", {"If-None-Match": '"another"'}).body


def test_ranges_are_not_taken(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER).start()

    answer = status.get("metrics", {"Range": "bytes=0-9"})

    assert len(answer.body) > 10
    assert "accept-ranges" not in answer.headers


def test_old_clients_get_it_whole(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER).start()

    answer = status.raw(f"GET {BASE}metrics HTTP/1.0\r\n\r\n".encode())

    header, _, body = answer.partition(b"\r\n\r\n")
    assert header.startswith(b"HTTP/1.1 200 ")
    assert b"chunked" not in header
    assert body.endswith(b"\n") and b"nginx_acme_build_info" in body


def test_nginx_compresses_it(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure("gzip on; gzip_min_length 1; gzip_types *;" + STATUS_SERVER).start()

    plain = status.get("metrics").text
    answer = status.get("metrics", {"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "nginx_acme_build_info" in answer.text
    assert len(answer.body) < len(plain)


def test_reading_is_all_that_paths_take(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure(STATUS_SERVER).start()

    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        answer = status.ask("1/certificates", method, body=b"x" * 100_000)
        assert answer.status == 405, method
        assert answer.headers["allow"] == "GET, HEAD"
        assert answer.problem()


HOSTILE = ["?" + "&" * 5000, "?name=%", "?name=%00%ff%", "?limit=-1", "?limit=99999999999999999999",
           "?after=" + "a" * 2000, "?sort=';drop", "?state=" + ",".join(["valid"] * 500),
           "?expires_within=9999999999999999999w", "?expires_within=-1", "?name=<script>",
           "?=&=&=", "?" + "x=" * 1000, "?name=" + "%2e%2e%2f" * 100, "?limit=1&limit=2"]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_query_is_answered_in_words(nginx: Nginx, status: StatusEndpoint,
                                              query: str) -> None:
    nginx.configure(STATUS_SERVER).start()

    for path in ("1/certificates", "metrics", "1/events", "", "1/certificates/x"):
        answer = status.ask(path + query)
        assert answer.status in (200, 400, 404), (path, answer)
        if answer.status != 200:
            assert answer.problem()
    assert status.get("1/process")


def test_a_name_of_100_kilobytes_is_refused(nginx: Nginx, status: StatusEndpoint) -> None:
    nginx.configure("large_client_header_buffers 4 256k;" + STATUS_SERVER).start()

    assert status.ask("1/certificates/" + "a" * 100_000).status in (404, 414)
    assert status.ask("1/certificates?name=" + "a" * 100_000).status in (200, 400)
    assert status.ask("%2e%2e/" * 10 + "etc/passwd").status in (400, 404)


# Others fail.

def test_answers_go_on_while_the_helper_hangs_or_is_dead(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    served = issue(nginx, pebble, visitor)
    helper = nginx.helper_pid()
    assert helper is not None

    os.kill(helper, signal.SIGSTOP)
    assert status.certificates()[NAME]["serial"] == served.serial

    # The master does not start another one meanwhile.
    os.kill(nginx.master_pid, signal.SIGSTOP)
    try:
        os.kill(helper, signal.SIGKILL)
        wait_until(lambda: not status.json("1/process")["helper_alive"], "the helper to be missed")
        assert status.certificates()[NAME]["serial"] == served.serial
        assert "nginx_acme_helper_up 0" in status.get("metrics").text
    finally:
        os.kill(nginx.master_pid, signal.SIGCONT)
    nginx.expect_log(rf"process {helper} exited on signal 9")
    wait_until(lambda: status.json("1/process")["helper_alive"], "another helper")
    assert not is_alive(helper)


def test_a_reload_changes_nothing_for_who_asks(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    served = issue(nginx, pebble, visitor)
    workers = set(nginx.worker_pids())

    nginx.signal(signal.SIGHUP)
    answers: list[Answer] = []

    def new_workers_answer() -> bool:
        answers.append(status.get("1/process"))
        assert status.certificates()[NAME]["serial"] == served.serial
        return answers[-1].json()["worker_pid"] not in workers

    wait_until(new_workers_answer, "an answer of a new worker")
    wait_until(lambda: status.json("1/process")["helper_alive"], "the new helper")


def test_a_larger_plan_takes_along_what_was_noted(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, status: StatusEndpoint) -> None:
    served = issue(nginx, pebble, visitor)
    before = re.findall(r"^nginx_acme_swaps_total (\d+)$", status.get("metrics").text,
                        re.MULTILINE)
    assert before and int(before[0]) > 0

    # So many that the zone has to grow, at a CA that does not answer.
    others = "".join(https_server(f"s{i}.example.com", "acme down;") for i in range(600))
    down = pebble.issuer("down", state_path="down").replace(pebble.directory_url,
                                                            "https://127.0.0.1:1/dir")
    nginx.configure(site(pebble, STATUS_SERVER, https_server(NAME), down, others,
                         "server_names_hash_max_size 8192;"))
    nginx.allow_log('issuer "down"')
    nginx.reload()

    metrics = wait_until(lambda: status.get("metrics").text, "metrics")
    after = re.findall(r"^nginx_acme_swaps_total (\d+)$", metrics, re.MULTILINE)
    assert int(after[0]) >= int(before[0])
    assert status.certificates(f"?name={NAME}")[NAME]["serial"] == served.serial
    assert status.json("1/certificates")["total"] == 601


def test_a_single_process_shows_it_too(nginx: Nginx, pebble: PebbleServer, visitor: Visitor,
                                       status: StatusEndpoint) -> None:
    nginx.configure(site(pebble, STATUS_SERVER, https_server(NAME)),
                    main="master_process off;").start()
    served = visitor.wait_for_certificate(NAME)

    shown = status.certificates()[NAME]

    assert shown["serial"] == served.serial
    assert [worker["pid"] for worker in shown["workers"]] == [nginx.master_pid]
    assert status.json("1/process")["helper_alive"] is True


def test_a_fallback_is_called_one(nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
                                  status: StatusEndpoint) -> None:
    nginx.configure(site(stopped_pebble, STATUS_SERVER, https_server(NAME))).start()
    nginx.allow_log("issuer")
    assert visitor.has_only_a_temporary_certificate(NAME)

    shown = status.certificates()[NAME]

    assert shown["state"] == "fallback"
    assert shown["served"] is False
    assert status.ask(f"1/certificates/{NAME}/pem").status == 404


def test_a_renewal_is_shown_at_once(nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor,
                                    status: StatusEndpoint) -> None:
    pebble = stopped_pebble.with_certificate_lifetime(12).start()
    nginx.configure(site(pebble, STATUS_SERVER, https_server(NAME))).start()
    first = visitor.wait_for_certificate(NAME)

    def shows_what_is_served() -> bool:
        served = visitor.verified_certificate(NAME)
        shown = status.certificates()[NAME]["serial"]
        # It may be renewed between the two.
        assert shown == served.serial or shown == visitor.verified_certificate(NAME).serial
        return served.serial != first.serial

    wait_until(shows_what_is_served, "a renewal")
