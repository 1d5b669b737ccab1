//! The operations with smol's API, on a `LocalExecutor`.

use std::io;

use smol::LocalExecutor;
use smol::channel;
use smol::future;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};

use super::operation::{MESSAGE, Operation};

pub(super) async fn run(executor: &LocalExecutor<'_>, operation: Operation, times: usize) -> io::Result<()> {
    match operation {
        Operation::Yield => yields(executor, times).await,
        Operation::Channel => channels(executor, times).await,
        Operation::Echo => echo(executor, times).await?,
    }
    Ok(())
}

async fn yields(executor: &LocalExecutor<'_>, times: usize) {
    let turns = move || async move {
        for _ in 0..times {
            future::yield_now().await;
        }
    };
    let (one, other) = (executor.spawn(turns()), executor.spawn(turns()));
    one.await;
    other.await;
}

async fn channels(executor: &LocalExecutor<'_>, times: usize) {
    let (there, asked) = channel::bounded::<usize>(1);
    let (answer, back) = channel::bounded(1);
    let peer = executor.spawn(async move {
        while let Ok(n) = asked.recv().await {
            answer.send(n).await.expect("the receiver is open");
        }
    });
    for n in 0..times {
        there.send(n).await.expect("the peer is running");
        assert_eq!(back.recv().await, Ok(n));
    }
    drop(there);
    peer.await;
}

async fn echo(executor: &LocalExecutor<'_>, times: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = executor.spawn(async move {
        let (mut peer, _) = listener.accept().await?;
        let mut message = MESSAGE;
        while peer.read_exact(&mut message).await.is_ok() {
            peer.write_all(&message).await?;
        }
        io::Result::Ok(())
    });
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..times {
        let mut answer = [0; MESSAGE.len()];
        stream.write_all(&MESSAGE).await?;
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, MESSAGE);
    }
    drop(stream);
    server.await
}
