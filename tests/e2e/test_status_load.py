# SPDX-License-Identifier: BSD-2-Clause
"""Many who ask, and some who are slow: a worker serves the others meanwhile, and its
memory does not grow."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import pytest

from support.certificates import TestAuthority, new_key
from support.nginx import Nginx
from support.processes import own_kilobytes
from support.status import BASE, SlowReader, StatusEndpoint, seconds_of
from support.waiting import wait_until

SERVERS = 100
NAME = "s7.example.com"


@pytest.fixture
def many(nginx: Nginx) -> Nginx:
    """A hundred certificates of the operator's, and one worker."""
    authority, key = TestAuthority(), new_key()
    servers = []
    for i in range(SERVERS):
        names = [f"s{i}.example.com", *(f"x{n}-{'of-' * 12}s{i}.example.com" for n in range(20))]
        file = nginx.prefix / f"conf/{i}.pem"
        authority.issue(names, file, nginx.prefix / "conf/all.key", key=key)
        servers.append(f"""server {{
            listen 443 ssl; server_name s{i}.example.com;
            ssl_certificate {file}; ssl_certificate_key all.key; }}""")
    nginx.configure("server_names_hash_max_size 8192; server_names_hash_bucket_size 128;"
                    "server { listen 80; location /acme/ { acme_status write=on; }"
                    "location /hello { return 200 hello; } }" + "\n".join(servers)).start()
    return nginx


def test_every_certificate_is_in_every_face(many: Nginx, status: StatusEndpoint) -> None:
    metrics = status.get("metrics").text
    page = status.json("1/certificates?limit=1000")

    assert page["total"] == len(page["certificates"]) == SERVERS
    for i in range(SERVERS):
        assert f'certificate="s{i}.example.com"' in metrics
    assert metrics.count("nginx_acme_certificate_not_after_timestamp_seconds{") == SERVERS


def test_pages_lead_through_all(many: Nginx, status: StatusEndpoint) -> None:
    seen: list[str] = []
    path = "1/certificates?limit=30"
    while path:
        page = status.json(path)
        seen += [each["id"] for each in page["certificates"]]
        path = urljoin(path, page["next"]) if "next" in page else ""

    assert len(seen) == len(set(seen)) == SERVERS


def test_a_slow_reader_gets_all_and_holds_up_nobody(
        many: Nginx, address: str, status: StatusEndpoint) -> None:
    readers = [SlowReader(address, "metrics") for _ in range(8)]
    try:
        for reader in readers:
            assert reader.read() == b"H"  # its answer has begun
        for _ in range(50):
            for reader in readers:
                assert reader.read()
            assert seconds_of(lambda: status.ask("hello", base="/")) < 5
            assert status.json("1/certificates?name=" + NAME)["total"] == 1
        for reader in readers:
            assert reader.whole_body() == status.get("metrics").body
    finally:
        for reader in readers:
            reader.close()


def test_who_hangs_up_in_the_middle_leaves_nothing_behind(
        many: Nginx, address: str, status: StatusEndpoint) -> None:
    (worker,) = many.worker_pids()

    def hang_up(_: int) -> None:
        reader = SlowReader(address, "metrics")
        reader.read()
        reader.close()

    def burst() -> int:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(hang_up, range(200)))
        assert status.get("metrics").text.endswith("\n")
        return own_kilobytes(worker)

    burst()
    before = burst()
    after = burst()

    if not many.program.is_instrumented:
        assert after <= before + 2048


def test_many_scrapes_share_one_snapshot(many: Nginx, status: StatusEndpoint) -> None:
    (worker,) = many.worker_pids()

    def scrape(_: int) -> int:
        return len(status.get("1/certificates?limit=10").body)

    def burst() -> int:
        with ThreadPoolExecutor(16) as threads:
            assert len(set(threads.map(scrape, range(200)))) == 1
        return own_kilobytes(worker)

    burst()
    before = burst()
    after = burst()

    if not many.program.is_instrumented:
        assert after <= before + 1024
    assert many.worker_pids() == [worker]


def test_requests_in_a_row_on_one_connection(many: Nginx, status: StatusEndpoint) -> None:
    one = f"GET {BASE}1/certificates?limit=50 HTTP/1.1\r\nHost: x\r\n"
    answers = status.raw(((one + "\r\n") * 4 + one + "Connection: close\r\n\r\n").encode())

    assert answers.count(b"HTTP/1.1 200 OK") == 5
    assert answers.count(b'"not_after"') == 5 * 50


def test_a_worker_that_is_told_to_end_finishes_what_it_sends(
        many: Nginx, address: str) -> None:
    reader = SlowReader(address, "metrics")
    assert reader.read() == b"H"

    (worker,) = many.worker_pids()
    many.reload_without_helper()

    assert reader.whole_body().endswith(b"\n")
    reader.close()
    wait_until(lambda: worker not in many.worker_pids(), "the old worker's end")


def test_a_reload_cuts_no_answer_short(many: Nginx, status: StatusEndpoint) -> None:
    """Whether it waits for its turn, or goes on when others have had theirs."""
    has_ended = threading.Event()

    def scrape(_: int) -> int:
        scrapes = 0
        while not has_ended.is_set():
            assert status.get("metrics").text.count("_not_after_timestamp_seconds{") == SERVERS
            scrapes += 1
        return scrapes

    with ThreadPoolExecutor(4) as threads:
        counts = threads.map(scrape, range(4))
        try:
            for _ in range(3):
                many.reload_without_helper()
        finally:
            has_ended.set()
        assert all(counts)
