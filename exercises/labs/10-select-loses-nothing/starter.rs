//! A select loop that loses nothing when it drops a future.

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::select;
use tokio::sync::mpsc::Receiver;

/// Hands on every frame of the stream until it ends, and obeys commands meanwhile.
///
/// A frame is the length of its content (two bytes, the high one first) and the content. A stream that ends within a
/// frame is an error. No more commands is none: the frames go on.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    loop {
        select! {
            frame = read_frame(&mut stream) => match frame? {
                Some(content) => on_frame(content),
                None => return Ok(()),
            },
            Some(command) = commands.recv() => on_command(command),
        }
    }
}

/// The content of the next frame, or `None` if the stream ends before it.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, String> {
    let mut length = [0; 2];
    if stream.read(&mut length[..1]).await.map_err(|error| error.to_string())? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[1..]).await.map_err(|error| error.to_string())?;
    let mut content = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut content).await.map_err(|error| error.to_string())?;
    Ok(Some(content))
}
