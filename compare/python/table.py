"""Twin of compare/src/experiments/table/cell.rs: one cell of the table on Python, in a process of its own.

Usage: table.py JSON, an object with the workload, the technique and the numbers of work; `Plan` reads it.
Prints one JSON report: wall time, operations per second, memory of a unit, busy cores; its lines are the checks of the units.
The workload "count" counts what the programs in table/ are made of.
"""
import ast
import asyncio
import hashlib
import io
import json
import multiprocessing
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from math import exp, tanh
from operator import mul

REQUEST = b"GET / HTTP/1.1\r\nHost: loopback\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
ALIVE = 4


def get(server, gets):
    with socket.create_connection(server, timeout=30) as connection:
        answer = connection.makefile("rb")
        for _ in range(gets):
            connection.sendall(REQUEST)
            status, length = answer.readline(), 0
            if b" 200 " not in status:
                raise OSError(status)
            for header in iter(answer.readline, b"\r\n"):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            answer.read(length)
    return 1


async def get_async(server, gets):
    answer, request = await asyncio.open_connection(*server)
    for _ in range(gets):
        request.write(REQUEST)
        status, length = await answer.readline(), 0
        if b" 200 " not in status:
            raise OSError(status)
        while True:
            header = await answer.readline()
            if header == b"\r\n":
                break
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        await answer.readexactly(length)
    request.close()
    return 1


def count(iterations):
    total = 0
    for i in range(iterations):
        total += i
    return total


def hash_natively(mebibytes):
    """Native code of the standard library; it releases the GIL while it hashes a large buffer."""
    digest, piece = hashlib.sha256(), bytes(1 << 20)
    for _ in range(mebibytes):
        digest.update(piece)
    return int(digest.hexdigest()[:15], 16)


def read_files(folder, unit, units, reads):
    check = 0
    names = sorted(os.listdir(folder), key=lambda name: int(name.split(".")[0]))
    for _ in range(reads):
        for name in names[unit::units]:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            # Some of it: all of it would be computing, and this is about reading.
            check = zlib.crc32(content[::4093], check + len(content) & 0xFFFFFFFF)
    return check


def process_picture(path):
    """With Pillow, a C extension."""
    from PIL import Image, ImageFilter

    picture = Image.open(path).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    small = picture.resize(((picture.width + 1) // 2, (picture.height + 1) // 2), Image.BILINEAR)
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=85)
    return int(hashlib.sha256(encoded.getvalue()).hexdigest()[:15], 16)


def decode_png(data, most_rows):
    """The first rows of a PNG of 8 bits a channel without interlacing: the bytes of each row, and the bytes of a pixel."""
    at, compressed, width, pixel = 8, [], 0, 3
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        chunk = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, _, _, colour = struct.unpack(">IIBB", chunk[:10])
            pixel = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            compressed.append(chunk)
        at += 12 + length
    raw, stride = zlib.decompress(b"".join(compressed)), width * pixel
    rows, above = [], bytearray(stride)
    for start in range(0, min(len(raw), most_rows * (stride + 1)), stride + 1):
        method, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = row[i - pixel] if i >= pixel else 0
            up, corner = above[i], above[i - pixel] if i >= pixel else 0
            if method == 1:
                row[i] = (row[i] + left) & 255
            elif method == 2:
                row[i] = (row[i] + up) & 255
            elif method == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            elif method == 4:
                guess = left + up - corner
                to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
                best = left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
                row[i] = (row[i] + best) & 255
        rows.append(row)
        above = row
    return rows, pixel


def encode_png(rows, width):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) & 0xFFFFFFFF)

    head = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def process_png(path):
    """With the standard library alone: decode, blur and halve the upper left corner of a picture, encode."""
    with open(path, "rb") as file:
        rows, pixel = decode_png(file.read(), 48)
    width = min(96, len(rows[0]) // pixel)
    small = []
    for y in range(0, len(rows) - 1, 2):
        out = bytearray()
        for x in range(0, width - 1, 2):
            for channel in range(3):
                total = seen = 0
                for row in rows[max(y - 2, 0) : y + 4]:
                    for near in range(max(x - 2, 0), min(x + 4, width)):
                        total += row[near * pixel + channel]
                        seen += 1
                out.append(total // seen)
        small.append(out)
    return int(hashlib.sha256(encode_png(small, width // 2)).hexdigest()[:15], 16)


class Model:
    """The encoder of the translation model, half of its work, in pure Python: it runs where there is no numpy."""

    def __init__(self, folder):
        with open(os.path.join(folder, "model.safetensors"), "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self.header, self.data = json.loads(file.read(length).decode()), file.read()
        with open(os.path.join(folder, "input.vocab.json"), encoding="utf-8") as file:
            self.tokens = {word: token for token, word in enumerate(json.load(file))}
        self.gru = {name: self.tensor("encoder.gru.%s_l0" % name) for name in ("bias_ih", "bias_hh", "weight_ih", "weight_hh")}
        self.width = 256

    def tensor(self, name, start=0, most=None):
        """The numbers of a tensor, or some of them; they have two bytes each."""
        begin, end = self.header[name]["data_offsets"]
        begin += 2 * start
        end = end if most is None else begin + 2 * most
        return struct.unpack("<%de" % ((end - begin) // 2), self.data[begin:end])

    def encode(self, sentence):
        """A number for the state of the encoder, a gated recurrent unit, after the sentence."""
        width, state = self.width, (0.0,) * self.width
        words = re.sub(r"([^a-z\"' ])", r" \1 ", sentence.strip().lower()).split()
        for token in [self.tokens[word] for word in words if word in self.tokens] + [1]:
            row = self.tensor("encoder.embedding.weight", token * width, width)
            state = gated(self.times("ih", row), self.times("hh", state), state)
        return int(hashlib.sha256(struct.pack("<%df" % width, *state)).hexdigest()[:15], 16)

    def times(self, which, vector):
        weights, bias, width = self.gru["weight_" + which], self.gru["bias_" + which], self.width
        rows = (weights[n * width : (n + 1) * width] for n in range(len(bias)))
        return [sum(map(mul, row, vector)) + more for row, more in zip(rows, bias)]


def gated(by_input, by_state, state):
    width, out = len(state), []
    for n in range(width):
        reset = 1 / (1 + exp(-(by_input[n] + by_state[n])))
        update = 1 / (1 + exp(-(by_input[width + n] + by_state[width + n])))
        new = tanh(by_input[2 * width + n] + reset * by_state[2 * width + n])
        out.append((1 - update) * new + update * state[n])
    return out


def serve(connection):
    """Answers the requests of one connection until it is closed."""
    answered = 0
    with connection:
        request = connection.makefile("rb")
        while request.readline():
            for _ in iter(request.readline, b"\r\n"):
                pass
            time.sleep(plan.server_waits)
            connection.sendall(ANSWER)
            answered += 1
    return answered


async def serve_async(request, answer):
    answered = 0
    while await request.readline():
        while await request.readline() != b"\r\n":
            pass
        await asyncio.sleep(plan.server_waits)
        answer.write(ANSWER)
        answered += 1
    answer.close()
    return answered


def clients(connections, address):
    """Runs the clients, in a process of their own; returns the answers per second."""
    replace = {"WAITING": str(connections), "SERVER": "%s:%d" % address}
    run = subprocess.Popen(
        [replace.get(word, word) for word in plan.clients], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said = run.stdout.read()
    run.stdin.close()
    if run.wait() != 0:
        sys.exit("the clients failed")
    return next(m["samples"][0] for m in json.loads(said.decode())["measures"] if m["id"] == "rate")


def serve_in_sequence(connections):
    """One connection after another; returns how many requests were answered, and the clients' rate."""
    if connections == 0:  # there are more processes than connections
        return 0, 0.0
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    rates = []
    running = threading.Thread(target=lambda: rates.append(clients(connections, listener.getsockname())))
    running.start()
    answered = sum(serve(listener.accept()[0]) for _ in range(connections))
    running.join()
    return answered, rates[0]


def serve_in_threads(connections):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    rates = []
    running = threading.Thread(target=lambda: rates.append(clients(connections, listener.getsockname())))
    running.start()
    answered = threads(lambda _: serve(listener.accept()[0]), connections)
    running.join()
    return sum(answered), rates[0]


def serve_in_tasks(connections):
    async def main():
        answered = []

        async def accepted(request, answer):
            answered.append(await serve_async(request, answer))

        server = await asyncio.start_server(accepted, "127.0.0.1", 0, backlog=1024)
        address = server.sockets[0].getsockname()
        rate = await asyncio.get_event_loop().run_in_executor(None, clients, connections, address)
        while len(answered) < connections:
            await asyncio.sleep(0.001)
        server.close()
        return sum(answered), rate

    return on_event_loop(main())


def status_bytes(path, *keys):
    """The sum of these lines of a file in /proc, or None where there is none."""
    try:
        with open(path) as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.split(":")[0] in keys)
    except OSError:
        return None


def sequence(work, n):
    return [work(i) for i in range(n)]


def threads(work, n):
    checks = [None] * n

    def unit(i):
        checks[i] = work(i)

    running = [threading.Thread(target=unit, args=(i,)) for i in range(n)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    return checks


def on_event_loop(main):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


def tasks(work, n):
    async def unit(i):
        done = work(i)
        return (await done) if asyncio.iscoroutine(done) or asyncio.isfuture(done) else done

    async def main():
        return await asyncio.gather(*[unit(i) for i in range(n)])

    return on_event_loop(main())


def unit_in_process(words, i, said):
    global plan
    plan = Plan(words)  # where processes are not forked, it is not here yet
    check = plan(i)
    private = status_bytes("/proc/self/smaps_rollup", "Private_Dirty")
    said.put((i, check, private or 0, time.process_time()))


def processes(_, n):
    said = multiprocessing.SimpleQueue()
    running = [multiprocessing.Process(target=unit_in_process, args=(plan.words, i, said)) for i in range(n)]
    for p in running:
        p.start()
    children = []
    while len(children) < n:
        # A process that died says nothing: do not wait for it for ever.
        if said.empty() and not any(p.is_alive() for p in running) and said.empty():
            sys.exit("a process died")
        if said.empty():
            time.sleep(0.001)
        else:
            children.append(said.get())
    for p in running:
        p.join()
    return sorted(children)


class Plan:
    """What to do. Called with the number of a unit, it does that unit."""

    def __init__(self, words):
        self.words, asked = words, json.loads(words)
        self.workload, self.technique = asked["workload"], asked["technique"]
        host, port = asked["server"].rsplit(":", 1)
        self.server = (host, int(port))
        self.waiting, self.jobs, self.calls = asked["waiting"], asked["jobs"], asked["calls"]
        self.iterations, self.mebibytes, self.reads = asked["iterations"], asked["mebibytes"], asked["reads"]
        self.sentences = asked["sentences"]
        self.files, self.model, self.clients = asked["files"], asked["model"], asked["clients"]
        self.server_waits, self.requests = asked["server_waits"], asked["requests"]
        is_sequence = self.technique == "sequence"
        self.gets = 1 if self.workload == "calls" else asked["gets_in_sequence"] if is_sequence else asked["gets"]
        ends = (".png",) if self.workload == "png" else (".png", ".jpg")
        folder = asked["pictures"]
        self.pictures = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(ends))
        self.units = {
            "alive": ALIVE,
            "io": 1 if is_sequence else self.waiting,
            "calls": self.calls,
            "images": len(self.pictures) * asked["copies"],
            "serve": self.jobs,
        }.get(self.workload, self.jobs)

    def __call__(self, i):
        workload = self.workload
        if workload in ("io", "calls"):
            return (get_async if self.technique == "asyncio" else get)(self.server, self.gets)
        if workload == "cpu":
            return count(self.iterations)
        if workload == "native":
            return hash_natively(self.mebibytes)
        if workload == "files":
            work = (self.files, i, self.units, self.reads)
            if self.technique == "asyncio":
                # No event loop reads files by itself: a pool of threads does.
                return asyncio.get_event_loop().run_in_executor(None, read_files, *work)
            return read_files(*work)
        if workload == "images":
            return process_picture(self.pictures[i % len(self.pictures)])
        if workload == "png":
            return process_png(self.pictures[i % len(self.pictures)])
        if workload == "serve":
            # A process serves one connection at a time; its share of them, none twice.
            return serve_in_sequence(self.waiting // self.jobs + (i < self.waiting % self.jobs))
        return self.translate(i)

    def translate(self, i):
        with open(os.path.join(self.model, "sentences.txt"), encoding="utf-8-sig") as lines:
            sentences = [line.strip() for line in lines]
        model = Model(self.model)
        return sum(model.encode(sentence) for sentence in sentences[i::self.jobs][: self.sentences])

    def operations(self):
        per_unit = {"io": self.gets, "cpu": self.iterations, "native": self.mebibytes, "translate": self.sentences}
        return 64 * self.reads if self.workload == "files" else self.units * per_unit.get(self.workload, 1)


def meet_in_process(barrier, said):
    said.put((os.getpid(), threading.get_ident()))
    barrier.wait(30)


def alive(technique):
    """In how many processes, threads and event loops the units are alive at the same moment: each waits for all."""
    if technique == "processes":
        barrier, said = multiprocessing.Barrier(ALIVE + 1), multiprocessing.SimpleQueue()
        running = [multiprocessing.Process(target=meet_in_process, args=(barrier, said)) for _ in range(ALIVE)]
        for p in running:
            p.start()
        seen = {said.get() for _ in running}
        barrier.wait(30)  # nobody has ended before
        for p in running:
            p.join()
        return len({pid for pid, _ in seen}), len(seen), 0
    on, loops = set(), set()
    if technique == "threads":
        barrier = threading.Barrier(ALIVE)

        def meet(_):
            on.add(threading.get_ident())
            barrier.wait(30)

        threads(meet, ALIVE)
        return 1, len(on), 0

    arrived = set()

    async def meet_async(i):
        arrived.add(i)
        on.add(threading.get_ident())
        loops.add(id(asyncio.get_event_loop()))
        while len(arrived) < ALIVE:
            await asyncio.sleep(0)

    tasks(meet_async, ALIVE)
    return 1, len(on), len(loops)


def made_of(path):
    """What a program is made of: statements but imports and texts; awaits; lock uses; places where data is serialized."""
    with open(path, encoding="utf-8") as file:
        nodes = list(ast.walk(ast.parse(file.read())))

    def is_text(node):
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    def named(node):
        return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

    calls = [node for node in nodes if isinstance(node, ast.Call)]
    statements = [n for n in nodes if isinstance(n, ast.stmt) and not isinstance(n, (ast.Import, ast.ImportFrom))]
    awaits = [n for n in nodes if isinstance(n, (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith))]
    locks = [n for n in nodes if isinstance(n, ast.withitem) and "lock" in named(n.context_expr).lower()]
    locks += [n for n in calls if named(n.func) in ("acquire", "release", "Lock", "RLock")]
    crossing = ("Process", "put", "get", "send", "recv", "dumps", "loads")
    serialized = [n for n in calls if named(n.func) in crossing]
    return [len([n for n in statements if not is_text(n)]), len(awaits), len(locks), len(serialized)]


def report(name, lines, measures):
    print(json.dumps({"experiment": "compare/" + name, "lines": lines, "measures": [
        {"id": name, "name": {"ko": name, "en": name}, "unit": unit, "samples": [value]} for name, unit, value in measures]}))


def measure():
    if plan.workload == "images":
        try:
            import PIL.Image  # noqa: F401, before the clock is started
        except ImportError:
            sys.exit("no Pillow (pip install pillow)")
    run = {"sequence": sequence, "threads": threads, "asyncio": tasks, "processes": processes}[plan.technique]
    n, rate = plan.units, None
    before = status_bytes("/proc/self/status", "VmRSS")
    wall, cpu = time.monotonic(), time.process_time()
    if plan.workload == "serve" and plan.technique != "processes":
        in_one = {"sequence": serve_in_sequence, "threads": serve_in_threads, "asyncio": serve_in_tasks}
        n = 1 if plan.technique == "sequence" else plan.waiting
        answered, rate = in_one[plan.technique](n)
        done = [answered]
    else:
        done = run(plan, n)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    peak = status_bytes("/proc/self/status", "VmHWM")

    memory = None if before is None or peak is None else (peak - before) / n
    if plan.technique == "processes":
        memory = sum(child[2] for child in done) / n
        cpu += sum(child[3] for child in done)
        done = [child[1] for child in done]
        if plan.workload == "serve":
            done, rate = [answered for answered, _ in done], sum(rate for _, rate in done)
    if None in done:
        sys.exit("a unit failed")
    rate = plan.operations() / wall if rate is None else rate
    measures = [("wall", "ns", wall * 1e9), ("rate", "count", rate), ("cores", "times", cpu / wall)]
    if memory is not None:
        measures.append(("memory", "bytes", max(memory, 0)))
    report("%s/%s" % (plan.workload, plan.technique), [str(check) for check in done], measures)


def main():
    if plan.workload == "alive":
        counts = zip(("processes", "threads", "loops"), alive(plan.technique))
        report("alive/" + plan.technique, [], [(name, "count", number) for name, number in counts])
    elif plan.workload == "count":
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table")
        names = ("statements", "awaits", "locks", "serialized")
        program = {"asyncio": "tasks"}.get(plan.technique, plan.technique) + ".py"
        counted = zip(names, made_of(os.path.join(folder, program)))
        report("count/" + plan.technique, [], [(name, "count", number) for name, number in counted])
    else:
        measure()


if __name__ == "__main__":
    plan = Plan(sys.argv[1])
    main()
