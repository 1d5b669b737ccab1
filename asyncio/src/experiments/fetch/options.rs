//! The options of `fetch`, and the plan that they give.

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::{self, Args, FailOn, Opt};
use lab::{Error, Result, text};

use super::decode;
use super::keep::KeepPlan;
use super::list::List;
use super::list::rows::{Format, Rows};
use super::pace;
use super::plan::{FetchPlan, Targets};
use super::proxy::Proxies;
use super::request::{self, RequestOptions, RequestPlan};
use super::retry::{LONGEST_PAUSE, Retry};
use super::target::Target;
use super::template::{self, Template};
use super::tls::TlsOptions;
use crate::fault_injection::ServerOptions;

/// Which requests are retried although the server may have carried them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// Those with an idempotent method.
    Idempotent,
    Any,
}

impl cli::Choice for Repeat {
    const WORDS: &'static [(&'static str, Repeat)] = &[("idempotent", Repeat::Idempotent), ("any", Repeat::Any)];
}

/// Which proxies are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UseProxy {
    /// The proxies in the environment variables.
    Environment,
    None,
}

impl cli::Choice for UseProxy {
    const WORDS: &'static [(&'static str, UseProxy)] = &[("env", UseProxy::Environment), ("none", UseProxy::None)];
}

#[derive(Clone, Copy, Debug)]
pub struct FetchOptions {
    given: Opt<Vec<String>>,
    urls: Opt<Option<PathBuf>>,
    rows: Opt<Option<PathBuf>>,
    rows_format: Opt<Format>,
    requests: Opt<usize>,
    concurrency: Opt<usize>,
    request: RequestOptions,
    tls: TlsOptions,
    proxy: Opt<UseProxy>,
    redirects: Opt<u64>,
    rate: Opt<Option<String>>,
    per_host: Opt<Option<u64>>,
    timeout: Opt<Duration>,
    deadline: Opt<Option<Duration>>,
    retries: Opt<u64>,
    repeat: Opt<Repeat>,
    backoff: Opt<Duration>,
    out: Opt<Option<PathBuf>>,
    resume: Opt<Option<PathBuf>>,
    save: Opt<Option<PathBuf>>,
    keep_body: Opt<Option<u64>>,
    keep_header: Opt<Vec<String>>,
    fail_on: Opt<FailOn>,
    served: ServerOptions,
}

impl FetchOptions {
    pub fn declare(options: &mut cli::Options) -> FetchOptions {
        let about = text!("자체 서버 대신 호출할 주소", "addresses to call instead of our own server");
        let given = options.positional_words("url", about);
        let urls =
            options.path("urls", text!("주소 목록 파일, 표준 입력은 -", "file of addresses, - for standard input"));
        let about = text!(
            "CSV나 NDJSON 파일: 행마다 호출 하나, 주소, 헤더, 본문의 {{열}}에 값을 넣음",
            "CSV or NDJSON file: a call per row, which fills {{column}} in URL, headers and body"
        );
        let rows = options.path("rows", about);
        let about = text!("--rows 파일의 형식, auto는 확장자에 따름", "format of --rows, auto is by extension");
        let rows_format = options.choice("rows-format", Format::Auto, about);
        let requests = options.size("requests", 1..=10_000_000, 1000, text!("요청 수", "number of requests"));
        let about = text!("동시에 보낼 요청 수", "number of requests in flight");
        let concurrency = options.size("concurrency", 1..=100_000, 100, about);
        let request = RequestOptions::declare(options);
        let tls = TlsOptions::declare(options);
        let about =
            text!("프록시: http_proxy 등 환경 변수(env), 없음(none)", "proxies: those of http_proxy etc., or none");
        let proxy = options.choice("proxy", UseProxy::Environment, about);
        let about = text!("따라갈 최대 리다이렉트 수", "maximum number of redirects to follow");
        let redirects = options.count("redirects", 0..=100, 10, about);
        let rate = options
            .word("rate", text!("모든 워커를 합친 요청 속도, 예: 50/s", "request rate of all workers, e.g. 50/s"));
        let about = text!("서버 하나에 동시에 보낼 요청 수", "number of requests in flight per server");
        let per_host = options.count_if_given("per-host", 1..=100_000, about);
        let about = text!("요청 하나의 시간 제한", "time limit for one request");
        let timeout = options.seconds("timeout", 0.001..=600.0, 2.0, about);
        let about = text!("재시도를 포함한 호출 하나의 시간 제한", "time limit for a call with its retries");
        let deadline = options.seconds_if_given("deadline", 0.001..=86_400.0, about);
        let retries = options.count("retries", 0..=100, 3, text!("최대 재시도 횟수", "maximum number of retries"));
        let about = text!("재시도할 메서드", "methods to retry");
        let repeat = options.choice("repeat", Repeat::Idempotent, about);
        let about = text!(
            "첫 재시도 전 최대 대기 시간, 재시도마다 두 배",
            "longest pause before the first retry, doubled for each further one"
        );
        let backoff = options.seconds("backoff", 0.0..=60.0, 0.1, about);
        let out = options.output("out", text!("결과를 NDJSON으로 저장할 파일", "file for the results, as NDJSON"));
        let about = text!("중단된 실행의 결과 파일, 이어서 실행", "result file of an interrupted run, to continue it");
        let resume = options.output("resume", about);
        let save =
            options.output("save", text!("본문을 파일로 하나씩 저장할 폴더", "folder for the bodies, one file each"));
        let about = text!("결과에 기록할 본문의 첫 바이트 수", "first bytes of each body, for the results");
        let keep_body = options.count_if_given("keep-body", 1..=1 << 20, about);
        let keep_header =
            options.words("keep-header", text!("결과에 기록할 응답 헤더", "response header for the results"));
        let fail_on = options.fail_on();
        let served = ServerOptions::declare(options);
        options.conflict(urls, given);
        options.conflict(urls, requests); // the addresses of a list are called once each
        options.needs(rows, given); // the template
        options.needs(rows_format, rows);
        options.conflict(rows, requests);
        options.conflict(resume, out); // `--resume` names the result file
        served.only_without(options, given);
        served.only_without(options, urls);
        FetchOptions {
            given,
            urls,
            rows,
            rows_format,
            requests,
            concurrency,
            request,
            tls,
            proxy,
            redirects,
            rate,
            per_host,
            timeout,
            deadline,
            retries,
            repeat,
            backoff,
            out,
            resume,
            save,
            keep_body,
            keep_header,
            fail_on,
            served,
        }
    }

    /// Makes the plan. A list in a file is read once beforehand, so that an invalid address is reported before anything is sent.
    pub fn plan(self, a: &Args) -> Result<FetchPlan> {
        let keep = self.keep(a)?;
        let is_valid = if a.is_given(self.rows) { template::is_json } else { request::is_json };
        let mut request = self.request.read(a, is_valid)?;
        if let Some(accepted) = decode::ACCEPTED.filter(|_| keep.keeps_bodies()) {
            request.accept_encoding(accepted);
        }
        let (targets, calls) = self.targets(a, &request)?;
        let resume = a.get(self.resume);
        if resume.is_some() && targets.own().is_some() {
            return Err(Error::usage(text!(
                "--resume: 주소나 --urls를 함께 주십시오. 자체 서버의 주소는 실행할 때마다 다릅니다.",
                "--resume: give addresses or --urls too. Our own server has a different address in every run."
            )));
        }
        if a.get(self.retries) == 0 && (a.is_given(self.backoff) || a.is_given(self.repeat)) {
            return Err(Error::usage(text!(
                "--retries 0: 재시도하지 않으면 --backoff와 --repeat는 효과가 없습니다.",
                "--retries 0: without retries --backoff and --repeat have no effect."
            )));
        }
        let bounded = |n: u64| u32::try_from(n).expect("the option's upper bound is small");
        // No proxy reaches our own server: it is in this process.
        let uses_proxy = a.get(self.proxy) == UseProxy::Environment && targets.own().is_none();
        let variable = |name: &str| std::env::var(name).ok();
        let proxies = if uses_proxy { Proxies::from_environment(variable)? } else { Proxies::default() };
        let trust = self.tls.read(a, targets.may_need_tls())?;
        Ok(FetchPlan {
            trust,
            proxies,
            targets,
            calls,
            concurrency: a.get(self.concurrency),
            request,
            keep,
            redirects: bounded(a.get(self.redirects)),
            interval: a.get(self.rate).as_deref().map(pace::interval).transpose()?,
            per_host: a.get(self.per_host).map(|n| n as usize),
            timeout: a.get(self.timeout),
            deadline: a.get(self.deadline),
            retry: Retry {
                most: bounded(a.get(self.retries)),
                base: a.get(self.backoff),
                cap: LONGEST_PAUSE,
                any_method: a.get(self.repeat) == Repeat::Any,
            },
            seed: a.get(self.served.seed),
            resume: resume.is_some(),
            out: a.get(self.out).or(resume),
            fail_on: a.get(self.fail_on),
        })
    }

    /// Where the calls go, and their number if it is known.
    fn targets(self, a: &Args, request: &RequestPlan) -> Result<(Targets, Option<usize>)> {
        let given = a.get(self.given);
        let list = match (a.get(self.urls), a.get(self.rows)) {
            (Some(path), _) => Some(List::Urls(path)),
            (None, Some(path)) => Some(List::Rows(self.rows(a, path, &given, request)?)),
            (None, None) => None,
        };
        Ok(match list {
            Some(list) if list.is_stream() => (Targets::List(list), None),
            Some(list) => {
                let calls = list.check(|_, _| Ok(()))?;
                (Targets::List(list), Some(calls))
            }
            None if given.is_empty() => {
                let (delay, faults) = (a.get(self.served.delay), self.served.faults(a)?);
                (Targets::Own { delay, faults }, Some(a.get(self.requests)))
            }
            None => {
                let given = given.iter().map(|url| Target::parse(url, "URL")).collect::<Result<_>>()?;
                (Targets::Given(given), Some(a.get(self.requests)))
            }
        })
    }

    fn rows(self, a: &Args, path: PathBuf, given: &[String], request: &RequestPlan) -> Result<Rows> {
        let [url] = given else {
            return Err(Error::usage(text!(
                "--rows: 주소는 하나만 주십시오. 그 {{열}}에 행의 값을 넣습니다.",
                "--rows: give only one URL. Each row fills its {{column}}."
            )));
        };
        let format = a.get(self.rows_format).of(&path)?;
        let template = Template::new(url, request.clone(), self.request.is_json(a))?;
        Ok(Rows { path, format, template: template.into() })
    }

    fn keep(self, a: &Args) -> Result<KeepPlan> {
        let headers = a.get(self.keep_header);
        let most = a.get(self.keep_body).unwrap_or(0) as usize;
        if (most > 0 || !headers.is_empty()) && a.get(self.out).is_none() && a.get(self.resume).is_none() {
            return Err(Error::usage(text!(
                "--keep-body, --keep-header: 결과 파일(--out 또는 --resume)이 없으면 효과가 없습니다.",
                "--keep-body, --keep-header: no effect without a result file (--out or --resume)."
            )));
        }
        let name = |word: String| {
            let wrong =
                || text!("--keep-header {word}: 헤더 이름을 주십시오.", "--keep-header {word}: give a header name.");
            word.parse().map_err(|_| Error::usage(wrong()))
        };
        let headers = headers.into_iter().map(name).collect::<Result<_>>()?;
        Ok(KeepPlan { folder: a.get(self.save), most, headers })
    }
}
