"""Twin of threading/src/experiments/stack/mod.rs: what a thread costs in memory. Usage: stack.py THREADS STACK_KIB. Linux.

Prints one JSON report: bytes a thread, virtual and resident, from half of the threads to all of them alive together.
"""
import json
import sys
import threading

THREADS, STACK = int(sys.argv[1]), int(sys.argv[2])


def status(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))


def measure():
    leave, arrived = threading.Event(), threading.Semaphore(0)

    def live():
        arrived.release()
        leave.wait()

    def grow(many):
        for _ in range(many):
            thread = threading.Thread(target=live)
            thread.start()
            threads.append(thread)
        for _ in range(many):
            arrived.acquire()
        return status("VmSize") * 1024, status("VmHWM") * 1024

    threads, others, half = [], status("Threads"), THREADS // 2
    threading.stack_size(STACK * 1024)
    try:
        before = grow(half)
        after = grow(THREADS - half)
        alive = status("Threads") - others
    except RuntimeError as e:  # "can't start new thread"
        ko = "스레드 %d개를 만든 뒤로는 시스템이 더 만들어 주지 않습니다: %s" % (len(threads), e)
        return [], [{"ko": ko, "en": "after %d threads the system gives no more: %s" % (len(threads), e)}]
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    space, memory = ((a - b) / float(THREADS - half) for a, b in zip(after, before))
    if alive != THREADS:
        return [], [{"ko": "%d개만 동시에 살아 있었습니다" % alive, "en": "only %d were alive at once" % alive}]
    named = [
        ("alive", "동시에 살아 있던 스레드", "threads alive at once", "count", alive),
        ("virtual", "스레드당 주소 공간", "address space per thread", "bytes", space),
        ("resident", "스레드당 실제 메모리", "resident memory per thread", "bytes", memory),
    ]
    return [{"id": id, "name": {"ko": ko, "en": en}, "unit": unit, "samples": [n]} for id, ko, en, unit, n in named], []


try:
    measures, notes = measure()
except IOError as e:
    measures, notes = [], [{"ko": "이 시스템에서는 알 수 없습니다: %s" % e, "en": "not available on this system: %s" % e}]
print(json.dumps({"experiment": "threading/stack", "measures": measures, "notes": notes}))
