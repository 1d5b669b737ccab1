//! The page on this machine: prints its address, opens it, and serves it until Ctrl-C.
//!
//! Run: `cargo run -p workbench`; `--no-open` only prints the address.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use lab::cli::{Args, Experiment, Options};
use lab::{Error, Result, terminal, text};
use web::{Limits, Server};

use crate::api::Api;
use crate::limits;
use crate::site::Site;

/// How long answers that are nearly ready are waited for at the end.
const GRACE: Duration = Duration::from_millis(200);

/// `cargo run -p workbench`, and `-- serve`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("포트 (기본: 비어 있는 아무 포트)", "port (default: any free one)");
    let port = options.count("port", 0..=65_535, 0, about);
    let no_open =
        options.flag("no-open", text!("브라우저를 열지 않고 주소만 출력", "only print the address, open no browser"));
    let about = text!("이 컴퓨터에서 페이지를 엶 (Ctrl-C로 끝냄)", "the page on this machine, until Ctrl-C");
    Experiment::page("serve", about, options, move |args| run(args, args.get(port) as u16, !args.get(no_open)))
}

fn run(args: &Args, port: u16, opens: bool) -> Result<u8> {
    let ended = until_interrupted()?;
    let site = Arc::new(Site::new(Api::new(args.find_pythons()?)?)?);
    let limits = Limits { connections: 256, body: limits::BODY, upload: Duration::from_secs(10), ..Limits::default() };
    let options = web::Options { address: (Ipv4Addr::LOCALHOST, port).into(), limits, ..web::Options::default() };
    let server = Server::start_with(options, Arc::clone(&site) as _).map_err(|e| {
        Error::failed(text!(
            "127.0.0.1:{port}에서 받을 수 없습니다: {e}. --port로 다른 포트를 주십시오.",
            "cannot listen on 127.0.0.1:{port}: {e}. Give another --port."
        ))
    })?;
    let address = site.is_at(server.address());
    terminal::print(&format!("{address}\n"));
    if opens {
        open(&address);
    }
    // The sender lives in the handler, for ever.
    let _ = ended.recv();
    // A twin that runs is not waited for: it ends with this process, by its lifeline.
    server.stop(GRACE);
    Ok(0)
}

/// Something arrives at Ctrl-C and at SIGTERM.
fn until_interrupted() -> Result<mpsc::Receiver<()>> {
    let (send, receive) = mpsc::channel();
    ctrlc::set_handler(move || {
        // Nobody listens any more if it comes twice.
        let _ = send.send(());
    })
    .map_err(|e| Error::failed(text!("Ctrl-C를 받을 수 없습니다: {e}", "cannot receive Ctrl-C: {e}")))?;
    Ok(receive)
}

/// Opens the reader's browser, which outlives nothing: the command only tells the desktop.
fn open(address: &str) {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        // Reaped, so that it is no zombie as long as the server runs.
        Ok(mut child) => drop(thread::spawn(move || child.wait())),
        Err(_) => terminal::complain(&text!(
            "브라우저를 열 수 없습니다. 위의 주소를 직접 여십시오.",
            "cannot open a browser: open the address above."
        )),
    }
}
