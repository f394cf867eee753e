# SPDX-License-Identifier: BSD-2-Clause
"""Other ACME clients, run for real against Pebble: what they leave is what operators
come with."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Callable, Iterator

from . import addresses
from .pebble import PebbleServer
from .processes import ServerProcess
from .waiting import PATIENCE, wait_until

# Most of them read the roots of a CA's own TLS from the environment.
ROOTS = ("SSL_CERT_FILE", "LEGO_CA_CERTIFICATES", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

APACHE_MODULES = Path("/usr/lib/apache2/modules")
ACME_SH = Path(os.environ.get("ACME_TEST_ACME_SH", "/usr/share/acme.sh"))


@contextlib.contextmanager
def webroot(address: str, folder: Path) -> Iterator[Path]:
    """A web server that shows the files of a folder on port 80."""
    folder.mkdir(exist_ok=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(*arguments, directory=str(folder), **more)  # type: ignore

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, addresses.HTTP), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield folder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _run(pebble: PebbleServer, *command: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                   **{name: str(pebble.ca_file) for name in ROOTS}}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, timeout=3 * PATIENCE,
                            stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout


def run_dehydrated(pebble: PebbleServer, folder: Path, names: list[str]) -> None:
    with webroot(pebble.address, folder.with_suffix(".web")) as web:
        challenges = web / ".well-known/acme-challenge"
        challenges.mkdir(parents=True)
        folder.mkdir()
        (folder / "config").write_text(
            f'CA="{pebble.directory_url}"\nBASEDIR="{folder}"\nWELLKNOWN="{challenges}"\n'
            f'CURL_OPTS="--cacert {pebble.ca_file}"\nKEY_ALGO=prime256v1\n'
            'ACCOUNT_KEYSIZE=2048\n'
            'CONTACT_EMAIL=me@example.com\n')
        (folder / "domains.txt").write_text(" ".join(names) + "\n")
        config = str(folder / "config")
        _run(pebble, "dehydrated", "--config", config, "--register", "--accept-terms")
        _run(pebble, "dehydrated", "--config", config, "--cron")


def run_lego(pebble: PebbleServer, folder: Path, names: list[str]) -> None:
    with webroot(pebble.address, folder.with_suffix(".web")) as web:
        domains = [f"--domains={name}" for name in names]
        _run(pebble, "lego", "--server", pebble.directory_url, "--email", "me@example.com",
             "--accept-tos", "--path", str(folder), "--key-type", "ec256", *domains,
             "--http", "--http.webroot", str(web), "run")


def run_certbot(pebble: PebbleServer, folder: Path, names: list[str], *more: str) -> None:
    with webroot(pebble.address, folder.with_suffix(".web")) as web:
        domains = [part for name in names for part in ("-d", name)]
        work = folder.with_suffix(".work")
        _run(pebble, "certbot", "certonly", "--non-interactive", "--webroot", "-w", str(web),
             "--server", pebble.directory_url, "--agree-tos", "-m", "me@example.com",
             "--key-type", "ecdsa", "--config-dir", str(folder), "--work-dir", str(work),
             "--logs-dir", str(work / "logs"), *domains, *more)


def run_caddy(pebble: PebbleServer, folder: Path, names: list[str]) -> None:
    """Caddy has a certificate for each name: the first one's is waited for."""
    config = {
        "admin": {"disabled": True},
        "storage": {"module": "file_system", "root": str(folder)},
        "apps": {
            "http": {"http_port": addresses.HTTP, "servers": {"site": {
                "listen": [f"{pebble.address}:{addresses.HTTPS}"],
                "routes": [{"match": [{"host": names[:1]}]}]}, "plain": {
                    "listen": [f"{pebble.address}:{addresses.HTTP}"]}}},
            "tls": {"automation": {"policies": [{"issuers": [{
                "module": "acme", "ca": pebble.directory_url, "email": "me@example.com",
                "trusted_roots_pem_files": [str(pebble.ca_file)],
                "challenges": {"tls-alpn": {"disabled": True}}}]}]}}}}
    path = folder.with_suffix(".json")
    path.write_text(json.dumps(config))
    with open(folder.with_suffix(".log"), "wb") as log:
        with subprocess.Popen(["caddy", "run", "--config", str(path)], stdout=log,
                              stderr=subprocess.STDOUT,
                              env={"PATH": os.environ["PATH"], "HOME": str(folder)}) as caddy:
            try:
                wait_until(lambda: list(folder.glob("certificates/*/*/*.json")),
                           "Caddy's certificate")
            finally:
                caddy.terminate()


def run_mod_md(pebble: PebbleServer, folder: Path, names: list[str]) -> None:
    """Apache, which takes what it has obtained into use when it starts again."""
    work = folder.with_suffix(".apache")
    work.mkdir()
    conf = work / "apache2.conf"
    modules = "\n".join(f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "ssl", "md"))
    conf.write_text(f"""
{modules}
ServerName {names[0]}
User www-data
Group www-data
PidFile {work}/apache2.pid
ErrorLog {work}/error.log
DefaultRuntimeDir {work}
Listen {pebble.address}:{addresses.HTTP}
Listen {pebble.address}:{addresses.HTTPS}
MDStoreDir {folder}
MDCertificateAuthority {pebble.directory_url}
MDCACertificateFile {pebble.ca_file}
MDCertificateAgreement accepted
MDContactEmail me@example.com
MDCAChallenges http-01
MDPrivateKeys secp256r1
MDomain {' '.join(names)}
<VirtualHost {pebble.address}:{addresses.HTTPS}>
    ServerName {names[0]}
    ServerAlias {' '.join(names[1:]) or names[0]}
    SSLEngine on
</VirtualHost>
""")

    def run_until(is_done: Callable[[], bool], what: str) -> None:
        server = ServerProcess(["apache2", "-f", str(conf), "-D", "FOREGROUND"],
                               work / "output.log")
        try:
            wait_until(is_done, what)
        finally:
            server.end()

    log = work / "error.log"
    run_until(lambda: log.exists() and "has been setup" in log.read_text(), "mod_md's order")
    run_until(lambda: "resuming normal operations" in log.read_text().partition("SIGTERM")[2],
              "Apache with its certificate")


def run_acme_sh(pebble: PebbleServer, folder: Path, names: list[str]) -> None:
    program = [str(ACME_SH / "acme.sh"), "--home", str(folder), "--config-home", str(folder)]
    with webroot(pebble.address, folder.with_suffix(".web")) as web:
        domains = [part for name in names for part in ("-d", name)]
        folder.mkdir()
        _run(pebble, *program, "--issue", "--server", pebble.directory_url, "--webroot", str(web),
             "--ca-bundle", str(pebble.ca_file), "-m", "me@example.com", *domains)


CLIENTS: dict[str, Callable[[PebbleServer, Path, list[str]], None]] = {
    "dehydrated": run_dehydrated, "lego": run_lego, "certbot": run_certbot,
    "caddy": run_caddy, "mod_md": run_mod_md, "acme.sh": run_acme_sh}


def why_missing(client: str) -> str:
    if client == "mod_md":
        if not shutil.which("apache2") or not (APACHE_MODULES / "mod_md.so").exists():
            return "Apache with mod_md is not installed (scripts/setup --dev)"
        return "" if os.geteuid() == 0 else "Apache gives its store to another user, as root"
    if client == "acme.sh":
        return ("" if (ACME_SH / "acme.sh").exists() else
                f"acme.sh is not in {ACME_SH}: Debian has it from trixie on")
    return "" if shutil.which(client) else f"{client} is not installed (scripts/setup --dev)"
