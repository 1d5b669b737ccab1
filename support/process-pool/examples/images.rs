//! A picture in shared memory, blurred in bands: `cargo run -p process-pool --example images [FILE.pgm]`

use process_pool::{Bytes, Failure, Pool, task};

const SIDE: usize = 1024;
const ROWS: usize = 128;
const RADIUS: usize = 4;

task! {
    /// Blurs the band of the picture that begins at this row. The picture is not copied: workers read the same memory.
    static BLUR: fn((Bytes, usize)) -> Bytes = |(picture, first)| {
        Bytes::with(ROWS * SIDE, |band| blur(&picture, first, band))
    };
}

/// Every pixel becomes the mean of the square around it.
fn blur(picture: &[u8], first: usize, band: &mut [u8]) {
    for (n, pixel) in band.iter_mut().enumerate() {
        let (y, x) = (first + n / SIDE, n % SIDE);
        let rows = y.saturating_sub(RADIUS)..(y + RADIUS + 1).min(SIDE);
        let columns = x.saturating_sub(RADIUS)..(x + RADIUS + 1).min(SIDE);
        let count = rows.len() * columns.len();
        let sum: usize = rows.flat_map(|row| &picture[row * SIDE..][columns.clone()]).map(|&p| usize::from(p)).sum();
        *pixel = (sum / count) as u8;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    let pool = Pool::builder().build()?;
    let picture = pool.bytes(SIDE * SIDE, |pixels| {
        for (n, pixel) in pixels.iter_mut().enumerate() {
            let (y, x) = (n / SIDE, n % SIDE);
            *pixel = if (x / 64 + y / 64) % 2 == 0 { 255 } else { (x ^ y) as u8 };
        }
    });
    let bands = (0..SIDE).step_by(ROWS).map(|first| (picture.clone(), first));
    let bands: Vec<Bytes> = pool.map(&BLUR, bands).into_iter().collect::<Result<_, Failure>>()?;

    let mut whole = vec![0; SIDE * SIDE];
    blur(&picture, 0, &mut whole);
    assert_eq!(bands.iter().flat_map(|band| band.iter()).copied().collect::<Vec<u8>>(), whole);
    if let Some(file) = std::env::args().nth(1) {
        std::fs::write(file, [format!("P5 {SIDE} {SIDE} 255\n").as_bytes(), &whole].concat())?;
    }
    println!("{} bands are equal to the picture blurred by one process", bands.len());
    Ok(())
}
