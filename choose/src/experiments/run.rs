//! Runs a command once, unchanged, or watches a process, and says what would make it faster.
//!
//! Article: 언제, 무엇을 써야 할까? Run: `cargo run --release -p choose -- python3 my_script.py`.

use std::ffi::OsString;
use std::path::PathBuf;

use lab::cli::{Args, Experiment, Opt, Options};
use lab::report::Report;
use lab::{Error, Result, atomic_write, text};

use crate::html;
use crate::plan::PlanOptions;

#[derive(Clone, Copy)]
struct Chosen {
    command: Opt<Vec<OsString>>,
    pid: Opt<Option<u64>>,
    seconds: Opt<std::time::Duration>,
    rate: Opt<u64>,
    out: Opt<Option<PathBuf>>,
    html: Opt<Option<PathBuf>>,
    plan: PlanOptions,
}

/// `cargo run -p choose -- PROGRAM ARG…`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("실행할 명령, 그대로 한 번", "the command, as it is, once");
    let command = options.positional_command("program", about);
    let about = text!("이미 실행 중인 프로세스를 지켜봄", "watch a process that runs already");
    let pid = options.count_if_given("pid", 1..=u64::from(u32::MAX >> 1), about);
    let about = text!("--pid의 프로세스를 지켜볼 시간(초)", "how long to watch the process of --pid, in seconds");
    let seconds = options.seconds("seconds", 0.05..=86400.0, 10.0, about);
    let about = text!("초당 샘플 수(최대)", "samples per second, at most");
    let rate = options.count("rate", 1..=1000, 100, about);
    let plan = PlanOptions::declare(&mut options);
    let about = text!("기록을 파일로 저장, again으로 다시 예측", "save the recorded run, for again");
    let out = options.output("out", about);
    let html = options.output("html", html::about());
    options.needs(seconds, pid);
    options.conflict(pid, command);
    let chosen = Chosen { command, pid, seconds, rate, out, html, plan };
    let about = text!(
        "프로그램을 한 번 실행하고 무엇이 빨라지게 할지 예측",
        "runs a program once, predicts what would make it faster"
    );
    Experiment::new("run", about, options, move |args| run(args, chosen)).looks_for_pythons().runs_a_program()
}

#[cfg(target_os = "linux")]
fn run(args: &Args, chosen: Chosen) -> Result<Report> {
    use crate::classify;
    use crate::costs::Costs;
    use crate::machine::Machine;
    use crate::page;

    // Before the program runs in vain.
    chosen.plan.get(args, 1.0)?;
    let (out, html) = (args.get(chosen.out), args.get(chosen.html));
    [&out, &html].into_iter().flatten().try_for_each(|path| atomic_write::can_be_written(path))?;
    let mut machine = Machine::look();
    let mut ended = observe(args, chosen)?;
    if classify::computes_natively(&ended.recording) && ended.recording.memory > machine.cache {
        machine.measure_copying(ended.recording.cores as usize);
    }
    if args.get(chosen.pid).is_some() {
        // What it had taken already is its own.
        machine.available += ended.recording.memory;
    }
    ended.recording.machine = machine;
    let (costs, cost_note) = match ended.interpreter.as_deref() {
        Some(python) if !args.no_python() => match measured(python) {
            Ok(costs) => {
                let python = python.display();
                let note = text!(
                    "임포트, 풀, 데이터 전달의 비용은 실행이 끝난 뒤 {python}에서 재었습니다.",
                    "What imports, pools and passing data cost was measured on {python}, after the run."
                );
                (costs, note)
            }
            Err(why) => (Costs::typical(), not_measured(&why)),
        },
        Some(_) => (Costs::typical(), not_measured(&text!("--no-python", "--no-python"))),
        None => (Costs::typical(), not_measured(&text!("파이썬이 아닙니다", "it is no Python"))),
    };
    let plan = chosen.plan.get(args, ended.recording.cores)?;
    let mut report = page::report("choose/run", &ended.recording, &costs, plan);
    report.notes.push(cost_note);
    report.traces.push(ended.trace.clone());
    let to_know = how_it_ended(&ended);
    // A reader of the first screen, which has no notes, must know it too.
    let unseen = (!ended.recording.waits_seen).then(page::waits_unseen);
    unseen.iter().chain(&to_know).for_each(lab::terminal::complain);
    report.notes.extend(to_know);
    report.exit_code = ended.code;
    if let Some(path) = out {
        atomic_write::write(&path, report.to_json().as_bytes())?;
    }
    if let Some(path) = html {
        html::write(&path, &report)?;
    }
    Ok(report)
}

#[cfg(target_os = "linux")]
fn observe(args: &Args, chosen: Chosen) -> Result<crate::launch::Ended> {
    use crate::launch;

    let (command, rate) = (args.get(chosen.command), args.get(chosen.rate));
    match (args.get(chosen.pid), command.first()) {
        (Some(pid), _) => launch::attach(pid as u32, args.get(chosen.seconds), rate),
        (None, None) => launch::run(&example(args)?, rate),
        // Everything from the first word that is no option of ours is the command, so a misspelled option would be one too.
        (None, Some(first)) if first.to_string_lossy().starts_with('-') => {
            let option = first.to_string_lossy();
            Err(Error::usage(text!(
                "'{option}'라는 옵션은 없습니다. 옵션 목록은 --help로 볼 수 있습니다.",
                "there is no option '{option}'. --help lists the options."
            )))
        }
        (None, Some(_)) => launch::run(&command, rate),
    }
}

/// Without a command: the article's CPU-bound loop, on the Python that is there.
#[cfg(target_os = "linux")]
fn example(args: &Args) -> Result<Vec<OsString>> {
    let script = lab::python::twin(env!("CARGO_MANIFEST_DIR"), "verify/cpu_loop");
    let python = if args.no_python() { None } else { lab::python::find(&[])?.into_iter().next() };
    let (Some(python), true) = (python, script.is_file()) else {
        return Err(Error::usage(text!(
            "실행할 명령을 주십시오. 예: choose -- python3 my_script.py. 실행 중인 프로세스는 --pid로 지켜봅니다.",
            "give the command to run, as choose -- python3 my_script.py; or --pid for a process that runs already."
        )));
    };
    let shown = script.display();
    lab::terminal::complain(&text!(
        "명령이 없어 예제를 실행합니다: python3 {shown}. 다음에는 명령을 주십시오: choose -- python3 my_script.py",
        "no command was given, so this is an example: python3 {shown}. Next give yours: choose -- python3 my_script.py"
    ));
    Ok([python.path.into(), script.into(), "sequence".into(), "8".into(), "1".into()].into())
}

/// What others do on the cores meanwhile must not look like a cost.
#[cfg(target_os = "linux")]
fn measured(python: &std::path::Path) -> std::result::Result<crate::costs::Costs, lab::lang::Text> {
    let _quiet = gil_sim::calibrate::Quiet::ask();
    crate::costs::Costs::measure(python)
}

#[cfg(target_os = "linux")]
fn not_measured(why: &lab::lang::Text) -> lab::lang::Text {
    let (ko, en) = (&why.ko, &why.en);
    text!(
        "임포트, 풀, 데이터 전달의 비용은 재지 않고 일반적인 값을 썼습니다: {ko}.",
        "What imports, pools and passing data cost was not measured; usual values were taken: {en}."
    )
}

#[cfg(target_os = "linux")]
fn how_it_ended(ended: &crate::launch::Ended) -> Vec<lab::lang::Text> {
    let mut notes = Vec::new();
    if ended.signal.is_none() && ended.code != 0 {
        let code = ended.code;
        notes.push(text!(
            "프로그램이 종료 코드 {code}로 끝났습니다. 실패한 것이라면 아래의 예측은 뜻이 없습니다.",
            "The program ended with exit code {code}: if it failed, the prediction means nothing."
        ));
    }
    if let Some(signal) = ended.signal {
        let code = ended.code;
        notes.push(text!(
            "프로그램은 시그널 {signal}로 끝났습니다. 종료 코드는 셸처럼 {code}입니다.",
            "Signal {signal} ended the program; the exit code is {code}, as shells say it."
        ));
    }
    if ended.left > 0 {
        let left = ended.left;
        notes.push(text!(
            "프로그램이 끝난 뒤에도 프로세스 {left}개가 남아 있습니다(데몬). 그 뒤의 일은 보지 않았습니다.",
            "{left} processes went on after the program's end (a daemon); what they do since was not watched."
        ));
    }
    notes
}

#[cfg(not(target_os = "linux"))]
fn run(_: &Args, _: Chosen) -> Result<Report> {
    Err(Error::failed(text!(
        "프로그램을 지켜보는 일은 리눅스에서만 됩니다(/proc). 다른 곳에서 기록한 파일은 again으로 볼 수 있습니다.",
        "a program can be watched on Linux only (/proc). A run that was recorded there can be read by again."
    )))
}
