"""What parallelism costs on this interpreter before it gains anything: imports, pools, passing data. Prints one JSON object.

With a program's file as argument only the imports: what they cost beside the standard library that this program imports anyway, and
what that costs.

Times in ns: CPU time, or the best of a few. What is asked is what it costs, not how busy the machine is.
"""
import ast
import importlib.util
import json
import os
import subprocess
import sys
import time

MIB = 1 << 20
# More files of one program are not read.
MOST_FILES = 50
IMPORT = """
import json, sys, time
def load(modules):
    start = time.process_time()
    for name, parts in modules:
        try:
            __import__(name, fromlist=parts)
        except ImportError:
            pass
    return int((time.process_time() - start) * 1e9)
before, then = json.loads(sys.argv[1])
print(load(before), load(then))
"""


def now():
    # Not perf_counter_ns, which 3.6 lacks.
    return int(time.perf_counter() * 1e9)


def imports(before, then):
    """The CPU time of imports in a fresh interpreter: of the first modules, and then of the others."""
    def once():
        out = subprocess.check_output([sys.executable, "-c", IMPORT, json.dumps([before, then])])
        return [int(word) for word in out.split()]
    return [min(times) for times in zip(once(), once())]


def imported_by(path):
    """The modules of the standard library that a program imports when it starts, in its order; its own files are followed."""
    folder, seen, found = os.path.dirname(os.path.abspath(path)), set(), []

    def read(path):
        if path in seen or len(seen) == MOST_FILES:
            return
        seen.add(path)
        try:
            with open(path, "rb") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError):
            return
        nodes = list(reversed(tree.body))
        while nodes:
            node = nodes.pop()
            if isinstance(node, ast.Import):
                for alias in node.names:
                    add(alias.name, [])
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                add(node.module, [alias.name for alias in node.names if alias.name != "*"])
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                nodes.extend(reversed(list(ast.iter_child_nodes(node))))

    def add(name, parts):
        own = os.path.join(folder, name.split(".")[0] + ".py")
        if os.path.isfile(own):
            read(own)
        elif is_standard(name.split(".")[0]):
            found.append([name, parts])

    read(path)
    return found


def is_standard(name):
    """Only what the standard library brings is imported here: other modules may do anything."""
    try:
        origin = importlib.util.find_spec(name).origin
    except (AttributeError, ImportError, ValueError):
        return False
    library = os.path.dirname(os.__file__) + os.sep
    inside = origin in (None, "built-in", "frozen") or (origin.startswith(library) and "-packages" not in origin)
    # It opens a browser.
    return inside and name != "antigravity"


def start():
    """A whole interpreter that does nothing, from its start to its end."""
    def once():
        began = now()
        subprocess.check_call([sys.executable, "-c", "pass"])
        return now() - began
    return min(once() for _ in range(4))


def echo(data):
    return data


def nothing(_):
    return None


POOL = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
workers = int(sys.argv[1])
SLEEP = 0.05
began = time.perf_counter()
with ProcessPoolExecutor(workers) as executor:
    list(executor.map(time.sleep, [SLEEP] * workers))
print(int((time.perf_counter() - began - SLEEP) * 1e9))
"""


def pool(workers):
    """From the first call to the first results, and the end: a pool of processes by the default start method.

    In a fresh interpreter, since the first pool of a program may start more than its workers: a fork server. The workers sleep, since
    some pools start a worker only when no other is free.
    """
    def once():
        return max(0, int(subprocess.check_output([sys.executable, "-c", POOL, str(workers)])))
    return min(once() for _ in range(3))


def payload():
    """A MiB to a worker, or back."""
    from concurrent.futures import ProcessPoolExecutor
    data = bytes(4 * MIB)
    with ProcessPoolExecutor(1) as executor:
        executor.submit(nothing, None).result()

        def once():
            began = now()
            executor.submit(echo, data).result()
            return (now() - began) // 8
        return min(once() for _ in range(3))


def handoff():
    """A call that lets the GIL go for a moment, while eight threads do nothing else."""
    from threading import Thread
    calls, count = 4000, 8

    def work():
        for _ in range(calls):
            os.stat(os.sep)

    def once():
        threads = [Thread(target=work) for _ in range(count)]
        began = now()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (now() - began) // (calls * count)
    # Whether they get into each other's way is a matter of chance: the worst is what must be reckoned with.
    return max(once() for _ in range(3))


def interpreters():
    """A sub-interpreter (3.14 and later); 0 where there is none."""
    try:
        from concurrent.futures import InterpreterPoolExecutor
    except ImportError:
        return 0
    began = now()
    with InterpreterPoolExecutor(1) as executor:
        executor.submit(nothing, None).result()
    return now() - began


def imports_of(known):
    def also(module):
        return imports(known, [[module, []]])[1]
    return {
        "imports": imports(known, [])[0],
        "import_threads": also("concurrent.futures.thread"),
        "import_asyncio": also("asyncio"),
        "import_processes": also("concurrent.futures.process"),
    }


def main():
    if len(sys.argv) > 1:
        print(json.dumps(imports_of(imported_by(sys.argv[1]))))
        return
    # More workers than cores, or they would start beside each other and seem to cost nothing.
    more = 2 * (os.cpu_count() or 1)
    one, many = pool(1), pool(1 + more)
    costs = imports_of([])
    costs.update({
        "start": start(),
        "first_worker": one,
        "next_worker": max(0, many - one) // more,
        "interpreter": interpreters(),
        "mib": payload(),
        "handoff": handoff(),
    })
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
