//! asyncio: the same on one thread, on tokio, async-std and smol.
