"""`python pack.py WORK OUT` and `python pack.py --unpack OUT WORK`: checkpoints small enough to carry between machines."""

from __future__ import annotations

import argparse
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from distil import EXPORTED

#: What can come back from a lent machine in one file.
PART_BYTES = 15 * 2**20
CHECKPOINTS = ("autoencoder", "decoder", "enlarger", "preview", "classifier", "text", "unet", f"distilled{EXPORTED}")
OTHERS = ("tokenizer", "samples.png", "decoded.png", "eval.json", "eval.png", "eval-fast.json", f"distilled{EXPORTED}.png")


def pack(work: Path, out: Path) -> None:
    """Averaged weights in half precision, without the optimiser's state: enough to export from and to go on from."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in CHECKPOINTS:
            if (work / f"{name}.pt").exists():
                add_checkpoint(tar, work / f"{name}.pt")
        for name in OTHERS:
            if (work / name).exists():
                tar.add(work / name, name)
    write_parts(archive.getvalue(), out)


def add_checkpoint(tar: tarfile.TarFile, path: Path) -> None:
    state = torch.load(path, map_location="cpu")
    buffer = BytesIO()
    torch.save({"averaged": halved(state["averaged"]), "clock": state["clock"]}, buffer)
    entry = tarfile.TarInfo(path.name)
    entry.size = buffer.tell()
    buffer.seek(0)
    tar.addfile(entry, buffer)


def halved(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: halved(inner) for key, inner in value.items()}
    return value.half() if torch.is_tensor(value) and value.is_floating_point() else value


def write_parts(data: bytes, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        (out / f"checkpoints.tar.{number}").write_bytes(data[start : start + PART_BYTES])
    print(f"packed {len(data) / 2**20:.1f} MiB into {number + 1} files", flush=True)


def unpack(out: Path, work: Path) -> None:
    parts = sorted(out.glob("checkpoints.tar.*"), key=lambda path: int(path.suffix[1:]))
    work.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=BytesIO(b"".join(part.read_bytes() for part in parts))) as tar:
        tar.extractall(work, filter="data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unpack", action="store_true")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    (unpack if args.unpack else pack)(args.source, args.target)


if __name__ == "__main__":
    main()
