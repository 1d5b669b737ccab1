"""One after another: at most `limit` in flight, and never more than one."""


async def run_limited(jobs, limit):
    return [await job() for job in jobs]
