"""A PostgreSQL server in a temporary folder, started and stopped by the tests; or why there is none."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PASSWORD = "s3cret/of@tests"
QUOTED = "s3cret%2Fof%40tests"
# Debian keeps the programs of a server out of PATH, a folder a version.
FOLDERS = "/usr/lib/postgresql"


class AbsentError(Exception):
    """Why no server can be started here."""


def programs():
    """The folder of initdb and pg_ctl; those of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    beside = sorted(Path(FOLDERS).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if not beside:
        raise AbsentError("PostgreSQL is not installed: no initdb in PATH or below " + FOLDERS)
    return beside[-1].parent


def somebody():
    """The user to run as: a server refuses to be root's."""
    if not hasattr(os, "getuid"):
        raise AbsentError("the server of the tests is reached by a Unix socket")
    if os.getuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AbsentError("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")


class Server:
    """One database cluster; asks for a password, and is reached by a socket in its folder."""

    def __init__(self):
        self.bin, self.user = programs(), somebody()
        self.folder = Path(tempfile.mkdtemp(prefix="vrx-pg-"))
        if self.user is not None:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        try:
            self._make()
        except AbsentError:
            self.close()
            raise

    def _make(self):
        word = self.folder / "password"
        word.write_text(PASSWORD + "\n")
        word.chmod(0o644)
        options = ["-A", "scram-sha-256", "-U", "vrx", f"--pwfile={word}", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._call("initdb", "-D", self.data, *options)
        self.start()

    @property
    def data(self):
        return self.folder / "data"

    @property
    def log(self):
        return self.folder / "log"

    def url(self, password=QUOTED, database="postgres"):
        return f"postgresql+psycopg://vrx:{password}@/{database}?host={self.folder}"

    def start(self):
        settings = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c shared_buffers=16MB"
        self._call("pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "30", "-o", settings, "start")

    def stop(self, mode="fast"):
        self._call("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "30", "stop")

    def close(self):
        try:
            if (self.data / "postmaster.pid").exists():
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, program, *arguments):
        who = {} if self.user is None else {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        # To a file: a server that goes on would hold a pipe open.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [str(self.bin / program), *map(str, arguments)],
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                timeout=60,
                **who,
            )
            if done.returncode:
                said.seek(0)
                raise AbsentError(f"{program} failed: {' '.join(said.read().decode(errors='replace').split())[-300:]}")
