//! `cargo run -p gil-sim`: the command line of GIL.

use std::process::ExitCode;

use gil_sim::experiments as x;
use lab::cli::Section;
use lab::text;

fn main() -> ExitCode {
    let section = Section::new(
        "gil-sim",
        text!("GIL: 전역 뮤텍스 하나와 그 규약", "the GIL: one global mutex, and its protocol"),
    )
    .with([x::cpu_bound::command(), x::bytecode::command(), x::step::command()])
    .with([x::native::command(), x::versions::command()]);
    // These talk to a peer process over sockets of Unix.
    #[cfg(unix)]
    let section = section
        .with([x::convoy::command(), x::interval::command()])
        .with([x::calibrate::command(), x::predict::command(), x::verify::command()])
        .with([gil_sim::peer::command()]);
    section.renamed(&[("two", "cpu-bound"), ("--turns", "--iterations"), ("--scenario", "versions FILE")]).main()
}
