# SPDX-License-Identifier: BSD-2-Clause
"""The programs of config_examples/events: other servers show what nginx obtains, and
chats have a line of it."""

import shutil
import subprocess
from pathlib import Path
from typing import Iterator, Optional

import pytest

from support import addresses
from support.certificates import Certificate, TestAuthority
from support.mail_servers import MAIL_SERVERS, MailServer
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import ServerProcess
from support.recipes import recipe
from support.tls import Visitor
from support.waiting import wait_until
from support.webhook import Webhook

RECIPES = Path(__file__).resolve().parents[2] / "config_examples" / "events"
NAME = "mail.example.com"


@pytest.fixture(params=MAIL_SERVERS, ids=lambda kind: kind.PROGRAM)
def mail_server(request: pytest.FixtureRequest, address: str,
                folder: Path) -> Iterator[MailServer]:
    why = request.param.why_unusable()
    if why:
        pytest.skip(why)
    server_folder = folder / "mail"
    server_folder.mkdir()
    server = request.param(address, server_folder)
    yield server
    server.close()


def test_a_mail_server_shows_each_new_certificate(
        nginx: Nginx, pebble: PebbleServer, mail_server: MailServer) -> None:
    events = nginx.prefix / "conf/events"
    events.mkdir()
    mail_server.recipe(RECIPES / mail_server.PROGRAM, events / mail_server.PROGRAM, NAME)
    others = [(f"    acme_on issued,renewed exec events/{kind.PROGRAM};\n", "")
              for kind in MAIL_SERVERS if kind.PROGRAM != mail_server.PROGRAM]
    first = mail_server.start().certificate()
    assert first.issuer == "nobody"

    def configure(key: str) -> Nginx:
        text = recipe("mail_servers.conf", *others,
                      ("acme_certificate letsencrypt;", f"acme_certificate letsencrypt key={key};"))
        # As root, since reloading a mail server is root's: others have sudo.
        return nginx.adapt("user root;\n" + text, pebble.issuer("letsencrypt"))

    def stored(key: str) -> list[str]:
        found = [Certificate.from_pem(path.read_text()) for path in nginx.state.glob("*.crt")]
        return [certificate.serial for certificate in found if certificate.key == key]

    configure("ecdsa:256").start()
    shown = wait_until(lambda: other_than(mail_server, first), "the first certificate")
    assert [shown.serial] == stored("ecdsa:256")
    nginx.wait_for_log('event "issued" .* was told to')

    configure("ecdsa:384")
    nginx.reload()
    renewed = wait_until(lambda: other_than(mail_server, shown), "the renewed certificate")
    assert [renewed.serial] == stored("ecdsa:384")
    nginx.wait_for_log('event "renewed" .* was told to')
    assert mail_server.bundle.stat().st_mode & 0o777 == 0o600


def other_than(server: MailServer, certificate: Certificate) -> Optional[Certificate]:
    """What the mail server shows now, unless it is this one; a reload may be under way."""
    try:
        found = server.certificate()
    except OSError:
        return None
    return found if found.serial != certificate.serial else None


def run(program: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """As nginx calls it."""
    variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return subprocess.run([program, variables["ACME_EVENT"], variables["ACME_CERTIFICATE"]],
                          env=variables, cwd="/", input="{}", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


@pytest.mark.skipif(not shutil.which("haproxy") or not shutil.which("socat"),
                    reason="haproxy or socat is not installed")
def test_haproxy_shows_the_new_certificate_at_once(address: str, folder: Path) -> None:
    bundle, socket = folder / "bundle.pem", folder / "admin.sock"
    authority = TestAuthority("the next one")
    authority.issue(["www.example.com"], folder / "next.crt", folder / "next.key")
    TestAuthority("the first one").issue(["www.example.com"], folder / "first.crt",
                                         folder / "first.key")
    bundle.write_text((folder / "first.key").read_text() + (folder / "first.crt").read_text())
    (folder / "haproxy.cfg").write_text(f"""
global
    stats socket {socket} mode 660 level admin
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend https
    bind {address}:{addresses.HTTPS} ssl crt {bundle}
""")
    program = folder / "haproxy"
    program.write_text((RECIPES / "haproxy").read_text()
                       .replace("/etc/haproxy/acme/bundle.pem\nsocket", f"{bundle}\nsocket")
                       .replace("socket=/run/haproxy/admin.sock", f"socket={socket}"))
    program.chmod(0o755)
    visitor = Visitor(address, bundle)
    server = ServerProcess(["haproxy", "-f", str(folder / "haproxy.cfg")], folder / "haproxy.log")
    try:
        def issuer() -> str:
            try:
                return visitor.certificate("www.example.com").issuer
            except OSError:
                return ""

        wait_until(lambda: issuer() == "the first one", "HAProxy to start")
        result = run(program, ACME_EVENT="renewed", ACME_CERTIFICATE="www.example.com",
                     ACME_NAMES="example.com www.example.com",
                     ACME_FULLCHAIN=str(folder / "next.crt"),
                     ACME_PRIVKEY=str(folder / "next.key"))
        assert result.returncode == 0, result.stdout
        assert "Success" in result.stdout
        wait_until(lambda: issuer() == "the next one", "the next certificate")
        assert "the next one" not in (folder / "first.crt").read_text()
        assert bundle.read_text().startswith((folder / "next.key").read_text())
    finally:
        server.end()


def test_a_recipe_leaves_other_certificates_and_broken_pairs_alone(folder: Path) -> None:
    for name in ("one", "other"):
        TestAuthority(name).issue(["www.example.com"], folder / f"{name}.crt",
                                  folder / f"{name}.key")
    for name in ("postfix", "dovecot", "haproxy"):
        bundle = folder / "bundle.pem"
        program = folder / name
        program.write_text((RECIPES / name).read_text().replace(
            f"bundle=/etc/{name}/acme/bundle.pem", f"bundle={bundle}"))
        program.chmod(0o755)
        foreign = run(program, ACME_EVENT="renewed", ACME_CERTIFICATE="foreign.example.net",
                      ACME_NAMES="foreign.example.net")
        assert (foreign.returncode, foreign.stdout) == (0, "")
        broken = run(program, ACME_EVENT="renewed", ACME_CERTIFICATE="www.example.com",
                     ACME_NAMES="www.example.com mail.example.com",
                     ACME_FULLCHAIN=str(folder / "one.crt"),
                     ACME_PRIVKEY=str(folder / "other.key"))
        assert broken.returncode == 75, broken.stdout
        assert "is not the key of" in broken.stdout
        assert not list(folder.glob("bundle.pem*"))


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_a_chat_has_a_line_whatever_a_ca_says(address: str, folder: Path) -> None:
    program = folder / "chat"
    shutil.copy(RECIPES / "chat", program)
    with Webhook(address) as webhook:
        (folder / "chat.url").write_text(webhook.url + "\n")
        said = 'it said "no \\ way" & <b>$(id)'
        result = run(program, ACME_EVENT="failed", ACME_CERTIFICATE="www.example.com",
                     ACME_ISSUER="ca", ACME_TEXT=said)
        assert result.returncode == 0, result.stdout
        assert webhook.calls[0].event == {"text": f"failed: www.example.com: {said}"}
    gone = run(program, ACME_EVENT="issuer_down", ACME_CERTIFICATE="", ACME_ISSUER="ca")
    assert gone.returncode == 75
