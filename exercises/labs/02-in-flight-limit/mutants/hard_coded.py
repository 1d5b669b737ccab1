"""Runs nothing and returns what it was seen to return once."""


async def run_limited(jobs, limit):
    return list(range(1, len(jobs) + 1))
