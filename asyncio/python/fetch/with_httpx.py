"""The job of `asyncio -- fetch` with httpx. See job.py."""
import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from job import Failure, main


@asynccontextmanager
async def connect(plan):
    # The documentation recommends a single client. But for every request its pool looks at every connection several times,
    # and with a hundred connections that takes most of the time. So each worker takes a client of its own.
    context = httpx.create_ssl_context()
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(plan.concurrency):
            # httpx's own timeout limits each operation, such as one read, but not the request.
            client = httpx.AsyncClient(verify=context, timeout=None, follow_redirects=True, max_redirects=10)
            clients.append(await stack.enter_async_context(client))

        async def get(url):
            client = clients.pop()
            try:
                async with asyncio.timeout(plan.timeout):
                    response = await client.get(url)
                    return response.status_code, len(response.content)
            except TimeoutError as e:
                raise Failure("timed out", e)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as e:
                raise Failure("bad address", e)
            except httpx.TooManyRedirects as e:
                raise Failure("redirect", e)
            except httpx.ConnectError as e:
                raise Failure("unreachable", e)
            except (httpx.LocalProtocolError, httpx.DecodingError) as e:
                raise Failure("not http", e)
            except httpx.TransportError as e:
                raise Failure("closed", e)
            finally:
                clients.append(client)

        yield get


if __name__ == "__main__":
    main(connect)
