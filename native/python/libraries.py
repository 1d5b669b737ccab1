"""Twin of native/src/experiments/libraries/mod.rs: which calls of real libraries release the GIL.

Usage: libraries.py CALLS [LIBRARY]. Two threads make the same call again and again. Both stamps and the call are one call of C code (`map` over
`functools.partial.__call__`): no bytecode runs in between, so a thread that holds the GIL cannot lose it between its stamps, and the spans of
two such threads cannot share an instant. Only functions in C are called, without the Python code that some libraries put around them.
Prints one JSON report: a measurement for each call, and what could not be imported.
"""
import collections
import functools
import gc
import hashlib
import io
import itertools
import json
import os
import re
import sys
import threading
import time
import zlib

# One thread for each library: what their own pools do is another experiment.
for pool in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]:
    os.environ[pool] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

CALLS, ONLY = int(sys.argv[1]), sys.argv[2:]
partial = functools.partial
stamp, run = partial(time.monotonic_ns), partial.__call__
calls, missing = [], []


def call(library, ko, en=None):
    """Each entry makes something to call; it is made anew for every call, before the first stamp."""
    return lambda make: calls.append((library, ko, en or ko, make)) if library in (ONLY or [library]) else None


def optional(library):
    def register(entries):
        try:
            if library in (ONLY or [library]):
                entries(library)
        except ImportError:
            missing.append(library)
    return register


BYTES = os.urandom(16 << 20)
SMALL = [BYTES[:size] for size in (1024, 1 << 20)]
JSON = json.dumps([{"id": i, "name": str(i)} for i in range(60000)])
SCAN = json.JSONDecoder().scan_once
REGEX = re.compile(r"(a|b)*c")
QUERY = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c WHERE x < 200000) SELECT sum(x) FROM c"

call("zlib", "compress, 1 MiB")(lambda: partial(zlib.compress, SMALL[1]))
call("hashlib", "sha256, 16 MiB")(lambda: partial(hashlib.sha256, BYTES))
# Many short calls in one call of C: `deque` drains the iterator.
call("hashlib", "sha256, 30000 × 1 KiB")(
    lambda: partial(collections.deque, map(hashlib.sha256, itertools.repeat(SMALL[0], 30000)), 0))
call("json", "객체 60000개 파싱", "parse 60000 objects")(lambda: partial(SCAN, JSON, 0))
call("re", "search, 일치 없음", "search, no match")(lambda: partial(REGEX.search, "ab" * 800))
call("builtins", "sum(range(3000000))")(lambda: partial(sum, range(3000000)))


@optional("sqlite3")
def sqlite(library):
    import sqlite3
    call(library, "테이블 없는 쿼리", "a query without a table")(
        lambda: partial(sqlite3.connect(":memory:").execute, QUERY))


@optional("Pillow")
def pillow(library):
    from PIL import Image
    picture = Image.frombytes("RGB", (1600, 1200), BYTES[:1600 * 1200 * 3])
    file = io.BytesIO()
    picture.save(file, "JPEG")
    jpeg = file.getvalue()

    def decoder():
        opened = Image.open(io.BytesIO(jpeg))
        _, extents, _, args = opened.tile[0]
        decoder = Image._getdecoder(opened.mode, "jpeg", args, opened.decoderconfig)
        decoder.setimage(Image.core.new(opened.mode, opened.size), extents)
        return partial(decoder.decode, jpeg)
    call(library, "크기 변경, 1600 × 1200", "resize, 1600 × 1200")(lambda: partial(picture.im.resize, (400, 300), Image.LANCZOS))
    call(library, "JPEG 디코딩", "decode a JPEG")(decoder)


@optional("NumPy")
def numpy(library):
    import numpy as np
    numbers = np.random.rand(3000000)
    matrix, other = np.random.rand(700, 700), np.random.rand(700, 700)
    objects = numbers[:1000000].astype(object)
    call(library, "sin, 원소 3000000개", "sin, 3000000 elements")(lambda: partial(np.sin, numbers))
    call(library, "정렬, 원소 300000개", "sort, 300000 elements")(lambda: partial(numbers[:300000].copy().sort, kind="heapsort"))
    call(library, "행렬 곱, 700 × 700", "matrix product, 700 × 700")(lambda: partial(matrix.dot, other))
    call(library, "파이썬 객체의 합", "sum of Python objects")(lambda: partial(np.add.reduce, objects))


@optional("PyTorch")
def torch(library):
    import torch
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    matrix, other = torch.rand(700, 700), torch.rand(700, 700)
    batch, weights = torch.rand(512, 1024), torch.rand(1024, 1024)
    call(library, "행렬 곱, 700 × 700", "matrix product, 700 × 700")(lambda: partial(torch.mm, matrix, other))
    call(library, "선형 계층, 512 × 1024", "linear layer, 512 × 1024")(lambda: partial(torch._C._nn.linear, batch, weights))
    call(library, "정렬, 원소 300000개", "sort, 300000 elements")(lambda: partial(torch.sort, torch.rand(300000)))
    call(library, "tolist, 원소 1500000개", "tolist, 1500000 elements")(lambda: partial(torch.rand(1500000).tolist))


@optional("TensorFlow")
def tensorflow(library):
    import tensorflow as tf
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import context
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    execute, ctx = pywrap_tfe.TFE_Py_FastPathExecute, context.context()
    ctx.ensure_initialized()
    matrix, other = tf.random.uniform([700, 700]), tf.random.uniform([700, 700])
    numbers = tf.random.uniform([1500000])
    call(library, "행렬 곱, 700 × 700", "matrix product, 700 × 700")(
        lambda: partial(execute, ctx, "MatMul", None, matrix, other, "transpose_a", False, "transpose_b", False))
    call(library, "sigmoid, 원소 1500000개", "sigmoid, 1500000 elements")(lambda: partial(execute, ctx, "Sigmoid", None, numbers))


def once(make):
    begin, _, end = list(map(run, (stamp, make(), stamp)))
    return begin, end


def together(make):
    """Both threads call until each has made CALLS calls, so that one that a busy machine starts late still meets the other."""
    spans, start, failed = [[], []], threading.Barrier(2), []

    def worker(mine):
        try:
            start.wait()
            while min(map(len, spans)) < CALLS and not failed:
                mine.append(once(make))
        except Exception as e:
            failed.append(e)

    threads = [threading.Thread(target=worker, args=(mine,)) for mine in spans]
    begun = time.monotonic_ns()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]
    return spans, time.monotonic_ns() - begun


def overlap(spans):
    both = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in spans[0] for b in spans[1])
    return both / max(1, min(sum(end - begin for begin, end in one) for one in spans))


# The collector may run Python code inside C code, and with it lose the GIL.
gc.collect()
gc.disable()
measures, lines = [], []
for number, (library, ko, en, make) in enumerate(calls):
    try:
        alone = sorted(end - begin for begin, end in [once(make) for _ in range(1 + CALLS)][1:])[CALLS // 2]
        spans, wall = together(make)
    except Exception as e:
        missing.append("%s: %s: %s" % (library, en, type(e).__name__))
        continue
    finally:
        gc.collect()
    what = {"ko": "%s: %s" % (library, ko), "en": "%s: %s" % (library, en)}
    for kind, unit, value in [
        ("overlap", "share", overlap(spans)),
        ("alone", "ns", alone),
        ("speedup", "times", sum(map(len, spans)) * alone / wall),
    ]:
        measures.append({"id": "%s.%d" % (kind, number), "name": what, "unit": unit, "samples": [value]})
print(json.dumps({"experiment": "native/libraries", "measures": measures, "lines": missing}))
