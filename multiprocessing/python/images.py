"""Twin of multiprocessing/src/experiments/images/mod.rs: the pictures of a folder in sequence, with threads and with multiprocessing.Pool.

Usage: images.py FOLDER WORKERS ROUNDS. Prints one JSON report. Needs Pillow. What comes out is encoded but not kept.
"""
import io
import json
import multiprocessing as mp
import os
import sys
import threading
import time
from multiprocessing.pool import ThreadPool

try:
    from PIL import Image, ImageFilter, ImageOps
except ImportError:
    Image = None

KINDS = (".png", ".jpg", ".jpeg")


def shrink(path):
    """The size of the JPEG, None for a broken picture; who did it, from when to when."""
    start = time.monotonic_ns()
    size = None
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture)
            if "A" in picture.getbands() or "transparency" in picture.info:
                picture = picture.convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
            picture = picture.convert("RGB").filter(ImageFilter.GaussianBlur(2))
            small = picture.resize(((picture.width + 1) // 2, (picture.height + 1) // 2), Image.Resampling.BILINEAR)
            out = io.BytesIO()
            small.save(out, "JPEG", quality=85)
            size = out.tell()
    except Exception:  # a decoder may raise anything
        pass
    return size, (os.getpid(), threading.get_ident()), start, time.monotonic_ns()


def sequence(paths, workers):
    return [shrink(path) for path in paths]


def threads(paths, workers):
    with ThreadPool(workers) as pool:
        return pool.map(shrink, paths, chunksize=1)


def processes(paths, workers):
    with mp.Pool(workers) as pool:
        return pool.map(shrink, paths, chunksize=1)


def lanes(done, ko, en):
    who = {}
    for _, worker, start, end in done:
        who.setdefault(worker, []).append({"state": "running", "start": start, "end": end})
    return [
        {"name": {"ko": f"{ko} {n}", "en": f"{en} {n}"}, "spans": sorted(spans, key=lambda span: span["start"])}
        for n, spans in enumerate(who.values())
    ]


def main(folder, workers, rounds):
    report = {"experiment": "multiprocessing/images"}
    if Image is None:
        report["notes"] = [{"ko": "측정하지 않음: Pillow가 없습니다.", "en": "not measured: Pillow is not installed."}]
        print(json.dumps(report))
        return
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.lower().endswith(KINDS))
    paths = [path for path in paths if os.path.isfile(path)]
    ways = [
        ("sequence", "순차 실행", "in sequence", "작업", "Task", sequence),
        ("threads", "ThreadPool", "ThreadPool", "스레드", "Thread", threads),
        ("processes", "multiprocessing.Pool", "multiprocessing.Pool", "프로세스", "Process", processes),
    ]
    walls, last, sizes = [[] for _ in ways], [None for _ in ways], set()
    for _ in range(rounds):
        for n, way in enumerate(ways):
            start = time.monotonic()
            done = way[-1](paths, workers)
            walls[n].append((time.monotonic() - start) * 1e9)
            last[n] = done
            sizes.add(tuple(size for size, *_ in done))
    assert len(sizes) == 1, "the same JPEGs by every way"
    report["measures"] = [
        {"id": "wall." + id, "name": {"ko": ko + ": 걸린 시간", "en": en + ": wall time"}, "unit": "ns", "samples": wall}
        for wall, (id, ko, en, *_) in zip(walls, ways)
    ]
    report["traces"] = [
        {"title": {"ko": ko, "en": en}, "lanes": lanes(done, who_ko, who_en)}
        for done, (_, ko, en, who_ko, who_en, _) in zip(last, ways)
    ]
    report["notes"] = [start_method()]
    print(json.dumps(report))


def start_method():
    """How the processes of this run are started: a note for the reader."""
    method = mp.get_start_method()
    return {"ko": "프로세스의 시작 방식: " + method, "en": "start method of the processes: " + method}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
