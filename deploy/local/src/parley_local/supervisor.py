"""The process manager: supervisord, with a configuration and scripts written from the plan and a Unix socket."""

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from parley_core.errors import Conflict, Unavailable

from parley_local.plan import GROUPS, Plan, Program

STOP_WITHIN_S = 9.0


@dataclass(frozen=True, slots=True)
class Status:
    name: str
    state: str  # supervisord's own words: RUNNING, STARTING, BACKOFF, FATAL, EXITED, STOPPED
    pid: int


class Supervisor:
    """Starts, watches, restarts and ends the programs of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._folder = plan.var / "run"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def logs(self) -> Path:
        return self._plan.var / "logs"

    def start(self) -> None:
        """Start every program. Raises Conflict when this `var` is already served."""
        for folder in (self._folder, self.logs, self._plan.var / "temporal"):
            folder.mkdir(parents=True, exist_ok=True)
        if (running := self.running_pid()) is not None:
            raise Conflict("the stack", f"is already running here (process {running}); end it with 'parley down'")
        (self._folder / "supervisor.sock").unlink(missing_ok=True)
        configuration = self._folder / "supervisord.conf"
        configuration.write_text(configuration_of(self._plan), encoding="utf-8")
        for program in self._plan.programs:
            script = self._folder / f"{program.name}.sh"
            script.touch(mode=0o600)  # it holds the environment
            script.chmod(0o600)
            script.write_text(script_of(program, self._plan.var.parent), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-n", "-c", str(configuration)],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for whoever started this, who then ends all in order
        )

    def running_pid(self) -> int | None:
        """The supervisord that serves this `var`, of this or another process."""
        try:
            pid = int((self._folder / "supervisord.pid").read_text())
            command = psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return (
            pid if "supervisor.supervisord" in command and str(self._folder / "supervisord.conf") in command else None
        )

    def statuses(self) -> list[Status]:
        try:
            answer: Any = self._ask().supervisor.getAllProcessInfo()
        except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
            raise Unavailable("the process manager", "it does not answer") from None
        return [Status(str(one["name"]), str(one["statename"]), int(one["pid"])) for one in answer]

    def restart(self, name: str) -> None:
        """Start a program again that was stopped or has failed too often."""
        group = self._plan.program(name).group
        with contextlib.suppress(xmlrpc.client.Fault):
            self._ask().supervisor.startProcess(f"{group}:{name}", False)

    def pid_of(self, name: str) -> int:
        return next(status.pid for status in self.statuses() if status.name == name)

    def stop(self) -> None:
        """End every program, channels first, and return when none is left: within 10 s, the slow ones by force."""
        pid = self._process.pid if self._process is not None else self.running_pid()
        if pid is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            manager = psutil.Process(pid)
            family = [manager, *manager.children(recursive=True)]
            manager.send_signal(signal.SIGTERM)
            _, left = psutil.wait_procs(family, timeout=STOP_WITHIN_S)
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, timeout=2)
        if self._process is not None:
            self._process.wait(timeout=2)
            self._process = None
        (self._folder / "supervisord.pid").unlink(missing_ok=True)

    def _ask(self) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy("http://supervisor", transport=_UnixTransport(self._folder))


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisord's Unix socket; the standard library knows only TCP."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> http.client.HTTPConnection:
        return _UnixConnection(self._folder)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._folder = folder

    def connect(self) -> None:
        # Through the folder's descriptor: the address of a deep folder would be too long here, too.
        descriptor = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(5)
            self.sock.connect(f"/proc/self/fd/{descriptor}/supervisor.sock")
        finally:
            os.close(descriptor)


def configuration_of(plan: Plan) -> str:
    """The text of supervisord.conf, which is read in the folder `run` beside `logs`.

    It names nothing but its own folder's files: supervisord has no way to write every path and every value.
    """
    parts = [
        "[supervisord]",
        "logfile=../logs/supervisord.log",
        "logfile_maxbytes=5MB",
        "pidfile=supervisord.pid",
        "minfds=1024",
        "",
        "[unix_http_server]",
        "file=/proc/self/cwd/supervisor.sock",  # a Unix address holds at most 107 bytes and folders may lie deeper
        "chmod=0700",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "",
    ]
    for program in plan.programs:
        parts += _program(program)
    # supervisord stops groups from the highest priority down.
    for priority, group in enumerate(reversed(GROUPS), start=1):
        members = [program.name for program in plan.programs if program.group == group]
        parts += [f"[group:{group}]", f"programs={','.join(members)}", f"priority={priority}", ""]
    return "\n".join(parts)


def script_of(program: Program, folder: Path) -> str:
    """What the shell runs for a program: its environment, its folder, and then the program in the shell's place."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(program.environment.items())]
    return "\n".join([*exports, f"cd {shlex.quote(str(folder))} || exit 1", f"exec {shlex.join(program.command)}", ""])


def _program(program: Program) -> list[str]:
    return [
        f"[program:{program.name}]",
        f"command=/bin/sh {program.name}.sh",
        "autostart=true",
        "autorestart=true",
        "startsecs=0",  # a program that lives counts as started: its health says whether it works
        "startretries=1000000",
        f"stopwaitsecs={program.stop_s}",
        "stopasgroup=true",
        "killasgroup=true",
        f"stdout_logfile=../logs/{program.name}.log",
        "stdout_logfile_maxbytes=20MB",
        "stdout_logfile_backups=1",
        "redirect_stderr=true",
        "",
    ]
