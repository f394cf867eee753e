# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Dovecot on the test's own address, for handshakes: no mail is sent."""

import os
import shutil
import smtplib
import ssl
import subprocess
from pathlib import Path
from typing import Optional

from . import addresses
from .certificates import Certificate, TestAuthority
from .processes import ServerProcess
from .tls import Visitor, peer_certificate
from .waiting import wait_until


class MailServer:
    """start()ed with a certificate of nobody's in its bundle, as before the first event.
    `recipe` is the program of config_examples/events for this machine."""

    PROGRAM = ""
    RELOAD = ""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder
        self.bundle = folder / "acme" / "bundle.pem"
        self.log = folder / "mail.log"
        self._process: Optional[ServerProcess] = None
        folder.chmod(0o755)
        self.bundle.parent.mkdir(mode=0o700)

    @classmethod
    def why_unusable(cls) -> str:
        if os.geteuid() != 0:
            return f"{cls.PROGRAM} needs root"
        return "" if shutil.which(cls.PROGRAM) else f"{cls.PROGRAM} is not installed (scripts/setup --dev)"

    def recipe(self, source: Path, target: Path, name: str) -> Path:
        text = source.read_text()
        for line, own in (("name=mail.example.com", f"name={name}"),
                          (f"bundle=/etc/{self.PROGRAM}/acme/bundle.pem", f"bundle={self.bundle}"),
                          (f"    {self.RELOAD}\n", f"    {self.own_reload()}\n")):
            assert line in text
            text = text.replace(line, own, 1)
        target.write_text(text)
        target.chmod(0o755)
        return target

    def start(self) -> "MailServer":
        authority = TestAuthority("nobody")
        chain, key = self.folder / "first.crt", self.folder / "first.key"
        authority.issue(["mail.example.com"], chain, key)
        self.bundle.write_text(key.read_text() + chain.read_text())
        self._process = ServerProcess(self.command(), self.folder / "output.log")
        wait_until(self._is_up, f"{self.PROGRAM} to start")
        return self

    def close(self) -> None:
        if self._process is not None:
            self._process.end()

    def _is_up(self) -> bool:
        assert self._process is not None and self._process.status is None, \
            (self.folder / "output.log").read_text()
        try:
            self.certificate()
            return True
        except OSError:
            return False

    # Of each.

    def command(self) -> list[str]:
        raise NotImplementedError

    def own_reload(self) -> str:
        raise NotImplementedError

    def certificate(self) -> Certificate:
        raise NotImplementedError


class Postfix(MailServer):
    PROGRAM = "postfix"
    RELOAD = "postfix reload"

    def command(self) -> list[str]:
        for name in ("spool", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {self.folder}/spool
data_directory = {self.folder}/data
maillog_file = {self.log}
maillog_file_prefixes = {self.folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.com
mydestination =
alias_maps =
alias_database =
default_transport = error:no mail is sent
smtpd_tls_security_level = may
smtpd_tls_chain_files = {self.bundle}
""")
        (self.folder / "master.cf").write_text(f"""
{self.address}:{addresses.SMTP} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
error unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
""")
        return ["postfix", "-c", str(self.folder), "start-fg"]

    def close(self) -> None:
        # Its master leaves the group that it was started in.
        subprocess.run(["postfix", "-c", str(self.folder), "abort"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        super().close()

    def own_reload(self) -> str:
        return f"postfix -c {self.folder} reload"

    def certificate(self) -> Certificate:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with smtplib.SMTP(self.address, addresses.SMTP, timeout=10) as client:
            client.starttls(context=context)
            assert isinstance(client.sock, ssl.SSLSocket)
            return peer_certificate(client.sock)


class Dovecot(MailServer):
    PROGRAM = "dovecot"
    RELOAD = "doveadm reload"

    def command(self) -> list[str]:
        conf = self.folder / "dovecot.conf"
        conf.write_text(self._head() + f"""
base_dir = {self.folder}/run
log_path = {self.log}
protocols = imap
listen = {self.address}
ssl = required
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {addresses.IMAPS}
    ssl = yes
  }}
}}
""")
        return ["dovecot", "-c", str(conf), "-F"]

    def _head(self) -> str:
        version = subprocess.run(["dovecot", "--version"], stdout=subprocess.PIPE, text=True,
                                 check=True).stdout.split()[0]
        if version.startswith("2.3."):
            return f"ssl_cert = <{self.bundle}\nssl_key = <{self.bundle}\n"
        return (f"dovecot_config_version = {version}\ndovecot_storage_version = {version}\n"
                f"ssl_server_cert_file = {self.bundle}\nssl_server_key_file = {self.bundle}\n")

    def own_reload(self) -> str:
        return f"doveadm -c {self.folder}/dovecot.conf reload"

    def certificate(self) -> Certificate:
        return Visitor(self.address, self.bundle).certificate("mail.example.com", addresses.IMAPS)


MAIL_SERVERS = (Postfix, Dovecot)
