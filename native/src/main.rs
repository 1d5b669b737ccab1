//! `cargo run -p native`: the command line of C 확장 라이브러리.

use std::process::ExitCode;

use lab::cli::Section;
use lab::text;
use native::experiments::{callback, failures, libraries, oversubscription, release, setup};

fn main() -> ExitCode {
    let about =
        text!("C 확장 라이브러리: GIL을 해제하는 네이티브 코드", "C extensions: native code that releases the GIL");
    Section::new("native", about)
        .with([release::command(), callback::command(), failures::command()])
        .with([libraries::command(), oversubscription::command(), setup::command()])
        .main()
}
