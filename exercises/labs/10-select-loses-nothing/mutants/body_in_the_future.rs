use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::select;
use tokio::sync::mpsc::Receiver;

/// Keeps the length outside, and still reads the content in a future that `select!` drops.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    let mut head = Vec::new();
    loop {
        if head.len() < 2 {
            let mut byte = [0];
            select! {
                read = stream.read(&mut byte) => match read.map_err(|error| error.to_string())? {
                    0 if head.is_empty() => return Ok(()),
                    0 => return Err("the stream ended within a frame".to_string()),
                    _ => head.push(byte[0]),
                },
                Some(command) = commands.recv() => on_command(command),
            }
            continue;
        }
        let mut content = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]]))];
        select! {
            read = stream.read_exact(&mut content) => {
                read.map_err(|error| error.to_string())?;
                head.clear();
                on_frame(content);
            }
            Some(command) = commands.recv() => on_command(command),
        }
    }
}
