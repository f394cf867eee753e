# SPDX-License-Identifier: BSD-2-Clause
"""nginx -t looks at the state directory before it is needed."""

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from support.nginx import WORKER_USER, Nginx
from support.pebble import PebbleServer
from support.servers import REDIRECT, https_server
from support.tls import Visitor

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="workers are another user")


CONFIGURATION = """
    acme_issuer ca {{
        uri https://ca.example.com/directory;
        state_path {path};
    }}
    acme ca;
    server {{ listen 80; }}
    server {{ listen 443 ssl; server_name www.example.com; }}
"""


def remarks_about(nginx: Nginx, path: Path) -> list[str]:
    nginx.configure(CONFIGURATION.format(path=path))
    result = nginx.check()
    assert result.status == 0, result.output
    return [line for line in result.output.splitlines() if "the state path" in line]


def test_a_directory_that_is_open_to_others_is_told(nginx: Nginx) -> None:
    nginx.state.mkdir(mode=0o755)

    remarks = remarks_about(nginx, nginx.state)

    assert len(remarks) == 1
    assert f'[warn] acme: the state path "{nginx.state}" of issuer "ca" holds private keys' in remarks[0]
    assert f'chmod 700 "{nginx.state}" in {nginx.prefix}/conf/nginx.conf:' in remarks[0]


def test_a_parent_that_is_closed_to_the_workers_is_told(nginx: Nginx) -> None:
    closed = nginx.prefix / "closed"
    closed.mkdir(mode=0o700)

    remarks = remarks_about(nginx, closed / "state")

    assert len(remarks) == 1
    assert f'cannot be reached by the worker user: "{closed}" is closed to it' in remarks[0]


def test_a_private_directory_and_one_that_is_not_there_yet_are_fine(nginx: Nginx) -> None:
    private = nginx.prefix / "private"
    private.mkdir(mode=0o700)

    assert remarks_about(nginx, private) == []
    assert remarks_about(nginx, nginx.prefix / "new") == []
    assert private.owner() == WORKER_USER, "nginx itself gives it to its workers"


def as_worker_in_group(nginx: Nginx, group: int) -> list[str]:
    """What `nginx -t` says of state directories as a container runs it: without root, in
    a supplementary group. What else it cannot do is no matter."""
    result = subprocess.run(
        ["setpriv", f"--reuid={WORKER_USER}", f"--regid={WORKER_USER}", f"--groups={group}",
         *nginx._command(), "-t", "-e", "/dev/null"],
        stderr=subprocess.PIPE, text=True, check=False, env=nginx.program.environment)
    assert "the configuration file" in result.stderr or "[emerg]" in result.stderr
    return [line for line in result.stderr.splitlines() if "acme:" in line and "state" in line]


@pytest.mark.parametrize("mode", [0o2770, 0o770])
def test_a_volume_of_a_supplementary_group_is_fine(nginx: Nginx, mode: int) -> None:
    """Kubernetes' fsGroup."""
    group = 54321
    nginx.state.mkdir()
    os.chown(nginx.state, 0, group)
    nginx.state.chmod(mode)
    kept = nginx.state / "account.url"
    kept.write_text("https://ca.example.com/account/1")
    os.chown(kept, 0, group)
    kept.chmod(0o660)
    nginx.configure(CONFIGURATION.format(path=nginx.state))

    assert as_worker_in_group(nginx, group) == []

    told = as_worker_in_group(nginx, group + 1)
    assert any("is not writable by the worker user" in line for line in told), told


def test_a_state_restored_as_root_is_told_with_the_command_that_cures_it(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    def site(names: str) -> str:
        return "\n".join([pebble.issuer(), "acme pebble;", REDIRECT, https_server(names)])

    nginx.configure(site("www.example.com")).start()
    first = visitor.wait_for_certificate("www.example.com")
    nginx.wait_for_log("issued by")
    nginx.stop()
    for path in [nginx.state, *nginx.state.rglob("*")]:
        os.chown(path, 0, 0)
    cure = f'chown -R {WORKER_USER}:{WORKER_USER} "{nginx.state}"'
    nginx.allow_log("cannot use .* files? of issuer")

    nginx.configure(site("www.example.com new.example.com"))
    warnings = [line for line in nginx.check().output.splitlines() if "[warn]" in line]

    (line,) = [line for line in warnings if "cannot use" in line]
    assert f'the worker user "{WORKER_USER}" cannot use ' in line
    assert 'of issuer "pebble"' in line
    assert 'these are not renewed: "www.example.com"' in line
    assert f"run {cure}" in line

    nginx.expect_log(r'\[error\].*issuer "pebble".*Permission denied; as root, run chown')
    nginx.start()
    line = nginx.wait_for_log("Permission denied")
    assert cure in line
    assert 'holds up "www.example.com"' in line
    assert pebble.order_count() == 1

    subprocess.run(cure, shell=True, check=True)

    visitor.wait_for_certificate("new.example.com", other_than=first)
    assert nginx.check().output.count("cannot use") == 0


def test_one_file_of_somebody_else_names_its_certificate(
        nginx: Nginx, pebble: PebbleServer, visitor: Visitor) -> None:
    nginx.configure("\n".join([pebble.issuer(), "acme pebble;", REDIRECT,
                               https_server("one.example.com"),
                               https_server("two.example.com")])).start()
    visitor.wait_for_certificate("one.example.com")
    visitor.wait_for_certificate("two.example.com")
    nginx.wait_for_log("issued by", 2)
    nginx.stop()
    assert "cannot use" not in nginx.check().output
    (key,) = nginx.state.glob("two.example.com-*.key")
    os.chown(key, 0, 0)

    (line,) = [line for line in nginx.check().output.splitlines() if "cannot use" in line]

    assert f'cannot use 1 file of issuer "pebble" in "{nginx.state}"' in line
    assert f'such as "{key.name}", so that these are not renewed: "two.example.com": run' in line


def exchanged_for_a_link(nginx: Nginx, link: Path) -> Path:
    """What a compromised worker would do where it may: the target is root's."""
    target = nginx.prefix / "roots-own"
    target.mkdir(mode=0o755)
    (target / "account.key").write_text("root's own")
    link.symlink_to(target)
    os.lchown(link, pwd.getpwnam(WORKER_USER).pw_uid, -1)
    return target


@pytest.mark.parametrize("where", ["state", "workers-own/state"])
def test_a_link_that_a_worker_may_have_made_is_not_followed_as_root(
        nginx: Nginx, where: str) -> None:
    link = nginx.prefix / where
    link.parent.mkdir(exist_ok=True)
    target = exchanged_for_a_link(nginx, link)
    before = target.stat()
    nginx.configure(CONFIGURATION.format(path=link))
    nginx.expect_log(rf'the state path "{link}" of issuer "ca" is not used as root: "{link}" is a '
                     r"symbolic link that somebody else than root may have made")
    nginx.allow_log("acme: ")  # what the helper, as the worker user, says of it

    assert nginx.check().status == 0
    nginx.start()

    after = target.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)
    assert [path.name for path in target.iterdir()] == ["account.key"]
    assert (target / "account.key").read_text() == "root's own"


def test_a_link_of_root_leads_to_the_state_directory(nginx: Nginx) -> None:
    target = nginx.prefix / "elsewhere"
    target.mkdir(mode=0o700)
    nginx.state.symlink_to(target)

    assert remarks_about(nginx, nginx.state) == []


def test_a_file_in_its_place_is_told(nginx: Nginx) -> None:
    nginx.state.write_text("")
    nginx.configure(CONFIGURATION.format(path=nginx.state))

    result = nginx.check()

    assert f'the state path "{nginx.state}" of issuer "ca" is no directory' in result.output


def test_a_folder_of_others_is_refused_and_stays_theirs(nginx: Nginx) -> None:
    """nginx makes its paths the worker user's, also under -t: /tmp, say."""
    folder = nginx.prefix / "shared"
    folder.mkdir()
    (folder / "theirs").touch()
    nginx.configure(CONFIGURATION.format(path=folder))

    result = nginx.check()

    (line,) = result.emergencies()
    assert (f'the state path "{folder}" of issuer "ca" has other things in it, such as "theirs"'
            in line)
    assert f'use a folder of its own, such as "{folder}/acme_ca" in ' in line
    assert folder.owner() == "root"


@pytest.mark.parametrize("left", ["lost+found", ".snapshot",
                                  "www.example.com-0123456789abcdef.crt", "account.key"])
def test_a_fresh_volume_and_a_restored_directory_are_fine(nginx: Nginx, left: str) -> None:
    nginx.state.mkdir(mode=0o700)
    (nginx.state / left).touch(mode=0o600)
    nginx.configure(CONFIGURATION.format(path=nginx.state))

    assert nginx.check().status == 0


def test_a_folder_that_does_not_exist_is_named(nginx: Nginx) -> None:
    nginx.configure(CONFIGURATION.format(path=nginx.prefix / "no/such/acme"))

    (line,) = nginx.check().emergencies()

    assert f'is in a folder that does not exist: make "{nginx.prefix}/no/such", or use' in line


def test_a_read_only_file_system_is_told(nginx: Nginx) -> None:
    read_only = nginx.prefix / "read-only"
    read_only.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "none", read_only],
                             stderr=subprocess.PIPE, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount: {mounted.stderr.strip()}")
    try:
        nginx.configure(CONFIGURATION.format(path=read_only))
        result = nginx.check()
    finally:
        subprocess.run(["umount", read_only], check=True)

    assert f'the state path "{read_only}" of issuer "ca" is on a read-only file' in result.output
