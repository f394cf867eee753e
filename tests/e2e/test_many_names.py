# SPDX-License-Identifier: BSD-2-Clause
"""Servers with more names than a CA takes, many servers, several issuers."""

import time

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import TEMPORARY, Visitor
from support.waiting import wait_until

HASHES = "server_names_hash_max_size 131072; server_names_hash_bucket_size 256;"


def test_a_server_with_more_names_than_a_ca_takes_chooses_by_the_name_asked_for(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"www{number}.example.com" for number in range(205)]
    nginx.configure(f"""
        {HASHES}
        {pebble.issuer()}
        acme pebble key=ecdsa,rsa;
        {REDIRECT}
        {https_server(" ".join(names), listen="443 ssl default_server")}
    """).start()

    # The RSA certificate of a part may come first, and is all there is until then.
    nginx.wait_for_log("issued by", count=6)
    parts = [visitor.wait_for_certificate(name) for name in (names[0], names[100], names[204])]
    assert [len(part.names) for part in parts] == [100, 100, 5]
    assert visitor.wait_for_certificate(names[99].upper()) == parts[0]
    assert visitor.verified_certificate(names[199]) == parts[1]
    assert visitor.certificate("unknown.example.com") == parts[0]
    assert pebble.order_count() == 6, "three parts, two keys"
    for name in (names[0], names[204]):
        wait_until(lambda: "Verification: OK" in visitor.s_client(
            name, "-tls1_2", "-cipher", "aRSA"), "an RSA certificate")


def test_names_of_a_part_that_is_not_there_yet_show_the_temporary_certificate(
        nginx: Nginx, stopped_pebble: PebbleServer, visitor: Visitor) -> None:
    names = [f"www{number}.example.com" for number in range(101)]
    pebble = stopped_pebble.with_blocked_domain(names[100]).start()
    nginx.expect_log(f'certificate "{names[100]}".*(blocked|policy|rejected)')
    nginx.configure(f"""
        {HASHES}
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server(" ".join(names))}
    """).start()

    visitor.wait_for_certificate(names[0])

    assert visitor.certificate(names[100]).issuer == TEMPORARY
    assert visitor.certificate(names[100]).names == (names[100],)


def test_servers_on_one_address_have_issuers_of_their_own(
        nginx: Nginx, pebble: PebbleServer, second_pebble: PebbleServer,
        visitor: Visitor) -> None:
    nginx.configure(f"""
        {pebble.issuer("one", state_path="one")}
        {second_pebble.issuer("two", state_path="two")}
        acme one;
        {REDIRECT}
        {https_server("www.example.com")}
        {https_server("api.example.com", "acme two;")}
    """).start()
    second_visitor = Visitor(visitor.address, second_pebble.root_file)

    first = visitor.wait_for_certificate("www.example.com")
    second = second_visitor.wait_for_certificate("api.example.com")

    assert first.issuer == pebble.intermediate_name()
    assert second.issuer == second_pebble.intermediate_name()
    assert (pebble.order_count(), second_pebble.order_count()) == (1, 1)


def test_a_server_block_that_appears_twice_is_managed_once(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.allow_log("conflicting server name")
    nginx.configure(f"""
        {pebble.issuer()}
        acme pebble;
        {REDIRECT}
        {https_server("www.example.com")}
        {https_server("www.example.com")}
    """).start()

    visitor.wait_for_certificate("www.example.com")

    assert pebble.order_count() == 1


def test_a_generated_configuration_of_ten_thousand_servers_is_told_line_by_line(
        nginx: Nginx) -> None:
    count = 10_000
    generated = nginx.prefix / "conf" / "sites.inc"
    generated.write_text("\n".join(
        f"server {{ listen {nginx.address}:443 ssl; server_name www{i}.example.com; }}"
        for i in range(count)))
    nginx.configure(f"""
        {HASHES}
        acme_check verbose;
        acme_issuer ca {{ uri https://ca.example.com/directory; state_path state; }}
        acme ca;
        server {{ listen 80; }}
        include sites.inc;
    """)

    started = time.monotonic()
    result = nginx.check()
    print(f"nginx -t with {count} managed servers: {time.monotonic() - started:.2f} s")

    assert result.status == 0, result.output
    lines = [line for line in result.log.splitlines() if "acme: certificate" in line]
    assert len(lines) == count
    assert 'certificate "www9999.example.com" ' in lines[-1]
    assert lines[-1].endswith(f" in {generated}:{count}")
