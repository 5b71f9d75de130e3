"""Sets up everything that the tests need, on a fresh machine with Python, and runs them all.

Run it as `python3 tests/run.py`; further arguments go to pytest.
"""

import os
import shutil
import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
EMULATOR = ROOT / ".ministack-venv"


def prepared(folder: Path, lock: Path, *, editable: bool) -> Path:
    """Return the Python of a virtual environment that holds exactly what a lock file names."""
    python = folder / "bin" / "python"
    stamp = folder / "installed.sha256"
    wanted = sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    if editable:
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    stamp.write_text(wanted)
    return python


def prepared_node(folder: Path) -> None:
    """Install what a folder's lock file names from the npm registry; without npm, its tests are skipped."""
    npm = shutil.which("npm")
    stamp = folder / "node_modules" / "installed.sha256"
    wanted = sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if npm is None or (stamp.exists() and stamp.read_text() == wanted):
        return
    subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    stamp.write_text(wanted)


def main() -> int:
    """Prepare the environments, then run pytest on two processes."""
    prepared_node(ROOT / "requirements" / "node")
    prepared(EMULATOR, ROOT / "requirements" / "ministack.lock", editable=False)
    python = prepared(ENVIRONMENT, ROOT / "requirements" / "test.lock", editable=True)
    command = [str(python), "-m", "pytest", "-n", "2", "--dist", "loadfile", *sys.argv[1:]]
    environment = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
