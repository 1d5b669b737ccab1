import threading
import time

def worker(name):
    print(f"스레드 {name} 시작")
    time.sleep(2)  # I/O 작업 시뮬레이션
    print(f"스레드 {name} 완료")

threads = []
for i in range(5):
    t = threading.Thread(target=worker, args=(i,))
    threads.append(t)
    t.start()

for t in threads:
    t.join()
