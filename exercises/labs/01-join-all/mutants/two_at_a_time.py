from concurrent.futures import ThreadPoolExecutor


def run_all(jobs):
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(job) for job in jobs]
    return [future.result() for future in futures]
