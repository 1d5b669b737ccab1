"""The job of `asyncio -- fetch` with aiohttp. See job.py."""
import asyncio
from contextlib import asynccontextmanager

import aiohttp
from job import Failure, main


@asynccontextmanager
async def connect(plan):
    # The default is 100 connections, and the total time limit includes the wait for one of them.
    connector = aiohttp.TCPConnector(limit=plan.concurrency)
    timeout = aiohttp.ClientTimeout(total=plan.timeout)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def get(url):
            try:
                async with session.get(url) as response:
                    return response.status, len(await response.read())
            except asyncio.TimeoutError as e:
                raise Failure("timed out", e)
            except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as e:
                raise Failure("bad address", e)
            except aiohttp.TooManyRedirects as e:
                raise Failure("redirect", e)
            except aiohttp.ClientConnectorError as e:
                raise Failure("unreachable", e)
            except aiohttp.ClientResponseError as e:
                raise Failure("not http", e)
            except (aiohttp.ClientError, OSError) as e:
                raise Failure("closed", e)

        yield get


if __name__ == "__main__":
    main(connect)
