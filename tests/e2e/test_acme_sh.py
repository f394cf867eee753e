# SPDX-License-Identifier: BSD-2-Clause
"""scripts/dns/acme-sh: the DNS scripts of acme.sh as programs for `dns exec`, here
dns_nsupdate with a real BIND."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from support import addresses
from support.name_servers import Bind
from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.recipes import recipe
from support.tls import Visitor

ADAPTER = Path(__file__).resolve().parents[2] / "scripts/dns/acme-sh"
# Where Debian's package has it, from trixie on.
ACME_SH = Path(os.environ.get("ACME_TEST_ACME_SH", "/usr/share/acme.sh"))
NAME = "_acme-challenge.example.com."


@pytest.fixture
def bind(address: str, folder: Path) -> Iterator[Bind]:
    why = Bind.why_unusable() or ("" if shutil.which("nsupdate") else "nsupdate is not installed")
    if why:
        pytest.skip(why)
    server_folder = folder / "dns"
    server_folder.mkdir()
    server = Bind(address, server_folder)
    yield server
    server.close()


@pytest.fixture
def acme_sh() -> Path:
    if not (ACME_SH / "acme.sh").exists():
        pytest.skip(f"acme.sh is not in {ACME_SH}: Debian has it from trixie on")
    return ACME_SH


def link(folder: Path, name: str, settings: str = "", mode: int = 0o640) -> Path:
    """The program as an operator makes it, of a copy that is installed: this folder may be
    one that workers cannot enter."""
    installed = folder / "installed"
    installed.mkdir(exist_ok=True)
    program = folder / name
    program.symlink_to(shutil.copy(ADAPTER, installed))
    if settings:
        (folder / f"{name}.conf").write_text(settings)
        (folder / f"{name}.conf").chmod(mode)
    return program


def call(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With the environment that programs get from us."""
    scratch = program.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    result = subprocess.run(
        [program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, cwd="/", check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(scratch)})
    assert list(scratch.iterdir()) == [], "it left credentials behind"
    return result


def test_acme_sh_adds_values_and_removes_them(bind: Bind, folder: Path, acme_sh: Path) -> None:
    bind.start()
    program = link(folder, "dns_nsupdate", f"""
        ACME_SH_HOME={acme_sh}
        NSUPDATE_SERVER={bind.address}
        NSUPDATE_SERVER_PORT={addresses.NAME_SERVER}
        NSUPDATE_KEY={bind.key_file()}
    """)

    for value in ("domain", "wildcard"):
        result = call(program, "present", NAME, value)
        assert result.returncode == 0, result.stdout
    assert bind.texts(NAME) == ["domain", "wildcard"]

    result = call(program, "cleanup", NAME, "domain")  # dns_nsupdate removes all of them
    assert result.returncode == 0, result.stdout
    assert bind.texts(NAME) == []


def test_the_recipe_gets_its_wildcard(
        nginx: Nginx, bind: Bind, acme_sh: Path, stopped_pebble: PebbleServer,
        visitor: Visitor) -> None:
    """With the script for name servers in place of Cloudflare's. As it removes all values
    of a name, it is asked for the wildcard alone."""
    bind.start()
    pebble = stopped_pebble.with_resolver(bind.endpoint).start()
    programs = nginx.prefix / "conf/acme"
    programs.mkdir()
    key = shutil.copy(bind.key_file(), programs / "update.key")
    link(programs, "dns_nsupdate", f"""
        ACME_SH_HOME={acme_sh}
        NSUPDATE_SERVER={bind.address}
        NSUPDATE_SERVER_PORT={addresses.NAME_SERVER}
        NSUPDATE_KEY={key}
    """)
    for file in (key, programs / "dns_nsupdate.conf"):
        shutil.chown(file, group=WORKER_USER)
    nginx.adapt(recipe("wildcard_acme_sh.conf", ("acme/dns_cf", "acme/dns_nsupdate"),
                       ("server_name .example.com", "server_name *.example.com")),
                f"resolver {bind.endpoint}; {pebble.issuer('letsencrypt')}").start()

    assert visitor.wait_for_certificate("any.example.com").names == ("*.example.com",)


def test_what_acme_sh_cannot_do_fails_with_its_words(folder: Path, acme_sh: Path) -> None:
    program = link(folder, "dns_nsupdate", f"""
        ACME_SH_HOME={acme_sh}
        NSUPDATE_KEY=/nonexistent
    """)
    result = call(program, "present", NAME, "value")
    assert result.returncode == 1
    assert "/nonexistent" in result.stdout
    assert "dns_nsupdate_add _acme-challenge.example.com failed" in result.stdout


def test_a_script_that_acme_sh_does_not_have_is_named(folder: Path, acme_sh: Path) -> None:
    program = link(folder, "dns_nobody", f"ACME_SH_HOME={acme_sh}\n")
    result = call(program, "present", NAME, "value")
    assert result.returncode == 1
    assert f"acme.sh in {acme_sh} has no dns_nobody" in result.stdout


def test_credentials_that_everybody_may_read_are_refused(folder: Path) -> None:
    program = link(folder, "dns_cf", "CF_Token=x\n", mode=0o644)
    result = call(program, "present", NAME, "value")
    assert result.returncode == 1
    assert f"chmod o= {program}.conf" in result.stdout


def test_a_missing_acme_sh_is_named(folder: Path) -> None:
    program = link(folder, "dns_cf", "ACME_SH_HOME=/nonexistent\n")
    if ACME_SH == Path("/usr/share/acme.sh") and ACME_SH.exists():
        pytest.skip("acme.sh is installed")
    result = call(program, "present", NAME, "value")
    assert result.returncode == 1
    assert "acme.sh is not installed" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("present", NAME), ("create", NAME, "value")])
def test_wrong_calls_are_refused(folder: Path, arguments: tuple[str, ...]) -> None:
    result = call(link(folder, "dns_cf"), *arguments)
    assert result.returncode == 1
    assert "usage:" in result.stdout


def test_the_name_says_the_script(folder: Path) -> None:
    result = call(link(folder, "acme-sh"), "present", NAME, "value")
    assert result.returncode == 1
    assert "by the name of one of acme.sh's DNS scripts" in result.stdout
