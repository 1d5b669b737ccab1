use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::select;
use tokio::sync::mpsc::Receiver;

/// Takes one frame after each read: a second one in the same bytes waits for the next read.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    let mut bytes = Vec::new();
    loop {
        select! {
            read = stream.read_buf(&mut bytes) => match read.map_err(|error| error.to_string())? {
                0 if bytes.is_empty() => return Ok(()),
                0 => return Err("the stream ended within a frame".to_string()),
                _ => {
                    if let Some(content) = take_frame(&mut bytes) {
                        on_frame(content);
                    }
                }
            },
            Some(command) = commands.recv() => on_command(command),
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
