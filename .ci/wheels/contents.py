"""What a wheel holds besides the package: the licences of the libraries inside it, and a list of them (an SBOM)."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

from sources import Source, fetch, read_sources
from toolchain import run, tools


def add_contents(wheel: Path, platform_tag: str, environment: dict[str, str]) -> Path:
    """Add them to a wheel, give it its platform's tag, and return the new file.

    Args:
        wheel: as the build back end made it; stays as it is.
        platform_tag: for the file's name and its metadata.
        environment: with SOURCE_DATE_EPOCH, the time of the files.
    """
    parent = wheel.parent / "unpacked"
    command: list[str | Path] = [tools() / "python", "-m", "wheel"]
    run([*command, "unpack", "--dest", parent, wheel], environment)
    (tree,) = parent.iterdir()
    (info,) = tree.glob("*.dist-info")
    sources = list(read_sources().values())
    _add_licenses(info, sources)
    sboms = info / "sboms"
    sboms.mkdir()
    (sboms / "fastseq.cdx.json").write_text(json.dumps(_sbom(info, sources), indent=2) + "\n")
    packed = wheel.parent / "packed"
    packed.mkdir()
    run([*command, "pack", "--dest-dir", packed, tree], environment)
    (plain,) = packed.glob("*.whl")
    run([*command, "tags", "--remove", "--platform-tag", platform_tag, plain], environment)
    shutil.rmtree(parent)
    (tagged,) = packed.glob("*.whl")
    return tagged


def _add_licenses(info: Path, sources: list[Source]) -> None:
    """Copy the licence texts, and say so in METADATA."""
    metadata = info / "METADATA"
    head, body = metadata.read_text().split("\n\n", 1)
    lines = head.split("\n")
    for source in sources:
        for name in source.license_files:
            target = Path("libraries") / source.name / name
            (info / "licenses" / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(fetch(source) / name, info / "licenses" / target)
            lines.append(f"License-File: {target}")
    own = next(line for line in lines if line.startswith("License-Expression: "))
    parts = [f"({source.license})" if " OR " in source.license else source.license for source in sources]
    distinct = dict.fromkeys(part for text in parts for part in text.split(" AND "))
    lines[lines.index(own)] = " AND ".join([own, *distinct])
    metadata.write_text("\n".join(lines) + "\n\n" + body)


def _sbom(info: Path, sources: list[Source]) -> dict[str, object]:
    """CycloneDX 1.6."""
    name, version = info.name.removesuffix(".dist-info").split("-")
    identity = f"pkg:pypi/{name.replace('_', '-')}@{version}"
    components = [
        {
            "type": "library",
            "bom-ref": source.name,
            "name": source.name,
            "version": source.version,
            "purl": f"pkg:generic/{source.name}@{source.version}",
            "licenses": [{"expression": source.license}],
            "pedigree": {"notes": f"from {source.release}, SHA-256 {source.sha256}"},
        }
        for source in sources
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": {
            "component": {"type": "library", "bom-ref": identity, "name": name, "version": version, "purl": identity}
        },
        "components": components,
        "dependencies": [{"ref": identity, "dependsOn": [source.name for source in sources]}],
    }
