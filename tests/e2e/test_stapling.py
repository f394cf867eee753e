# SPDX-License-Identifier: BSD-2-Clause
"""ssl_stapling in managed servers: status responses beside our certificates."""

import re
from pathlib import Path
from typing import Optional

import pytest

from support import addresses
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.responder import StatusResponder
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"


def site(issuer: str, stapling: str = "ssl_stapling on;", acme: str = "acme pebble;") -> str:
    return "\n".join([issuer, acme, REDIRECT, https_server(NAME, stapling)])


def shown(visitor: Visitor, *options: str) -> str:
    """Whose status a handshake shows; empty: nobody's."""
    text = visitor.s_client(NAME, "-status", *options)
    if re.search("OCSP responses?: no ", text) or "no peer certificate available" in text:
        return ""  # the other key's certificate may be there before
    assert "OCSP Response Status: successful" in text, text
    assert "Cert Status: good" in text, text
    serial = re.search(r"Serial Number: ([0-9A-F]+)\n", text)
    assert serial, text
    return serial.group(1)


def wait_for_staple(visitor: Visitor, *options: str, other_than: Optional[str] = None) -> str:
    return wait_until(lambda: (found := shown(visitor, *options)) != other_than and found,
                      "a status response")


def served_serial(visitor: Visitor) -> str:
    return visitor.certificate(NAME).serial


def same(one: str, other: str) -> bool:
    return int(one, 16) == int(other, 16)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_status_response_is_shown_soon_after_the_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor, version: str) -> None:
    nginx.configure(site(stopped_pebble.issuer(),
                         "ssl_stapling on; ssl_protocols TLSv1.2 TLSv1.3;")).start()
    visitor.wait_for_certificate(NAME)

    serial = wait_for_staple(visitor, version)

    assert same(serial, served_serial(visitor))
    assert len(responder.asked) == 1
    (file,) = nginx.state.glob(f"{NAME}-*.ocsp")
    assert file.stat().st_size > 0


def test_nothing_is_asked_without_the_directive(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer(), stapling="")).start()
    visitor.wait_for_certificate(NAME)

    assert shown(visitor) == ""
    nginx.stop()
    assert not responder.asked


def test_a_certificate_without_responder_is_no_line_in_the_log(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(site(pebble.issuer())).start()
    visitor.wait_for_certificate(NAME)

    assert shown(visitor) == ""
    assert "stapl" not in nginx.error_log and "status response" not in nginx.error_log


def test_the_first_handshake_after_a_restart_shows_it_though_the_responder_is_down(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer())).start()
    serial = wait_for_staple(visitor)
    nginx.stop()
    responder.close()

    nginx.start()

    assert shown(visitor) == serial


def test_a_reload_keeps_it_with_the_zone_and_with_another_one(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer())).start()
    serial = wait_for_staple(visitor)
    responder.close()

    nginx.reload()
    assert shown(visitor) == serial
    nginx.configure(site(stopped_pebble.issuer()) + https_server("new.example.com"))
    nginx.reload()

    assert shown(visitor) == serial


def test_a_revoked_certificate_is_renewed_at_once(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.expect_log(r"\[warn\].*the CA has revoked the certificate \(keyCompromise\)")
    responder.revokes_the_first = True
    nginx.configure(site(stopped_pebble.issuer())).start()

    serial = wait_for_staple(visitor)

    assert same(serial, served_serial(visitor))
    assert responder.asked[0] != serial
    assert stopped_pebble.order_count() == 2


def test_another_responder_may_be_configured(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor, folder: Path,
        address: str) -> None:
    pebble = stopped_pebble.with_shown_keys().start()
    server = StatusResponder(address, folder / "other", pebble.intermediate_pem(),
                             pebble.intermediate_key_pem())
    try:
        nginx.configure(site(pebble.issuer(), f"""
            ssl_stapling on;
            ssl_stapling_responder http://{address}:{addresses.RESPONDER}/;""")).start()

        assert same(wait_for_staple(visitor), served_serial(visitor))
    finally:
        server.close()


def test_a_file_is_shown_beside_the_certificate_that_it_is_about(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer())).start()
    serial = wait_for_staple(visitor)
    (file,) = nginx.state.glob(f"{NAME}-*.ocsp")
    (nginx.prefix / "conf" / "staple.der").write_bytes(file.read_bytes())
    nginx.stop()
    file.unlink()
    asked = len(responder.asked)

    nginx.configure(site(stopped_pebble.issuer(),
                         "ssl_stapling on; ssl_stapling_file staple.der;")).start()

    assert shown(visitor) == serial
    nginx.stop()
    for pair in nginx.state.glob(f"{NAME}-*"):
        pair.unlink()
    nginx.start()
    visitor.wait_for_certificate(NAME)
    assert shown(visitor) == "", "it is about the certificate before"
    assert len(responder.asked) == asked


def test_each_of_two_keys_has_its_own(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer(), acme="acme pebble key=ecdsa,rsa;")).start()

    ecdsa = wait_for_staple(visitor, "-tls1_2", "-cipher", "ECDSA")
    rsa = wait_until(lambda: (found := shown(visitor, "-tls1_2", "-cipher", "aRSA")) != ecdsa
                     and found, "the other's")

    assert ecdsa != rsa
    assert set(responder.asked) == {ecdsa, rsa}


def test_nginx_goes_on_with_the_operators_own_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, responder: StatusResponder,
        visitor: Visitor) -> None:
    nginx.configure(site(stopped_pebble.issuer())).start()
    serial = wait_for_staple(visitor)
    nginx.stop()
    stopped_pebble.stop()
    for suffix in ("crt", "key", "ocsp"):
        (file,) = nginx.state.glob(f"{NAME}-*.{suffix}")
        file.rename(nginx.prefix / "conf" / f"own.{suffix}")
    nginx.allow_log("no answer from")

    nginx.configure(site(stopped_pebble.issuer(), """
        ssl_certificate own.crt; ssl_certificate_key own.key;
        ssl_stapling on; ssl_stapling_file own.ocsp;""")).start()

    assert shown(visitor) == serial


@pytest.mark.parametrize("stapling, warned", [("", True), ("ssl_stapling on;", False)])
def test_must_staple_without_stapling_is_warned_about(
        nginx: Nginx, pebble: PebbleServer, stapling: str, warned: bool) -> None:
    nginx.configure(site(pebble.issuer(more="must_staple on;"), stapling))

    output = nginx.check().output

    assert ('write "ssl_stapling on;"' in output) == warned
