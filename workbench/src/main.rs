//! `cargo run -p workbench`: the command line.

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;
use workbench::experiments as x;

fn main() -> ExitCode {
    let about =
        text!("독자가 스케줄러: 브라우저에서 움직여 보는 GIL", "you are the scheduler: the GIL in your browser");
    let section = Section::new("workbench", about);
    #[cfg(unix)]
    let section = section.with([x::serve::command()]);
    let section = section.with([x::export::command()]);
    // The peer process of scenarios on a real interpreter.
    #[cfg(unix)]
    let section = section.with([gil_sim::peer::command()]);
    section.main()
}
