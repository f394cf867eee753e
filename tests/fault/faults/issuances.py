# SPDX-License-Identifier: BSD-2-Clause
"""Issuances of many certificates, struck again and again until there were enough blows."""

import shutil
from typing import Callable, Optional

from support.nginx import Nginx
from support.pebble import PebbleServer
from support.tls import Visitor

from .ca_proxy import CaProxy, Event
from .experiment import Experiment
from .sites import Visits, check_state, configuration, names_of, wait_for_all
from .striker import Striker


def strike_issuances(experiment: Experiment, nginx: Nginx, pebble: PebbleServer, proxy: CaProxy,
                     visitor: Visitor, striker: Striker, certificates: int,
                     observer: Optional[Callable[[Event], None]] = None,
                     may_be_cut: bool = False) -> None:
    """Each issuance ends with one order for each certificate, and a whole state directory.
    `observer` sees the events in place of the striker, and hands on what it likes."""
    names = names_of(certificates)
    nginx.configure(configuration(proxy.issuer(), names))
    issuances = 0
    while not striker.is_done():
        issuances += 1
        before = pebble.order_count()
        proxy.observed_by(observer or striker)
        nginx.start()
        with Visits(experiment, visitor, names, may_be_cut):
            wait_for_all(nginx, visitor, names)
        proxy.observed_by(None)
        nginx.stop()
        opened = pebble.order_count() - before
        experiment.require(opened == certificates, f"{opened} orders for {certificates}")
        check_state(experiment, nginx.state, names)
        shutil.rmtree(nginx.state)
    experiment.measured(
        f"{issuances} × {certificates} certificates, {proxy.event_count} events")
