from concurrent.futures import ThreadPoolExecutor, as_completed


def run_all(jobs):
    pool = ThreadPoolExecutor(len(jobs))
    futures = [pool.submit(job) for job in jobs]
    for future in as_completed(futures):
        future.result()  # raises at the first error; the other threads go on running
    return [future.result() for future in futures]
