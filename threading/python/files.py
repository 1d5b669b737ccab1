"""Twin of threading/src/experiments/files/mod.rs: the SHA-256 of every file under a directory, in sequence and with threads, warm and cold.

Usage: files.py DIRECTORY THREADS skip|follow. Prints one JSON report; its line is the digest of all.
"""
import hashlib
import json
import os
import sys
import threading
import time

ROOT, THREADS, FOLLOW = os.fsencode(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "follow"


def walk(folder, above, paths):
    """os.walk(followlinks=True) would run round a loop of links until the path is too long: who is above is remembered."""
    try:
        me = os.stat(folder)
        entries = os.listdir(folder)
    except OSError:
        return paths
    if (me.st_dev, me.st_ino) in above:
        return paths
    above = above | {(me.st_dev, me.st_ino)}
    for name in entries:
        path = os.path.join(folder, name)
        if os.path.islink(path) and not FOLLOW:
            continue
        if os.path.isdir(path):
            if name != b".git" and not os.path.exists(os.path.join(path, b"CACHEDIR.TAG")):
                walk(path, above, paths)
        elif os.path.isfile(path):
            paths.append(path)
    return paths


def checksum(path):
    sha = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            left = os.fstat(file.fileno()).st_size  # as long as it is now: one in /proc may have no end
            while left > 0:
                piece = file.read(min(left, 256 * 1024))
                if not piece:
                    break
                sha.update(piece)
                left -= len(piece)
    except OSError:
        return b""
    return sha.digest()


def sequence(paths):
    return [checksum(path) for path in paths]


def threads(paths):
    sums = [b""] * len(paths)
    left = iter(range(len(paths)))

    def work():
        for n in left:
            sums[n] = checksum(paths[n])

    running = [threading.Thread(target=work) for _ in range(min(THREADS, len(paths)))]
    for t in running:
        t.start()
    for t in running:
        t.join()
    return sums


def forget(paths):
    """Asks the system to forget the files; whether it can be asked."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for path in paths:
        try:
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError:
            pass
    return True


def from_storage():
    try:
        with open("/proc/self/io") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes:"))
    except (OSError, StopIteration):
        return None


def size(path):
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


# Part by part, as Rust compares paths.
paths = sorted(walk(ROOT, frozenset(), []), key=lambda path: path.split(b"/"))
whole = sum(size(path) for path in paths) or 1
measures, digests = [], set()
for cold in (False, True):
    for technique, ko, en in ((sequence, "순차 실행", "in sequence"), (threads, "스레드", "threads")):
        if cold and not forget(paths):
            continue
        before, start = from_storage(), time.monotonic()
        sums = technique(paths)
        wall, after = (time.monotonic() - start) * 1e9, from_storage()
        total = hashlib.sha256()
        for path, digest in zip(paths, sums):
            total.update(os.path.relpath(path, ROOT) + b"\0" + digest)
        digests.add(total.hexdigest())
        # A cold read that did not come from storage was none, and is left out.
        if cold and (before is None or after - before < whole / 2):
            continue
        name = {"ko": ko + (", 콜드 캐시" if cold else ""), "en": en + (", cold cache" if cold else "")}
        id = ("cold." if cold else "wall.") + technique.__name__
        measures.append({"id": id, "name": name, "unit": "ns", "samples": [wall]})

print(json.dumps({"experiment": "threading/files", "lines": sorted(digests), "measures": measures}))
