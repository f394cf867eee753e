# SPDX-License-Identifier: BSD-2-Clause
"""Real authoritative name servers that take dynamic updates: BIND, Knot, PowerDNS."""

import base64
import os
import shutil
import signal
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Optional

from . import addresses
from .processes import ServerProcess
from .waiting import wait_until

# The second is where aliases lead.
ZONES = ("example.com", "acme.example.net")


class NameServer(ABC):
    """Has ZONES, lets its key change TXT records, and starts() on port 53 of its
    address. It says of itself that it is their only name server, and "www" of the
    first zone is at `visits`."""

    PROGRAM = ""
    KEY_NAME = "acme-key"

    def __init__(self, address: str, folder: Path, algorithm: str = "hmac-sha256",
                 visits: Optional[str] = None) -> None:
        self.address = address
        self.endpoint = f"{address}:{addresses.NAME_SERVER}"
        self.algorithm = algorithm
        self.secret = os.urandom(32)
        self._visits = visits or address
        self._folder = folder
        self._log = folder / "name-server.log"
        self._log.touch()
        self._records: dict[str, list[str]] = {zone: [] for zone in ZONES}
        self._process: Optional[ServerProcess] = None

    @classmethod
    def why_unusable(cls) -> str:
        return "" if cls._binary() else f"{cls.PROGRAM} is not installed (scripts/setup)"

    def with_record(self, zone: str, record: str) -> "NameServer":
        """In the format of zone files: "www CNAME example.net."."""
        self._records[zone].append(record)
        return self

    def start(self) -> "NameServer":
        self._prepare()
        self._process = ServerProcess(self._arguments(), self._log, folder=self._folder)
        wait_until(self._answers, f"{self.PROGRAM} on {self.endpoint}")
        return self

    def close(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGKILL)
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def texts(self, name: str) -> list[str]:
        """The TXT values of a name."""
        return sorted(line.strip('"') for line in self._dig(name, "TXT").splitlines())

    def add_text(self, name: str, value: str) -> None:
        """As a person does."""
        subprocess.run(["nsupdate", "-k", str(self.key_file())], check=True, text=True,
                       input=f"server {self.address} {addresses.NAME_SERVER}\n"
                             f'update add {name} 60 TXT "{value}"\nsend\n')

    @property
    def secret_text(self) -> str:
        return base64.b64encode(self.secret).decode()

    def key_file(self) -> Path:
        """BIND's form of the key."""
        path = self._folder / "update.key"
        path.write_text(f"""key "{self.KEY_NAME}" {{
    algorithm {self.algorithm};
    secret "{self.secret_text}";
}};
""")
        return path

    @abstractmethod
    def _prepare(self) -> None:
        """Writes what it needs to start."""

    @abstractmethod
    def _arguments(self) -> list[str]:
        """Its command line, in the foreground."""

    @classmethod
    def _binary(cls) -> Optional[str]:
        return shutil.which(cls.PROGRAM, path=os.environ.get("PATH", "") + ":/usr/sbin")

    def _program(self) -> str:
        found = self._binary()
        assert found
        return found

    def _zone_file(self, zone: str) -> Path:
        path = self._folder / f"{zone}.zone"
        lines = ["$TTL 60", f"$ORIGIN {zone}.", "@ SOA ns1 hostmaster 1 3600 600 86400 1",
                 "@ NS ns1", f"ns1 A {self.address}"]
        if zone == ZONES[0]:
            lines += [f"@ A {self._visits}", f"www A {self._visits}"]
        path.write_text("\n".join([*lines, *self._records[zone], ""]))
        return path

    def _dig(self, name: str, kind: str) -> str:
        return subprocess.run(
            ["dig", "+short", "+norecurse", "+time=1", "+tries=1", f"@{self.address}",
             "-p", str(addresses.NAME_SERVER), name, kind],
            stdout=subprocess.PIPE, text=True, check=False).stdout

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.status is None, f"{self.PROGRAM} ended:\n{self.log}"
        return all("ns1." in self._dig(zone, "SOA") for zone in ZONES)


class Bind(NameServer):
    """Listens only where an interface says that the address is its own."""

    PROGRAM = "named"

    @classmethod
    def why_unusable(cls) -> str:
        return super().why_unusable() or ("" if os.geteuid() == 0 else
                                          "BIND needs an address that only root can add")

    def close(self) -> None:
        super().close()
        self._change_address("del")

    def _change_address(self, action: str) -> None:
        subprocess.run(["ip", "address", action, f"{self.address}/32", "dev", "lo"],
                       stderr=subprocess.DEVNULL, check=action == "add")

    def _prepare(self) -> None:
        self._change_address("add")
        zones = "\n".join(f"""
            zone "{zone}" {{
                type primary;
                file "{self._zone_file(zone)}";
                update-policy {{ grant {self.KEY_NAME} zonesub TXT; }};
            }};""" for zone in ZONES)
        (self._folder / "named.conf").write_text(f"""
            include "{self.key_file()}";
            options {{
                directory "{self._folder}";
                pid-file "{self._folder}/named.pid";
                session-keyfile "{self._folder}/session.key";
                listen-on port {addresses.NAME_SERVER} {{ {self.address}; }};
                listen-on-v6 {{ none; }};
                recursion no;
                notify no;
                dnssec-validation no;
            }};
            controls {{ }};
            {zones}
            """)

    def _arguments(self) -> list[str]:
        return [self._program(), "-g", "-n", "1", "-c", str(self._folder / "named.conf")]


class Knot(NameServer):
    PROGRAM = "knotd"

    def _prepare(self) -> None:
        (self._folder / "db").mkdir()
        zones = "\n".join(f"""
  - domain: {zone}
    file: {self._zone_file(zone)}
    zonefile-sync: -1
    acl: update""" for zone in ZONES)
        (self._folder / "knot.conf").write_text(f"""
server:
    listen: {self.address}@{addresses.NAME_SERVER}
    rundir: {self._folder}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: {self._folder}/knot.sock
log:
  - target: stderr
    any: info
database:
    storage: {self._folder}/db
key:
  - id: {self.KEY_NAME}
    algorithm: {self.algorithm}
    secret: {self.secret_text}
acl:
  - id: update
    key: {self.KEY_NAME}
    action: update
    update-type: [TXT]
zone:{zones}
""")

    def _arguments(self) -> list[str]:
        return [self._program(), "-c", str(self._folder / "knot.conf")]


class PowerDns(NameServer):
    PROGRAM = "pdns_server"
    SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")

    @classmethod
    def why_unusable(cls) -> str:
        if not cls.SCHEMA.exists():
            return "pdns-backend-sqlite3 is not installed (scripts/setup)"
        return super().why_unusable()

    def _prepare(self) -> None:
        database = self._folder / "pdns.sqlite3"
        connection = sqlite3.connect(database)
        connection.executescript(self.SCHEMA.read_text())
        connection.close()
        (self._folder / "pdns.conf").write_text(f"""
launch=gsqlite3
gsqlite3-database={database}
gsqlite3-pragma-synchronous=0
local-address={self.address}
local-port={addresses.NAME_SERVER}
socket-dir={self._folder}
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
""")
        for zone in ZONES:
            self._pdnsutil("load-zone", zone, str(self._zone_file(zone)))
            self._pdnsutil("set-meta", zone, "TSIG-ALLOW-DNSUPDATE", self.KEY_NAME)
        self._pdnsutil("import-tsig-key", self.KEY_NAME, self.algorithm, self.secret_text)

    def _pdnsutil(self, *arguments: str) -> None:
        subprocess.run(["pdnsutil", f"--config-dir={self._folder}", *arguments],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)

    def _arguments(self) -> list[str]:
        return [self._program(), f"--config-dir={self._folder}", "--guardian=no", "--daemon=no"]


MAKES = (Bind, Knot, PowerDns)
