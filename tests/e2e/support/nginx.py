# SPDX-License-Identifier: BSD-2-Clause
"""The nginx under test, with a prefix of its own."""

import os
import re
import signal
import subprocess
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Optional

from .error_log import LogExpectations
from .processes import ServerProcess, children
from .sanitizers import REPORT, sanitizer_environment
from .waiting import wait_until

WORKER_USER = "www-data"
# Folders of modules that nginx may have been built without.
TEMPORARY = ("proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class NginxProgram:
    """The binary and the module, as given on pytest's command line."""

    binary: str
    module: Path
    log_level: str
    variables: tuple[tuple[str, str], ...] = ()  # of its environment

    @cached_property
    def build(self) -> str:
        """What `nginx -V` says."""
        return subprocess.run([self.binary, "-V"], stderr=subprocess.PIPE, text=True,
                              check=True).stderr

    @cached_property
    def version(self) -> tuple[int, ...]:
        match = re.search(r"nginx/([\d.]+)", self.build)
        assert match, self.build
        return tuple(int(part) for part in match.group(1).split("."))

    def load(self, *modules: str) -> Optional[str]:
        """The directives that load them; None when this nginx comes without one."""
        found = re.search(r"--modules-path=(\S+)", self.build)
        paths = [Path(found.group(1)) / f"{name}.so" for name in modules] if found else []
        if not paths or not all(path.exists() for path in paths):
            return None
        return " ".join(f"load_module {path};" for path in paths)

    @property
    def load_stream(self) -> Optional[str]:
        """The same for the stream module; nothing is to be loaded where it is built in."""
        return "" if re.search(r"--with-stream(\s|$)", self.build) else self.load(
            "ngx_stream_module")

    @cached_property
    def environment(self) -> dict[str, str]:
        return {**self._sanitizer, **dict(self.variables)}

    @property
    def kept_environment(self) -> str:
        """Directives by which a binary that takes over has it, too."""
        return " ".join(f"env {name};" for name in self.environment)

    @cached_property
    def is_instrumented(self) -> bool:
        """A sanitizer keeps what was freed for a while: memory grows."""
        return bool(self._sanitizer)

    @cached_property
    def _sanitizer(self) -> dict[str, str]:
        return sanitizer_environment(self.module)


@dataclass(frozen=True)
class Check:
    """What `nginx -t` had to say."""

    status: int
    output: str  # standard error
    log: str  # lines below warn, too

    def emergencies(self) -> list[str]:
        return [line for line in self.output.splitlines() if "[emerg]" in line]


class Nginx:
    """configure(), start(), … A configuration's "listen 443" stands for port 443
    of the test's own address."""

    def __init__(self, program: NginxProgram, address: str, prefix: Path) -> None:
        self.program = program
        self.address = address
        self.prefix = prefix
        self.state = prefix / "state"  # PebbleServer.issuer()'s state_path
        self.expectations = LogExpectations()
        self._process: Optional[ServerProcess] = None
        self._conf = prefix / "conf" / "nginx.conf"
        self._error_log = prefix / "error.log"
        self._pid_file = prefix / "nginx.pid"
        self._output = prefix / "output.log"
        prefix.chmod(0o755)  # workers run as another user
        for folder in ("conf", "temp", "modules", "html"):
            (prefix / folder).mkdir(mode=0o755)
        (prefix / "modules" / "ngx_http_acme_module.so").symlink_to(program.module)
        for file in (self._error_log, self._output):
            file.touch()

    # Configuration.

    def configure(self, http: str, main: str = "", loads_module: bool = True) -> "Nginx":
        """Writes the configuration: `http` is what stands in the http block."""
        http = textwrap.dedent(http).strip("\n")
        return self._write("\n".join([
            "load_module modules/ngx_http_acme_module.so;" if loads_module else "",
            self._main_lines(main), main,
            "events { worker_connections 1024; }",
            "http {", self._http_lines() + self._own_log(http, loads_module),
            self._on_own_address(http), "}", ""]))

    @staticmethod
    def _own_log(http: str, loads_module: bool) -> str:
        """Whatever a test does, this log must have no token and no key: see leaks()."""
        return " acme_log acme.log debug;" if loads_module and "acme_log" not in http else ""

    def adapt(self, text: str, http: str = "") -> "Nginx":
        """Takes a whole configuration as it is, but for the places of its files,
        the address it listens on, and what is added to the http block."""
        return self._write(
            self._main_lines(text) + "\n" + self.made_local(text, http))

    def made_local(self, text: str, http: str = "") -> str:
        """A whole configuration that leaves the machine's own nginx and other tests
        in peace (`nginx -t` binds ports, too), with every line where it was."""
        if "_temp_path" not in text:
            http = f"{self._http_lines()} {http}"
        http = " ".join(http.split())
        return self._on_own_address(
            re.sub(r"^http\s*\{", lambda start: f"{start.group()} {http}", text,
                   flags=re.MULTILINE))

    def _on_own_address(self, text: str) -> str:
        return re.sub(r"\blisten\s+(?:127\.[\d.]+:)?(\d+)\b", rf"listen {self.address}:\1", text)

    def _write(self, text: str) -> "Nginx":
        self._conf.write_text(text)
        return self

    def _main_lines(self, text: str) -> str:
        """The directives without which the machine's own nginx would be disturbed,
        except those that `text` has."""
        lines = [f"pid {self._pid_file};", "worker_processes 1;"]
        lines += [self._user()] if self._user() else []
        if re.search(r"^\s*pid\s", text, re.MULTILINE):
            self._pid_file = self.prefix / "logs" / "nginx.pid"
            (self.prefix / "logs").mkdir(exist_ok=True)
        present = {match.group(1) for match in re.finditer(r"^\s*(\w+)\s", text, re.MULTILINE)}
        lines = [line for line in lines if line.split()[0] not in present]
        return "\n".join([f"error_log {self._error_log} {self.program.log_level};", *lines])

    @staticmethod
    def _user() -> str:
        return f"user {WORKER_USER};" if os.geteuid() == 0 else ""

    def _http_lines(self) -> str:
        lines = ["access_log off;", f"client_body_temp_path {self.prefix}/temp/body;"]
        lines += [f"{kind}_temp_path {self.prefix}/temp/{kind};" for kind in TEMPORARY
                  if f"--without-http_{kind}_module" not in self.program.build]
        return " ".join(lines)

    # Its life.

    def start(self) -> "Nginx":
        self.launch()
        wait_until(self._is_up, "nginx to start")
        return self

    def launch(self) -> None:
        """As start(), for a process that may be killed before it is up."""
        assert self._process is None
        self._pid_file.unlink(missing_ok=True)
        self._process = ServerProcess(
            [*self._command(), "-e", str(self._error_log), "-g", "daemon off;"],
            self._output, self.program.environment, self.prefix)

    def reload(self) -> None:
        """SIGHUP; returns when workers and helper of the new configuration run."""
        workers, helper = set(self.worker_pids()), self.helper_pid()
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.worker_pids() and workers.isdisjoint(self.worker_pids()),
                   "new workers after the reload")
        if helper is not None:
            wait_until(lambda: self.helper_pid() not in (None, helper),
                       "a new helper after the reload")

    def reload_without_helper(self) -> None:
        """As reload(), with a configuration that needs no helper."""
        workers = set(self.worker_pids())
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.worker_pids() and workers.isdisjoint(self.worker_pids()),
                   "new workers after the reload")
        wait_until(lambda: self.helper_pid() is None, "the end of the helper")

    def stop(self) -> int:
        """SIGQUIT; the exit status."""
        assert self._process is not None
        self.signal(signal.SIGQUIT)
        status = self._process.wait("nginx after SIGQUIT")
        self._process = None
        return status

    def kill(self) -> None:
        """SIGKILL to the master and everything it started."""
        assert self._process is not None
        self._process.end(signal.SIGKILL)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self._process.end(signal.SIGQUIT)
            self._process = None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send(number)

    def check(self, conf: Optional[Path] = None, *options: str,
              loads_module: bool = True) -> Check:
        """`nginx -t`, with our configuration or another file, which the module is loaded
        for, and more options."""
        log = self.prefix / "check.log"
        log.unlink(missing_ok=True)
        load = f"load_module {self.program.module};" if loads_module else ""
        globals_ = "" if conf is None else (
            f"{load} pid {self.prefix}/check.pid; {self._user()}")
        result = subprocess.run(
            [*self._command(conf), "-t", "-e", str(log), "-g", globals_, *options],
            stderr=subprocess.PIPE, text=True, cwd=self.prefix, check=False,
            env={**os.environ, **self.program.environment})
        return Check(result.returncode, result.stderr, log.read_text())

    def send(self, signal_name: str) -> str:
        """`nginx -s`; what that process prints."""
        return subprocess.run([*self._command(), "-s", signal_name], text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.prefix,
                              env={**os.environ, **self.program.environment}).stdout

    def _command(self, conf: Optional[Path] = None) -> list[str]:
        return [self.program.binary, "-p", f"{self.prefix}/", "-c", str(conf or self._conf)]

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.status is not None:
            self._process = None
            raise AssertionError(f"nginx did not start:\n{self._output.read_text()}")
        if not self._pid_file.exists() or not self._pid_file.read_text().strip():
            return False
        return bool(self.worker_pids()) or "master_process off" in self._conf.read_text()

    # What it did.

    @property
    def master_pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def worker_pids(self) -> list[int]:
        return [pid for pid, title in children(self.master_pid).items()
                if title == "nginx: worker process"]

    def helper_pid(self) -> Optional[int]:
        for pid, title in children(self.master_pid).items():
            if re.match(r"nginx: .*\bacme\b", title):
                return pid
        return None

    @property
    def error_log(self) -> str:
        return self._error_log.read_text(errors="replace")

    @property
    def output(self) -> str:
        """What it wrote to standard output and error."""
        return self._output.read_text(errors="replace")

    def log_lines(self, pattern: str) -> list[str]:
        return [line for line in self.error_log.splitlines() if re.search(pattern, line)]

    def wait_for_log(self, pattern: str, count: int = 1) -> str:
        """The newest line that matches, when there are `count`."""
        wait_until(lambda: len(self.log_lines(pattern)) >= count,
                   f"{count} × {pattern!r} in the error log")
        return self.log_lines(pattern)[-1]

    def expect_log(self, pattern: str) -> None:
        """Announces a line of level warn or above that has to come."""
        self.expectations.expect(pattern)

    def allow_log(self, pattern: str) -> None:
        """Announces a line of level warn or above that may come."""
        self.expectations.allow(pattern)

    def complaints(self) -> list[str]:
        """Why the test has failed although its assertions hold."""
        found = self.expectations.complaints(self.error_log)
        if REPORT.search(self.output):
            found.append(f"a sanitizer's report:\n{self.output}")
        return found
