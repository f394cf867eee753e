# SPDX-License-Identifier: BSD-2-Clause
"""docs/recipes/from-certbot.md, with a real certbot: what it has obtained is served
without an order, also when nothing points into its folder any more; and the way back."""

import re
from pathlib import Path

import pytest

from support.acmectl import run_acmectl
from support.certificates import Certificate
from support.foreign_clients import run_certbot, why_missing
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.recipes import recipe
from support.servers import https_server
from support.tls import Visitor

WWW = "www.example.com"

# RFC 7919, as certbot has it, too.
FFDHE2048 = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def serial_served(visitor: Visitor) -> str:
    return visitor.verified_certificate(WWW).serial


@pytest.mark.skipif(bool(why_missing("certbot")), reason=why_missing("certbot"))
def test_what_certbot_has_is_served_and_nothing_points_there_any_more(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor, folder: Path,
        acmectl: str) -> None:
    letsencrypt = folder / "letsencrypt"
    run_certbot(pebble, letsencrypt, [WWW, "example.com"])
    orders = pebble.order_count()
    # What its nginx plugin puts beside them.
    (letsencrypt / "options-ssl-nginx.conf").write_text("ssl_protocols TLSv1.2 TLSv1.3;\n")
    (letsencrypt / "ssl-dhparams.pem").write_text(FFDHE2048)
    before = recipe(
        "from_certbot.conf", ("/etc/letsencrypt", str(letsencrypt)),
        ("account_key rsa:2048;",
         f"account_key rsa:2048; uri {pebble.directory_url}; accept_terms_of_service;"
         f" ssl_trusted_certificate {pebble.ca_file}; state_path state;"))

    # As the page says: check, import, start.
    nginx.adapt(before)
    assert nginx.check().status == 0
    answer = run_acmectl(acmectl, "import", "certbot", str(letsencrypt), "--state",
                         str(nginx.state), "--directory", pebble.directory_url)
    assert "2 taken, 0 there already, 0 left, 0 failed" in answer.remarks, answer
    nginx.start()
    imported = serial_served(visitor)
    assert imported == Certificate.from_pem(
        (letsencrypt / f"live/{WWW}/fullchain.pem").read_text()).serial

    # Nothing points there any more, and the folder is gone.
    after = "".join(line for line in before.splitlines(keepends=True)
                    if str(letsencrypt) not in line)
    aside = letsencrypt.rename(folder / "aside")
    nginx.adapt(after, https_server("new.example.com"))
    assert nginx.check().status == 0
    nginx.stop()
    nginx.start()

    visitor.wait_for_certificate("new.example.com")  # by certbot's account
    assert serial_served(visitor) == imported
    assert (pebble.order_count(), pebble.account_count()) == (orders + 1, 1)

    # The way back: certbot's account is as good as it was.
    nginx.stop()
    aside.rename(letsencrypt)
    run_certbot(pebble, letsencrypt, [WWW, "example.com"], "--force-renewal")
    nginx.adapt(re.sub(r"\s*acme(_log)? .*", "", before)).start()

    assert serial_served(visitor) not in ("", imported)
    assert (pebble.order_count(), pebble.account_count()) == (orders + 2, 1)
