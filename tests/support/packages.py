"""Packages made on the spot."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile


def wheel(name: str, word: str) -> bytes:
    """A package that is installed without any network."""
    about = f"{name}-1.0.dist-info"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{name}.py", f"WORD = {word!r}\n")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return content.getvalue()


def node_package(name: str, word: str) -> bytes:
    """As `npm pack` makes it."""
    files = {
        "package/package.json": json.dumps({"name": name, "version": "1.0.0", "main": "index.js", "bin": "said.js"}),
        "package/index.js": f"module.exports = {word!r};\n",
        "package/said.js": f"#!/usr/bin/env node\nconsole.log({word!r});\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            about = tarfile.TarInfo(path)
            about.size, about.mode = len(text.encode()), 0o755
            archive.addfile(about, io.BytesIO(text.encode()))
    return content.getvalue()
