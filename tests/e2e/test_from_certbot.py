# SPDX-License-Identifier: BSD-2-Clause
"""docs/recipes/from-certbot.md, with a real certbot: what it has obtained is served
without an order, also when nothing points into its folder any more."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.acmectl import run_acmectl
from support.foreign_clients import CLIENTS, why_missing
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.recipes import recipe
from support.tls import Visitor

WWW = "www.example.com"


@pytest.mark.skipif(bool(why_missing("certbot")), reason=why_missing("certbot"))
def test_from_certbot(nginx: Nginx, pebble: PebbleServer, visitor: Visitor, folder: Path,
                      acmectl: str) -> None:
    letsencrypt = folder / "letsencrypt"
    CLIENTS["certbot"](pebble, letsencrypt, [WWW, "example.com"])
    orders = pebble.order_count()
    # What its nginx plugin puts beside them.
    (letsencrypt / "options-ssl-nginx.conf").write_text("ssl_protocols TLSv1.2 TLSv1.3;\n")
    subprocess.run(["openssl", "dhparam", "-dsaparam", "-out",
                    str(letsencrypt / "ssl-dhparams.pem"), "2048"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = recipe("from_certbot.conf", ("/etc/letsencrypt", str(letsencrypt)))
    ca = pebble.issuer("letsencrypt")

    nginx.adapt(text, ca)
    assert nginx.check().status == 0
    answer = run_acmectl(acmectl, "import", "certbot", str(letsencrypt), "--state",
                         str(nginx.state), "--directory", pebble.directory_url)
    assert "2 taken" in answer.remarks, answer
    nginx.start()
    imported = visitor.verified_certificate(WWW)

    # What the page has removed: what still points there.
    without = "".join(line for line in text.splitlines(keepends=True)
                      if str(letsencrypt) not in line)
    shutil.rmtree(letsencrypt)
    nginx.adapt(without, ca)
    assert nginx.check().status == 0
    nginx.stop()
    nginx.start()

    assert visitor.verified_certificate(WWW) == imported
    nginx.wait_for_log("stored certificate.* served; the next renewal")
    assert (pebble.order_count(), pebble.account_count()) == (orders, 1)
