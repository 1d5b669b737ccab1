def run_all(jobs):
    return list(range(1, len(jobs) + 1))
