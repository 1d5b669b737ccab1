use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// Looks for commands every few milliseconds, instead of waiting for them.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    let mut bytes = Vec::new();
    loop {
        while let Some(content) = take_frame(&mut bytes) {
            on_frame(content);
        }
        if let Ok(read) = timeout(Duration::from_millis(5), stream.read_buf(&mut bytes)).await {
            match read.map_err(|error| error.to_string())? {
                0 if bytes.is_empty() => return Ok(()),
                0 => return Err("the stream ended within a frame".to_string()),
                _ => {}
            }
        }
        while let Ok(command) = commands.try_recv() {
            on_command(command);
        }
    }
}

/// Takes a whole frame off the front of `bytes`, if there is one.
fn take_frame(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let &[high, low, ref rest @ ..] = bytes.as_slice() else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let content = rest.get(..length)?.to_vec();
    bytes.drain(..2 + length);
    Some(content)
}
