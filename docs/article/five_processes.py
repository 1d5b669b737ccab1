import multiprocessing as mp
import time

def process_task(name):
    print(f"프로세스 {name} 시작")
    # CPU 바운드 작업 시뮬레이션
    count = 0
    for i in range(10**7):
        count += i
    print(f"프로세스 {name} 완료")

if __name__ == "__main__":
    processes = []
    for i in range(5):
        p = mp.Process(target=process_task, args=(i,))
        processes.append(p)
        p.start()

    for p in processes:
        p.join()
