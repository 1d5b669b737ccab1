"""In batches of `limit`: the whole batch waits for its slowest job."""
import asyncio


async def run_limited(jobs, limit):
    results = []
    for i in range(0, len(jobs), limit):
        results += await asyncio.gather(*[job() for job in jobs[i:i + limit]])
    return results
