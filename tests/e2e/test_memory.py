# SPDX-License-Identifier: BSD-2-Clause
"""Secrets of the configuration are in the memory of the process that uses them, and of
the master, which hands them to the next one; in no other."""

import base64
import os
import secrets as random_secrets
import subprocess
from pathlib import Path

import pytest

from support.certificates import new_key, write_key
from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.processes import children
from support.secrets import encodings, forms, found_in_memory
from support.servers import REDIRECT, https_server
from support.tls import Visitor
from support.waiting import wait_until

NAME = "www.example.com"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="memory is for root to read")


class SecretSite:
    """A configuration with every kind of secret, each known by a name."""

    def __init__(self, nginx: Nginx, pebble: PebbleServer) -> None:
        folder = nginx.prefix / "conf"
        keys = {name: random_secrets.token_bytes(48) for name in
                ("external account key", "external account key of a file", "TSIG key")}
        password = random_secrets.token_hex(20)
        write_key(new_key(), folder / "account.pem")
        self.account_key = (folder / "account.pem").read_bytes()
        in_file = base64.urlsafe_b64encode(keys["external account key of a file"]).decode()
        (folder / "eab.key").write_text(f"{in_file}\n")
        tsig = base64.b64encode(keys["TSIG key"]).decode()
        (folder / "tsig.key").write_text(
            f'key "k" {{ algorithm hmac-sha256; secret "{tsig}"; }};\n')
        (folder / "password").write_text(password + "\n")
        webhook = random_secrets.token_hex(20)
        (folder / "webhook.secret").write_text(webhook + "\n")
        for file in folder.iterdir():
            file.chmod(0o600)
        self.secrets = {name: encodings(key) for name, key in keys.items()}
        self.secrets["password"] = encodings(password.encode())
        self.secrets["webhook's secret"] = encodings(webhook.encode())
        self.secrets["account key"] = forms(self.account_key)
        in_line = base64.urlsafe_b64encode(keys["external account key"]).decode()
        cache = nginx.prefix / "cache"
        # Nobody orders at the second CA: only its secrets are read.
        nginx.configure(f"""
            {pebble.issuer(more="account_key account.pem;")}
            acme_issuer other {{
                uri https://ca.example.com/directory;
                external_account_key kid-1 "data:{in_line}";
                dns httpreq https://dns.example.com/ user=me password_file=password;
            }}
            acme_issuer third {{
                uri https://ca.example.com/directory;
                external_account_key kid-2 eab.key;
            }}
            acme_dns rfc2136 server=127.0.0.1 key=k file=tsig.key zone=example.org;
            acme_on revoked https://hook.example.com/ secret=webhook.secret;
            proxy_cache_path {cache} keys_zone=cache:1m;
            acme pebble;
            {REDIRECT}
            {https_server(NAME)}""")
        nginx.allow_log("the key of an external account stands in the configuration")


def pid_of(nginx: Nginx, title: str) -> int:
    return next(pid for pid, text in children(nginx.master_pid).items() if title in text)


def may_be_read_by_workers(pid: int) -> bool:
    """As that user: /proc/PID/mem needs what ptrace does."""
    return subprocess.run(
        ["setpriv", f"--reuid={WORKER_USER}", "--clear-groups", "head", "--bytes=1",
         f"/proc/{pid}/environ"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def test_only_the_helper_and_the_master_have_secrets(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    site = SecretSite(nginx, pebble)
    nginx.start()
    visitor.wait_for_certificate(NAME)

    for _ in range(2):
        helper = nginx.helper_pid()
        assert helper is not None
        everything = set(site.secrets)
        # What is searched for is found where it is.
        assert found_in_memory(helper, site.secrets) == everything
        assert not may_be_read_by_workers(helper)
        assert found_in_memory(nginx.master_pid, site.secrets) == everything
        assert not may_be_read_by_workers(nginx.master_pid)
        (worker,) = nginx.worker_pids()
        assert found_in_memory(worker, site.secrets) == set()
        nginx.reload()


def test_the_cache_loader_forgets_what_it_began_with(
        nginx: Nginx, pebble: PebbleServer) -> None:
    site = SecretSite(nginx, pebble)

    nginx.start()

    loader = pid_of(nginx, "cache loader")
    # Until then nobody of the worker user can read it.
    wait_until(lambda: not found_in_memory(loader, site.secrets), "a loader without secrets")
    wait_until(lambda: nginx.helper_pid() is not None, "the helper")
    helper = nginx.helper_pid()
    assert helper is not None
    assert found_in_memory(helper, site.secrets) == set(site.secrets)


def test_a_cache_manager_without_certificates_to_manage_forgets_them(
        nginx: Nginx, pebble: PebbleServer) -> None:
    site = SecretSite(nginx, pebble)
    conf = nginx.prefix / "conf" / "nginx.conf"
    conf.write_text(conf.read_text().replace("acme pebble;", "acme off;").replace(
        " ssl;", ";"))

    nginx.start()

    manager = pid_of(nginx, "cache manager")
    wait_until(lambda: not found_in_memory(manager, site.secrets), "a manager without secrets")
    assert nginx.helper_pid() is None


def test_a_refused_reload_leaves_no_key_of_its_configuration(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    SecretSite(nginx, pebble)
    nginx.start()
    visitor.wait_for_certificate(NAME)
    conf = nginx.prefix / "conf" / "nginx.conf"
    secret = random_secrets.token_bytes(48)
    line = base64.urlsafe_b64encode(secret).decode()
    nginx.allow_log(r"\[emerg\].* unknown directive")
    conf.write_text(conf.read_text().replace("account_key account.pem;",
                    f"external_account_key kid-9 data:{line}; no_such_directive;"))

    nginx.signal(1)
    nginx.wait_for_log("no_such_directive")

    wait_until(lambda: not found_in_memory(
        nginx.master_pid, {"refused": encodings(secret)}), "a master without the key")
