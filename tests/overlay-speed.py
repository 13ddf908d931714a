#!/usr/bin/env python3
"""Writes the overlay's Manifests and metadata cache by patchforge and by Gentoo's own tools, in turn, and tells how
long each took and whether the bytes are the same.

    tests/overlay-speed.py TOOL [ROUNDS]

TOOL is a published patchforge. To be run as root in a root of one's own that has Portage and a ::gentoo (docs/overlay.md,
"Portage in a root"); pkgdev where it is installed. It writes /var/db/repos/mpm-itk, its repos.conf, DISTDIR's stand-ins and a
per-user cache there. "Nothing there" means that nothing is kept of earlier runs either. The distfiles are made up, of the size of
the real ones, and the copy's patchforge.yaml has their digests.
"""
import hashlib
import os
import platform
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOOL, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
HERE, REPO, DIST = Path(__file__).resolve().parent.parent, Path("/var/db/repos/mpm-itk"), Path("/var/tmp/overlay-speed")
GENTOO = os.environ.get("PATCHFORGE_GENTOO", "/var/db/repos/gentoo")
ALGORITHMS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512", "BLAKE2B": "blake2b"}
KNOWN = Path("/var/tmp/overlay-speed-known")
ENVIRONMENT = {**os.environ, "DISTDIR": str(DIST), "PATCHFORGE_GENTOO": GENTOO, "NOCOLOR": "true", "FEATURES": "-distlocks", "XDG_CACHE_HOME": str(KNOWN)}


def stand_in(name, size):
    content = random.Random(name).randbytes(size)
    (DIST / name).write_bytes(content)
    return content


def prepare():
    """The repository as a sync has it, with stand-ins for its distfiles."""
    shutil.rmtree(REPO, ignore_errors=True)
    shutil.copytree(HERE, REPO, symlinks=True, ignore=shutil.ignore_patterns(".git", "artifacts", "bin", "obj"))
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    conf = Path("/etc/portage/repos.conf/mpm-itk.conf")
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text(f"[mpm-itk]\nlocation = {REPO}\nauto-sync = no\n")
    wanted = {name for file in REPO.glob("overlay/*/*/*.ebuild") for name in uris(file)}
    lines, content = [], None
    for line in (REPO / "patchforge.yaml").read_text().splitlines(keepends=True):
        if found := re.match(r"\s+distfile: (\S+)", line):
            name, content = found[1], None
        elif (found := re.match(r"\s+size: (\d+)", line)) and name in wanted:
            content = stand_in(name, int(found[1]))
            wanted.discard(name)
        elif content is not None and (found := re.match(r"\s+(\w+): \{hex: ([0-9a-f]+)", line)):
            if found[1] not in ALGORITHMS:
                continue
            line = line.replace(found[2], hashlib.new(ALGORITHMS[found[1]], content).hexdigest())
        lines.append(line)
    (REPO / "patchforge.yaml").write_text("".join(lines))
    for name in wanted:
        stand_in(name, 12_000_000)


def uris(ebuild):
    """The distfile's name, by the cache entry beside it."""
    entry = REPO / "metadata/md5-cache" / ebuild.parent.parent.name / ebuild.stem
    found = re.search(r"^SRC_URI=(.*)$", entry.read_text(), re.M)
    return [word.rsplit("/", 1)[-1] for word in found[1].split() if "/" in word or "." in word] if found else []


def run(commands):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for folder, *command in commands:
        answer = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"{' '.join(command)} ended with {answer.returncode}:\n{answer.stdout}{answer.stderr}")
    took, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def manifests():
    return {str(file.relative_to(REPO)): file.read_text() for file in sorted(REPO.glob("overlay/*/*/Manifest"))}


def cache():
    files = [file for file in (REPO / "metadata/md5-cache").rglob("*") if file.is_file() and file.name not in ("Manifest.gz", "timestamp.chk")]
    return {str(file.relative_to(REPO)): file.read_text() for file in sorted([*files, REPO / "profiles/use.local.desc"])}


def nothing_known():
    """What the tools keep of earlier runs: patchforge and pkgcore in the per-user cache, Portage in its own."""
    shutil.rmtree(KNOWN, ignore_errors=True)
    shutil.rmtree("/var/cache/edb/dep", ignore_errors=True)


def no_manifests():
    nothing_known()
    for file in REPO.glob("overlay/*/*/Manifest"):
        file.unlink()


def no_cache():
    shutil.rmtree(REPO / "metadata/md5-cache", ignore_errors=True)
    nothing_known()
    (REPO / "profiles/use.local.desc").unlink(missing_ok=True)


def compare(title, tools, clean, written):
    """Each tool once a round, with nothing there and then with everything there; the first tool's bytes are the measure."""
    taken = {(name, state): [] for name in tools for state in ("nothing there", "all there")}
    truth = None
    for round_ in range(ROUNDS + 1):
        for name, commands in tools.items():
            clean()
            for state in ("nothing there", "all there"):
                took = run(commands)
                if round_:
                    taken[name, state].append(took)
            truth = truth or written()
            if written() != truth:
                sys.exit(f"{name} wrote other bytes than {next(iter(tools))}")
    print(f"\n| {title} | nothing there: s | processor s | all there: s | processor s |\n|---|---|---|---|---|")
    for name in tools:
        cells = [f"{statistics.median(one):.2f} [{min(one):.2f}, {max(one):.2f}]"
                 for state in ("nothing there", "all there") for one in zip(*taken[name, state])]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\n{len(truth)} files, the same bytes from each; median [least, most] of {ROUNDS} rounds after one that is not counted.")


def main():
    prepare()
    packages = [(str(file.parent), "ebuild", file.name, "manifest") for file in {file.parent: file for file in sorted(REPO.glob("overlay/*/*/*.ebuild"))}.values()]
    tools = {"`patchforge manifest`": [(str(REPO), TOOL, "manifest")], "`ebuild … manifest`, one a package": packages}
    if shutil.which("pkgdev"):
        tools["`pkgdev manifest`, of the repository"] = [(str(REPO), "pkgdev", "manifest", "-d", str(DIST))]
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for command in ([TOOL, "--version"], ["emerge", "--version"], ["pkgdev", "--version"]):
        if shutil.which(command[0]):
            print(subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0])
    compare("Manifest", tools, no_manifests, manifests)
    compare("cache", {
        "`patchforge cache`": [(str(REPO), TOOL, "cache")],
        "`egencache --update --update-use-local-desc`": [(str(REPO), "egencache", "--update", "--update-use-local-desc", "--repo=mpm-itk")],
    }, no_cache, cache)


main()
