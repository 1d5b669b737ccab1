//! The operations with tokio's API.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task;

use super::operation::{MESSAGE, Operation};

pub(super) async fn run(operation: Operation, times: usize) -> io::Result<()> {
    match operation {
        Operation::Yield => yields(times).await,
        Operation::Channel => channel(times).await,
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
    let (one, other) = (tokio::spawn(turns()), tokio::spawn(turns()));
    one.await.expect("it does not panic");
    other.await.expect("it does not panic");
}

async fn channel(times: usize) {
    let (there, mut asked) = mpsc::channel::<usize>(1);
    let (answer, mut back) = mpsc::channel(1);
    let peer = tokio::spawn(async move {
        while let Some(n) = asked.recv().await {
            answer.send(n).await.expect("the receiver is open");
        }
    });
    for n in 0..times {
        there.send(n).await.expect("the peer is running");
        assert_eq!(back.recv().await, Some(n));
    }
    drop(there);
    peer.await.expect("it does not panic");
}

async fn echo(times: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
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
    server.await.expect("it does not panic")
}
