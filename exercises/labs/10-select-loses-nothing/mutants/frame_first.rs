use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc::Receiver;

/// Loses nothing, because it never looks at a command before a frame is complete.
pub async fn serve(
    mut stream: impl AsyncRead + Unpin + Send + 'static,
    mut commands: Receiver<u32>,
    mut on_frame: impl FnMut(Vec<u8>),
    mut on_command: impl FnMut(u32),
) -> Result<(), String> {
    while let Some(content) = read_frame(&mut stream).await? {
        on_frame(content);
        while let Ok(command) = commands.try_recv() {
            on_command(command);
        }
    }
    Ok(())
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
