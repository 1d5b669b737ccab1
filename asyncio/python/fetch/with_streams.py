"""The job of `asyncio -- fetch` with nothing but asyncio's streams: HTTP/1.1 by hand. See job.py.

It keeps connections and reads bodies of all three forms. It follows no redirects.
"""
import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from job import Failure, main


@asynccontextmanager
async def connect(plan):
    idle = defaultdict(list)

    async def request(parts):
        kept = idle[parts.scheme, parts.netloc]
        reused = bool(kept)
        while True:
            reader, writer = kept.pop() if reused else await open_connection(parts)
            try:
                status, size, usable = await exchange(reader, writer, parts)
            except (asyncio.IncompleteReadError, ConnectionError) as e:
                writer.close()
                if not reused or getattr(e, "partial", b""):
                    raise Failure("closed", e)
                reused = False  # the server may have closed it before the request: once more, on a new connection
            except BaseException:  # also when cancelled: the response to this request may still arrive
                writer.close()
                raise
            else:
                kept.append((reader, writer)) if usable else writer.close()
                return status, size

    async def get(url):
        try:
            parts = split(url)
        except ValueError as e:
            raise Failure("bad address", e)
        try:
            async with asyncio.timeout(plan.timeout):
                return await request(parts)
        except TimeoutError as e:
            raise Failure("timed out", e)
        except (ValueError, asyncio.LimitOverrunError) as e:
            raise Failure("not http", e)

    yield get
    for _, writer in (connection for kept in idle.values() for connection in kept):
        writer.close()


async def exchange(reader, writer, parts):
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: asyncio\r\n\r\n".encode("ascii"))
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.rstrip().split("\r\n")
    version, status = line.split(" ")[:2]
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise ValueError(line)
    fields = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in rest)}
    size, usable = await read_body(reader, int(status), fields)
    usable = usable and version == "HTTP/1.1" and fields.get("connection", "").lower() != "close"
    return int(status), size, usable


async def read_body(reader, status, fields):
    """The length of the body, and whether the connection can be used again."""
    if status in (204, 304):
        return 0, True
    if "transfer-encoding" in fields:
        size = 0
        while chunk := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(chunk + 2)
            size += chunk
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass  # a trailer
        return size, True
    if "content-length" in fields:
        size = int(fields["content-length"])
        await reader.readexactly(size)
        return size, True
    return len(await reader.read()), False


async def open_connection(parts):
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        return await asyncio.open_connection(parts.hostname, port, ssl=parts.scheme == "https")
    except OSError as e:
        raise Failure("unreachable", e)


def split(url):
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("encode it")
    parts = urlsplit(url)
    # The port is only checked when it is read.
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError("give an address like http://host/")
    return parts


if __name__ == "__main__":
    main(connect)
