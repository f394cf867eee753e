# SPDX-License-Identifier: BSD-2-Clause
"""http01, request: what HTTP requests cost with the module.

http01 asks for 1,000 pending tokens in turn, and for as many paths with a fixed
answer. request asks for a file of 1 KiB at an nginx with the module, which manages a
certificate, and at one without it. Figures are requests per second of worker CPU.
"""

from typing import Callable

from common.bench import Bench
from common.load import pin_worker, requests
from common.result import Result, compare
from support.nginx import Nginx
from support.tls import Response, Visitor
from support.waiting import wait_until

ROUNDS = 30
SECONDS = 1.0
NAME = "www.example.com"
PENDING = 1_000
NAMES = 100  # in a certificate


def http01(bench: Bench) -> Result:
    managed, static = bench.nginx("managed"), bench.nginx("static")
    ca = bench.ca(never_validates=True, visits=managed.address)
    certificates = PENDING // NAMES
    issuers = [f"ca{number}" for number in range(2)]  # eight orders at once each
    managed.configure(
        "".join(ca.issuer(name, "challenge_self_check off;", f"state-{name}")
                for name in issuers)
        + "server { listen 80 default_server; return 404; }"
        + "\n".join(
            "server {{ listen 443 ssl; server_name {names}; acme {issuer}; }}".format(
                names=" ".join(f"www{place}.site{number}.example.com" for place in range(NAMES)),
                issuer=issuers[number % 2]) for number in range(certificates)))
    managed.start()
    wait_until(lambda: ca.statistics()["challenges"] >= PENDING, "1,000 pending challenges")
    sites = [site_of(managed, order, certificates) for order in range(certificates)]
    answer = answer_of(managed, 0, sites[0]).body
    static.configure(f'server {{ listen 80; location /.well-known/ {{ return 200 "{answer}"; }} }}')
    static.start()
    script = bench.folder / "tokens.lua"
    script.write_text(f"""
        local number = -1
        local sites = {{ {", ".join(map(str, sites))} }}
        request = function()
            number = (number + 1) % {PENDING}
            local order, place = math.floor(number / {NAMES}), number % {NAMES}
            wrk.headers["Host"] = string.format(
                "www%d.site%d.example.com", place, sites[order + 1])
            return wrk.format("GET", string.format(
                "/.well-known/acme-challenge/token-%d-%d", order, place))
        end
    """)
    return requests_per_second("managed", managed, "static", static,
                               lambda server: f"http://{server.address}/", 1.0, str(script))


def site_of(server: Nginx, order: int, sites: int) -> int:
    """Which site the CA's order is for: its tokens are answered for no other."""
    return next(site for site in range(sites) if answer_of(server, order, site).status == 200)


def answer_of(server: Nginx, order: int, site: int) -> Response:
    """To the token of the order's first name."""
    return Visitor(server.address, server.prefix).get_plain(
        f"www0.site{site}.example.com", f"/.well-known/acme-challenge/token-{order}-0")


def request(bench: Bench) -> Result:
    managed, plain = bench.nginx("managed"), bench.nginx("plain")
    pebble = bench.pebble(managed.address).start()
    for server in (managed, plain):
        (server.prefix / "html" / "file").write_text("x" * 1023 + "\n")
    managed.configure(f"""
        {pebble.issuer()}
        server {{ listen 80; listen 443 ssl; server_name {NAME}; acme pebble; }}
    """).start()
    Visitor(managed.address, pebble.root_file).wait_for_certificate(NAME)
    plain.configure(f"server {{ listen 80; server_name {NAME}; }}", loads_module=False).start()
    return requests_per_second("managed", managed, "without", plain,
                               lambda server: f"http://{server.address}/file", 0.995)


def requests_per_second(ours: str, managed: Nginx, theirs: str, other: Nginx,
                        url: Callable[[Nginx], str], limit: float, script: str = "") -> Result:
    for server in (managed, other):
        pin_worker(server)

    def measure(server: Nginx) -> float:
        return 1e6 / requests(server, url(server), SECONDS, script)["cpu_us"]

    mine, others, ratio = compare(ROUNDS, lambda: measure(managed), lambda: measure(other))
    result = Result({f"{ours}_per_second": round(mine), f"{theirs}_per_second": round(others)})
    result.at_least("ratio", round(ratio, 3), limit)
    return result


ROWS = {"http01": http01, "request": request}
