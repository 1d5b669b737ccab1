//! The operations with async-std's API.

use std::io;

use async_std::channel;
use async_std::io::{ReadExt, WriteExt};
use async_std::net::{TcpListener, TcpStream};
use async_std::task;

use super::operation::{MESSAGE, Operation};

pub(super) async fn run(operation: Operation, times: usize) -> io::Result<()> {
    match operation {
        Operation::Yield => yields(times).await,
        Operation::Channel => channels(times).await,
        Operation::Echo => echo(times).await?,
    }
    Ok(())
}

async fn yields(times: usize) {
    let turns = move || async move {
        for _ in 0..times {
            task::yield_now().await;
        }
    };
    let (one, other) = (task::spawn(turns()), task::spawn(turns()));
    one.await;
    other.await;
}

async fn channels(times: usize) {
    let (there, asked) = channel::bounded::<usize>(1);
    let (answer, back) = channel::bounded(1);
    let peer = task::spawn(async move {
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

async fn echo(times: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = task::spawn(async move {
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
