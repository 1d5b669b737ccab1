"""Twin of multiprocessing/src/experiments/translate/mod.rs: the same model in numpy, in sequence, with threads and with multiprocessing.Pool.

Usage: translate.py MODEL_FOLDER FILE WORKERS ROUNDS. Prints one JSON report; its lines are the translations. Needs numpy.
"""
import json
import multiprocessing as mp
import os
import re
import struct
import sys
import threading
import time
from multiprocessing.pool import ThreadPool

# Before numpy is loaded: each worker is to compute on one core, as ours do.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
try:
    import numpy as np
except ImportError:
    np = None

WIDTH, START, END, LONGEST = 256, 0, 1, 60
model = None  # a process's own, loaded when it starts


def load(folder):
    global model
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    model = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            model[name] = np.frombuffer(data[begin:end], "<f2").astype(np.float32).reshape(tensor["shape"])
    for side in ("input", "output"):
        with open(os.path.join(folder, side + ".vocab.json"), encoding="utf-8") as file:
            model[side] = json.load(file)
    model["numbers"] = {word: number for number, word in enumerate(model["input"])}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(side, x, state):
    by_input = model[side + ".gru.weight_ih_l0"] @ x + model[side + ".gru.bias_ih_l0"]
    by_state = model[side + ".gru.weight_hh_l0"] @ state + model[side + ".gru.bias_hh_l0"]
    reset, update = np.split(sigmoid(by_input[: 2 * WIDTH] + by_state[: 2 * WIDTH]), 2)
    new = np.tanh(by_input[2 * WIDTH :] + reset * by_state[2 * WIDTH :])
    return (1 - update) * new + update * state


def translate(sentence):
    start = time.monotonic_ns()
    words = re.sub(r"([^a-z\"' ])", r" \1 ", sentence.strip().lower()).split(" ")
    tokens = [model["numbers"][word] for word in words if word and word in model["numbers"]]
    if not tokens:  # the model would make something up
        unknown = any(word for word in words)
        return ("[?]" if unknown else ""), (os.getpid(), threading.get_ident()), start, time.monotonic_ns()
    state = np.zeros(WIDTH, np.float32)
    for token in tokens + [END]:
        state = gru("encoder", model["encoder.embedding.weight"][token], state)
    said, token = [], START
    while len(said) < LONGEST:
        state = gru("decoder", np.maximum(model["decoder.embedding.weight"][token], 0), state)
        token = int(np.argmax(model["decoder.out.weight"] @ state + model["decoder.out.bias"]))
        if token == END:
            break
        said.append(model["output"][token])
    return " ".join(said), (os.getpid(), threading.get_ident()), start, time.monotonic_ns()


def sequence(folder, sentences, workers):
    load(folder)
    return [translate(sentence) for sentence in sentences]


def threads(folder, sentences, workers):
    load(folder)
    with ThreadPool(workers) as pool:
        return pool.map(translate, sentences, chunksize=1)


def processes(folder, sentences, workers):
    with mp.Pool(workers, load, (folder,)) as pool:
        return pool.map(translate, sentences, chunksize=1)


def lanes(done, ko, en):
    who = {}
    for _, worker, start, end in done:
        who.setdefault(worker, []).append({"state": "running", "start": start, "end": end})
    return [
        {"name": {"ko": f"{ko} {n}", "en": f"{en} {n}"}, "spans": sorted(spans, key=lambda span: span["start"])}
        for n, spans in enumerate(who.values())
    ]


def main(folder, file, workers, rounds):
    report = {"experiment": "multiprocessing/translate"}
    if np is None:
        report["notes"] = [{"ko": "측정하지 않음: numpy가 없습니다.", "en": "not measured: numpy is not installed."}]
        print(json.dumps(report))
        return
    with open(file, encoding="utf-8-sig") as lines:
        sentences = [line.strip() for line in lines]  # LF, CR LF or CR; blank lines are kept
    ways = [
        ("sequence", "순차 실행", "in sequence", "작업", "Task", sequence),
        ("threads", "ThreadPool", "ThreadPool", "스레드", "Thread", threads),
        ("processes", "multiprocessing.Pool", "multiprocessing.Pool", "프로세스", "Process", processes),
    ]
    speeds, last, said = [[] for _ in ways], [None for _ in ways], set()
    for _ in range(rounds):
        for n, way in enumerate(ways):
            start = time.monotonic()
            done = way[-1](folder, sentences, workers)
            speeds[n].append(len(sentences) / (time.monotonic() - start))
            last[n] = done
            said.add(tuple(words for words, *_ in done))
    assert len(said) == 1, "the same translations by every way"
    report["lines"] = list(said.pop())
    report["measures"] = [
        {
            "id": "speed." + id,
            "name": {"ko": "초당 문장 수: " + ko, "en": "sentences per second: " + en},
            "unit": "count",
            "samples": samples,
        }
        for samples, (id, ko, en, *_) in zip(speeds, ways)
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
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
