# SPDX-License-Identifier: BSD-2-Clause
"""$acme_certificate where nginx itself evaluates it, and certificates that no
server of ours presents."""

import subprocess

from support.certificates import Certificate
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until


def test_a_certificate_chosen_by_other_variables_may_be_ours(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.allow_log("cannot load certificate")  # while there is none
    nginx.configure(f"""
        {pebble.issuer()}
        map $ssl_server_name $chosen {{ default $acme_certificate; }}
        {REDIRECT}
        {https_server("www.example.com", '''
            acme_certificate pebble;
            ssl_certificate $chosen;
            ssl_certificate_key $acme_certificate_key;''')}
    """).start()

    certificate = visitor.wait_for_certificate("www.example.com")

    assert certificate.names == ("www.example.com",)
    assert visitor.curl("https://www.example.com/")
    assert pebble.order_count() == 1


def test_the_value_is_the_chain_that_is_served_and_nothing_before_there_is_one(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        server {{
            listen 443 ssl;
            server_name www.example.com;
            acme_certificate pebble key=ecdsa,rsa;
            location / {{ return 200 "$acme_certificate"; }}
        }}
        server {{ listen 8080; location / {{ return 200 "$acme_certificate"; }} }}
    """).start()
    assert visitor.get("www.example.com").body == ""

    pebble.release_validations()
    certificate = visitor.wait_for_certificate("www.example.com")
    wait_until(lambda: visitor.get("www.example.com").body, "a value")
    nginx.wait_for_log("issued by", count=2)

    value = visitor.get("www.example.com").body
    assert value.startswith("data:-----BEGIN CERTIFICATE-----")
    assert value.count("-----BEGIN") == 2, "the leaf and its issuer"
    assert Certificate.from_pem(value.removeprefix("data:")).names == certificate.names
    assert visitor.get_plain("www.example.com", port=8080).body == "", "not of this server"


def test_a_server_without_tls_has_its_certificate_in_the_state_directory(
        nginx: Nginx, pebble: PebbleServer) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; server_name mail.example.com; acme_certificate pebble; }}
    """).start()

    wait_until(lambda: list(nginx.state.glob("mail.example.com-*.crt")), "a certificate")

    subject = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in",
         str(next(nginx.state.glob("mail.example.com-*.crt")))],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "DNS:mail.example.com" in subject


def test_logs_and_header_fields_can_have_what_the_client_was_shown(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_validations_held().start()
    shown = "$acme_status|$acme_not_after|$acme_serial|$acme_issuer"
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        server {{
            listen 443 ssl;
            server_name www.example.com;
            acme pebble;
            location / {{ return 200 "{shown}"; }}
        }}
        server {{ listen 8080; location / {{ return 200 "{shown}"; }} }}
    """).start()

    assert visitor.get("www.example.com").body.startswith("fallback|")
    assert visitor.get_plain("www.example.com", port=8080).body == "|||"

    pebble.release_validations()
    certificate = visitor.wait_for_certificate("www.example.com")
    response = visitor.get("www.example.com")
    assert response.body == "|".join([
        "valid", certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        response.body.split("|")[2], certificate.issuer])
    assert response.body.split("|")[2] == certificate.serial
