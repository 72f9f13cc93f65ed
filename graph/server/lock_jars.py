"""For the maintainer: write ``jars.lock`` anew. Needs Maven: ``python -m graph.server.lock_jars``."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from graph.server.runtime import LOCK_FILE, Jar, sha256_of

NEO4J = "2026.01.4"
GDS = "2.26.0"
BROWSER = "5.24.0"
# OpenGDS has no artifact that pulls in all of it, as its closed sister has.
GDS_PARTS = [
    *("proc-sysinfo", "proc-catalog", "proc-centrality", "proc-common", "proc-community", "proc-embeddings"),
    *("proc-machine-learning", "proc-misc", "proc-path-finding", "proc-pipeline-catalog", "proc-similarity"),
    *("proc-topological-link-prediction", "opengds-extension", "open-model-catalog"),
]

SECTIONS = {
    "lib": [f"org.neo4j:neo4j:{NEO4J}", f"org.neo4j.client:neo4j-browser:{BROWSER}"],
    "plugins": [f"org.neo4j.gds:{part}:{GDS}" for part in GDS_PARTS],
}

HEADER = """\
# The jars of the embedded server with their checksums. Written by `python -m graph.server.lock_jars`; do not edit.
"""


def resolve(section: str, coordinates: list[str]) -> list[Jar]:
    """What Maven makes of ``coordinates``: these and all that they need at run time."""
    dependencies = ""
    for coordinate in coordinates:
        group, artifact, version = coordinate.split(":")
        dependencies += (
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version></dependency>"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pom.xml").write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>coingraph</groupId>"
            f"<artifactId>{section}</artifactId><version>1</version><dependencies>{dependencies}</dependencies></project>",
            encoding="utf-8",
        )
        subprocess.run(
            [
                *("mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DincludeScope=runtime"),
                *("-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={folder / 'repository'}"),
            ],
            cwd=folder,
            check=True,
        )
        return [jar_of(section, file, folder / "repository") for file in sorted(folder.rglob("*.jar"))]


def jar_of(section: str, file: Path, repository: Path) -> Jar:
    *group, artifact, version, name = file.relative_to(repository).parts
    classifier = name.removeprefix(f"{artifact}-{version}").removesuffix(".jar").removeprefix("-")
    return Jar(section, ".".join(group), artifact, version, classifier, sha256_of(file))


def main() -> None:
    if not shutil.which("mvn"):
        sys.exit("lock_jars needs Maven (mvn)")
    lib, plugins = (resolve(section, coordinates) for section, coordinates in SECTIONS.items())
    # The server's own version of a library wins. Groups count: GDS has its own `annotations` and `neo4j-values`.
    known = {(jar.group, jar.artifact) for jar in lib}
    plugins = [jar for jar in plugins if (jar.group, jar.artifact) not in known]
    lines = [HEADER]
    for section, jars in (("lib", lib), ("plugins", plugins)):
        lines += [f"[{section}]\n", *(f"{jar.coordinate} {jar.sha256}\n" for jar in jars)]
    LOCK_FILE.write_text("".join(lines), encoding="utf-8")
    print(f"{LOCK_FILE}: {len(lib)} jars of the server, {len(plugins)} of Graph Data Science")


if __name__ == "__main__":
    main()
