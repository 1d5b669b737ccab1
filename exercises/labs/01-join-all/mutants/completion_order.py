from concurrent.futures import ThreadPoolExecutor, as_completed


def run_all(jobs):
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = as_completed([pool.submit(job) for job in jobs])
        done = list(futures)
    return [future.result() for future in done]
