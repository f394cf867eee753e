# SPDX-License-Identifier: BSD-2-Clause
"""$acme_certificate where nginx itself evaluates it, and certificates that no
server of ours presents."""

import subprocess

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


def test_a_certificate_can_be_presented_to_an_upstream(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        {REDIRECT}
        server {{
            listen 8443 ssl;
            server_name back.example.com;
            acme_certificate pebble;
            ssl_verify_client optional_no_ca;
            location / {{ return 200 "$ssl_client_s_dn|$ssl_client_fingerprint"; }}
        }}
        server {{
            listen 443 ssl;
            server_name www.example.com;
            acme_certificate pebble;
            location / {{
                proxy_pass https://{nginx.address}:8443;
                proxy_ssl_name back.example.com;
                proxy_ssl_server_name on;
                proxy_ssl_certificate $acme_certificate;
                proxy_ssl_certificate_key $acme_certificate_key;
            }}
        }}
    """).start()
    certificate = visitor.wait_for_certificate("www.example.com")
    visitor.wait_for_certificate("back.example.com", port=8443)

    assert visitor.get("www.example.com").body.split("|")[1] == certificate.sha1


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
