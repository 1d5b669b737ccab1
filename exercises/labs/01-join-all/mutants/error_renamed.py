from concurrent.futures import ThreadPoolExecutor


def run_all(jobs):
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
    try:
        return [future.result() for future in futures]
    except Exception:
        raise RuntimeError("a job failed")
