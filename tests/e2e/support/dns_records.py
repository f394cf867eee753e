# SPDX-License-Identifier: BSD-2-Clause
"""Records in the DNS server of Pebble, which asks it for everything."""

import json
import urllib.request

from . import addresses


class DnsRecords:
    """The management interface of pebble-challtestsrv."""

    def __init__(self, address: str) -> None:
        self._base = f"http://{address}:{addresses.DNS_MANAGEMENT}/"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def set_texts(self, name: str, values: list[str]) -> None:
        """Replaces what the name has."""
        self._post("clear-txt", host=name)
        for value in values:
            self._post("set-txt", host=name, value=value)

    def set_alias(self, name: str, target: str) -> None:
        self._post("set-cname", host=name, target=target)

    def _post(self, action: str, **members: str) -> None:
        with self._opener.open(self._base + action, json.dumps(members).encode(),
                               timeout=10) as answer:
            assert answer.status == 200
