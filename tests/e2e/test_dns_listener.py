# SPDX-License-Identifier: BSD-2-Clause
"""nginx as the name server of its challenges: a CA finds them there, and nobody
finds anything else, whatever they send."""

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Iterator

import pytest

from support import addresses
from support.dns_client import (A, NS, SOA, TXT, answer_count, connection, datagrams, dig, exchange,
                                framed, query, rcode, read_framed)
from support.nginx import Nginx
from support.pebble import PebbleServer
from support.processes import ServerProcess, own_kilobytes
from support.recipes import recipe
from support.servers import https_server
from support.tls import Visitor
from support.waiting import wait_until

CHALLENGE = "_acme-challenge.example.com"
NOERROR, REFUSED = 0, 5


def site(pebble: PebbleServer, nginx: Nginx, more: str = "", listen: str = "53",
         names: str = "*.example.com example.com") -> str:
    """A wildcard and its domain, proved by nginx's own DNS."""
    return f"""
        {pebble.issuer(more="challenge dns-01;")}
        resolver {nginx.address}:{addresses.NAME_SERVER};
        acme_dns listen {listen} {more};
        {https_server(names, more="acme pebble;")}
    """


@pytest.fixture
def dns_pebble(stopped_pebble: PebbleServer, address: str) -> PebbleServer:
    """The CA, whose resolver is nginx."""
    return stopped_pebble.with_resolver(f"{address}:{addresses.NAME_SERVER}").start()


@pytest.fixture
def unfinished(nginx: Nginx, pebble: PebbleServer) -> Iterator[None]:
    """nginx has an order that comes to nothing, since the CA does not ask it, and
    ends before the CA does."""
    nginx.allow_log('certificate "\\*.example.com"')
    yield
    nginx.close()


@pytest.fixture
def name_server(nginx: Nginx, pebble: PebbleServer, unfinished: None) -> Nginx:
    """Answers, up and running."""
    return nginx.configure(f"""
        {pebble.issuer()}
        acme_dns listen 53 name=ns.example.org alias=acme.example.net;
        acme pebble;
        server {{ listen 80; }}
        {https_server("www.example.com")}
        {https_server("*.example.com")}
    """).start()


@pytest.mark.parametrize("parameters, record", [
    ("", 'NS "_acme-challenge.example.com.", whose value is a name of this server'),
    ("name=ns.example.org", 'NS "_acme-challenge.example.com.", whose value is "ns.example.org."'),
    ("name=ns.example.org alias=acme.example.net",
     'CNAME "_acme-challenge.example.com.", whose value is a name in the zone '
     '"acme.example.net."')])
def test_the_check_says_which_records_lead_here(
        nginx: Nginx, pebble: PebbleServer, parameters: str, record: str) -> None:
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        acme_dns listen 53 {parameters};
        server {{ listen 80; }}
        {https_server("www.example.com")}
        {https_server("example.com *.example.com")}
    """)

    lines = [line for line in nginx.check().log.splitlines() if "needs the DNS record" in line]

    assert len(lines) == 1
    assert f'certificate "example.com" needs the DNS record {record} in ' in lines[0]


def test_a_wildcard_and_its_domain_are_proved_without_anybody_elses_dns(
        nginx: Nginx, dns_pebble: PebbleServer, visitor: Visitor, address: str) -> None:
    nginx.configure(site(dns_pebble, nginx)).start()

    certificate = visitor.wait_for_certificate("any.example.com")

    assert sorted(certificate.names) == ["*.example.com", "example.com"]
    assert (dns_pebble.order_count(), dns_pebble.refusal_count()) == (1, 0)
    # Both values of the one name stay for a moment: CAs look from several places.
    for transport in ("+notcp", "+tcp"):
        found = dig(address, CHALLENGE, "TXT", transport)
        assert (found.status, len(found.txt)) == ("NOERROR", 2)
        assert {"qr", "aa"} <= set(found.flags) and "ra" not in found.flags
        assert all(len(value) == 43 for value in found.txt)
    mixed = dig(address, "_aCmE-cHallEnge.ExamPle.Com", "TXT")
    assert mixed.question == "_aCmE-cHallEnge.ExamPle.Com."
    assert len(mixed.txt) == 2
    # A reload passes them on.
    nginx.reload()
    assert len(dig(address, CHALLENGE, "TXT").txt) == 2


@pytest.fixture
def resolver(folder: Path, second_address: str, address: str) -> Iterator[str]:
    """BIND, which knows that example.com has delegated two names to nginx, and has
    an alias."""
    named = shutil.which("named", path="/usr/sbin:/usr/bin")
    if named is None:
        pytest.skip("BIND is not installed")
    if os.geteuid() != 0:
        pytest.skip("BIND needs an address that only root can add")
    home = folder / "bind"
    home.mkdir()
    delegations = "".join(
        f'zone "{zone}" {{ type static-stub; server-addresses {{ {address}; }}; }};\n'
        for zone in (CHALLENGE, "acme.example.net"))
    (home / "example.org.zone").write_text(f"""$TTL 1
@ SOA . . 1 3600 600 86400 1
  NS ns
ns A {address}
acme-dns A {address}
_acme-challenge CNAME deep.down.acme.example.net.
""")
    (home / "named.conf").write_text(f"""
        options {{
            directory "{home}"; pid-file none; session-keyfile none;
            listen-on port {addresses.DNS} {{ {second_address}; }}; listen-on-v6 {{ none; }};
            query-source address {second_address};
            recursion yes; dnssec-validation no; qname-minimization strict;
        }};
        controls {{ }};
        {delegations}
        zone "example.org" {{ type primary; file "example.org.zone"; }};
    """)
    on_loopback = [f"{second_address}/32", "dev", "lo"]
    subprocess.run(["ip", "address", "add", *on_loopback], check=True)
    server = ServerProcess([named, "-g", "-n", "1", "-c", str(home / "named.conf")],
                           home / "named.log")
    try:
        wait_until(lambda: exchange(second_address, query("example.org", SOA), address,
                                    timeout=0.5, port=addresses.DNS), "BIND")
        yield f"{second_address}:{addresses.DNS}"
    finally:
        server.end(signal.SIGKILL)
        subprocess.run(["ip", "address", "del", *on_loopback], check=True)


def test_a_resolver_finds_challenges_by_delegation_and_alias(
        nginx: Nginx, stopped_pebble: PebbleServer, resolver: str, visitor: Visitor) -> None:
    pebble = stopped_pebble.with_resolver(resolver).start()
    nginx.configure(f"""
        {pebble.issuer(more="challenge dns-01;")}
        resolver {resolver};
        acme_dns listen 53 alias=acme.example.net;
        {https_server("*.example.com example.com *.example.org", more="acme pebble;")}
    """).start()

    certificate = visitor.wait_for_certificate("any.example.org")

    assert sorted(certificate.names) == ["*.example.com", "*.example.org", "example.com"]
    assert (pebble.order_count(), pebble.refusal_count()) == (1, 0)


def test_the_recipe_gets_its_wildcard(
        nginx: Nginx, stopped_pebble: PebbleServer, resolver: str, visitor: Visitor,
        address: str) -> None:
    pebble = stopped_pebble.with_resolver(resolver).start()
    nginx.adapt(recipe("wildcard_listen.conf", ("192.0.2.1:53", f"{address}:53")),
                f"resolver {resolver}; {pebble.issuer('letsencrypt')}").start()

    assert visitor.wait_for_certificate("any.example.com").names == (
        "*.example.com", "example.com")


def test_an_alias_leads_into_a_zone_of_ours(name_server: Nginx, address: str) -> None:
    apex = dig(address, "acme.example.net", "SOA").sections["ANSWER"]
    assert [record[0] for record in apex] == ["acme.example.net."]
    server = dig(address, "acme.example.net", "NS").sections["ANSWER"]
    assert [record[4] for record in server] == ["ns.example.org."]
    missing = dig(address, "example-com.acme.example.net", "TXT")
    assert missing.status == "NXDOMAIN"
    assert [record[3] for record in missing.sections["AUTHORITY"]] == ["SOA"]


def test_what_it_has_nothing_to_say_about_is_refused(
        name_server: Nginx, address: str) -> None:

    assert dig(address, CHALLENGE, "TXT").status == "NOERROR"
    assert dig(address, CHALLENGE, "A").sections["AUTHORITY"][0][3] == "SOA"
    for name in (".", "com", "example.com", "www.example.com", "_acme-challenge.example.org"):
        assert dig(address, name, "A").status == "REFUSED"
    assert dig(address, CHALLENGE, "TXT", "-c", "CH").status == "REFUSED"
    assert dig(address, "version.bind", "TXT", "-c", "CH").status == "REFUSED"
    assert dig(address, CHALLENGE, "ANY", "+notcp").status == "REFUSED"
    assert rcode(exchange(address, query(CHALLENGE, 252))) == REFUSED  # AXFR
    assert dig(address, CHALLENGE, "TXT", "+opcode=notify").status == "NOTIMP"
    assert dig(address, CHALLENGE, "TXT", "+edns=1", "+noednsneg").status == "BADVERS"
    assert "udp: 1232" in dig(address, CHALLENGE, "TXT", "+cookie", "+bufsize=4096").edns
    # Nothing that comes back is larger than twice what was sent.
    for kind in range(256):
        asked = query(CHALLENGE, kind)
        assert len(exchange(address, asked)) <= 2 * len(asked)


def test_resolvers_ask_over_tcp(name_server: Nginx, visitor: Visitor, address: str) -> None:

    # Several at a time, and in pieces.
    with closing(connection(address)) as plain:
        message = b"".join(framed(query(CHALLENGE, TXT, number)) for number in range(50))
        for start in range(0, len(message), 7):
            plain.sendall(message[start:start + 7])
        answers = [read_framed(plain) for _ in range(50)]
        assert [answer[:2] for answer in answers] == [n.to_bytes(2, "big") for n in range(50)]
        assert {rcode(answer) for answer in answers} == {NOERROR}
    # What is no query ends the connection, as do more of them than one needs.
    for message in (b"\0\0", b"\0\5hello", b"\xff\xff" + bytes(100),
                    framed(b"\0\0\x80\0" + bytes(8))):
        with closing(connection(address)) as plain:
            plain.sendall(message)
            assert read_framed(plain) == b""
    with closing(connection(address)) as plain:
        count = 0
        try:
            plain.sendall(framed(query(CHALLENGE)) * 200)
            while read_framed(plain):
                count += 1
        except OSError:
            pass
        assert count <= 100
    # Those that say nothing are not waited for, neither by others nor for long.
    with ExitStack() as stack:
        idle = [stack.enter_context(closing(connection(address))) for _ in range(150)]
        with closing(connection(address)) as plain:
            plain.sendall(framed(query(CHALLENGE)))
            assert rcode(read_framed(plain)) == NOERROR
        assert visitor.get("www.example.com").status == 200
        idle[-1].sendall(b"\0")
        assert all(read_framed(plain) == b"" for plain in idle)


def hostile_messages(count: int) -> Iterator[bytes]:
    chance = random.Random(7)
    good = query(CHALLENGE)
    for _ in range(count):
        kind = chance.randrange(4)
        if kind == 0:
            yield chance.randbytes(chance.randrange(600))
        elif kind == 1:
            yield good[:chance.randrange(len(good))]
        elif kind == 2:
            bad = bytearray(good)
            for _ in range(chance.randrange(1, 6)):
                bad[chance.randrange(len(bad))] = chance.randrange(256)
            yield bytes(bad)
        else:
            yield good[:12] + b"\xc0\x0c" + chance.randbytes(chance.randrange(30))


def test_hostile_packets_disturb_nobody_and_cost_no_memory(
        name_server: Nginx, visitor: Visitor, address: str, second_address: str) -> None:
    visitor.wait_for_certificate("www.example.com")
    (worker,) = name_server.worker_pids()

    def flood(count: int) -> None:
        with closing(datagrams(address, source=second_address)) as plain:
            plain.setblocking(False)
            for message in hostile_messages(count):
                try:
                    plain.send(message)
                    plain.recv(65535)
                except OSError:
                    pass

    flood(5_000)  # until everything has its size
    before = own_kilobytes(worker)
    thread = threading.Thread(target=flood, args=(40_000,))
    thread.start()
    while thread.is_alive():
        assert visitor.get("www.example.com").status == 200
        # One that the kernel had no room for is sent again, as resolvers do.
        answer = wait_until(lambda: exchange(address, query(CHALLENGE), timeout=0.5),
                            "an answer beside the flood")
        assert rcode(answer) == NOERROR
    thread.join()

    grown = own_kilobytes(worker) - before
    assert grown < 1_000 or name_server.program.is_instrumented
    assert name_server.worker_pids() == [worker]
    # The flood's own source has used up its rate, and is sent to TCP.
    with closing(datagrams(address, source=second_address)) as plain:
        for _ in range(2_000):
            plain.send(query(CHALLENGE))
        answer = plain.recv(65535)
        while not answer[2] & 2:  # truncated
            answer = plain.recv(65535)
        assert answer_count(answer) == 0


def test_reloads_lose_no_query(name_server: Nginx, address: str) -> None:
    for _ in range(3):
        name_server.reload()
        assert rcode(exchange(address, query(CHALLENGE, A))) == NOERROR
        with closing(connection(address)) as plain:
            plain.sendall(framed(query(CHALLENGE, NS)))
            assert rcode(read_framed(plain)) == NOERROR


def test_all_addresses_of_the_machine_answer_from_where_they_were_asked(
        nginx: Nginx, pebble: PebbleServer, unfinished: None, address: str,
        second_address: str) -> None:
    """The port is one that nothing on the machine has."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("0.0.0.0", 0))
        port = probe.getsockname()[1]
    nginx.configure(f"""
        {pebble.issuer()}
        acme_dns listen *:{port};
        acme pebble;
        server {{ listen 80; }}
        {https_server("*.example.com")}
    """).start()

    families = [(socket.AF_INET, address), (socket.AF_INET, second_address)]
    if Path("/proc/net/if_inet6").exists() and Path("/proc/net/if_inet6").read_text():
        families.append((socket.AF_INET6, "::1"))
    for family, asked in families:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as plain:
            plain.settimeout(10)
            plain.connect((asked, port))  # takes answers from there only
            plain.send(query(CHALLENGE))
            assert rcode(plain.recv(65535)) == NOERROR
        with closing(socket.create_connection((asked, port), 10)) as stream:
            stream.sendall(framed(query(CHALLENGE)))
            assert rcode(read_framed(stream)) == NOERROR
