//! `cargo run -p lab -- claims`: the ledger of claims.

use lab::claims::{Claim, Class, ledger};
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::report::{Front, Report, Table};
use lab::{Result, text};

pub fn command() -> Experiment {
    Experiment::new(
        "claims",
        text!("글의 주장과 확인 명령", "the article's claims and the commands that show them"),
        Options::new(),
        run,
    )
}

fn run(_: &Args) -> Result<Report> {
    let mut report = Report::new("lab/claims");
    report.tables = vec![by_section(), claims(), limits(), refuted()];
    report.front = vec![Front::Table(0)];
    let count = |is: fn(&Claim) -> bool| ledger().iter().filter(|claim| is(claim)).count();
    let (all, ours) = (ledger().len(), count(|claim| claim.ours));
    let (limited, waiting) = (count(|claim| !claim.limit.is_empty()), count(|claim| claim.command.is_none()));
    report.shows = text!(
        "주장은 모두 {all}개이고, 그중 {ours}개는 글에 없어 이 프로젝트가 더한 것입니다. {limited}개에는 성립하지 않는 경우가 적혀 있고, {waiting}개에는 아직 실험이 없습니다.",
        "There are {all} claims; {ours} of them are not in the article and were added by this project. For {limited} there are cases in which they are not true, and {waiting} have no experiment yet."
    );
    Ok(report)
}

/// How many claims each section has, in the order of the article.
fn by_section() -> Table {
    let mut sections: Vec<&str> = Vec::new();
    for claim in ledger() {
        if !sections.contains(&claim.section.as_str()) {
            sections.push(&claim.section);
        }
    }
    let row = |name: Text, of: &dyn Fn(&Claim) -> bool| {
        let count = |is: &dyn Fn(&Claim) -> bool| {
            Text::same(ledger().iter().filter(|claim| of(claim) && is(claim)).count().to_string())
        };
        let classed = |class: Class| count(&move |claim: &Claim| claim.class == class);
        vec![
            name,
            count(&|_| true),
            Text::same([Class::Always, Class::Sometimes, Class::Never].map(|class| classed(class).en).join(" : ")),
            count(&|claim| claim.ours),
            count(&|claim| !claim.limit.is_empty()),
            count(&|claim| claim.command.is_none()),
        ]
    };
    let mut rows: Vec<Vec<Text>> =
        sections.iter().map(|name| row(Text::same(*name), &|claim| claim.section == *name)).collect();
    rows.push(row(text!("합계", "all"), &|_| true));
    Table {
        title: text!("글의 절마다 주장의 수", "claims in each section of the article"),
        head: vec![
            text!("글의 절", "section"),
            text!("주장", "claims"),
            text!("항상 : 때때로 : 결코", "always : sometimes : never"),
            text!("추가", "ours"),
            text!("예외", "limits"),
            text!("실험 없음", "untested"),
        ],
        rows,
    }
}

fn claims() -> Table {
    let row = |claim: &Claim| {
        let (ko, en) = (&claim.ko, &claim.en);
        let words = if claim.ours { text!("{ko} (추가)", "{en} (ours)") } else { claim.text() };
        let shown = match (&claim.command, &claim.no_experiment) {
            (Some(command), _) => Text::same(&**command),
            (None, why) => why.clone().unwrap_or_default(),
        };
        vec![Text::same(&*claim.section), words, class(claim.class), shown]
    };
    Table {
        title: text!("글의 주장", "the article's claims"),
        head: vec![
            text!("글의 절", "section"),
            text!("주장", "claim"),
            text!("성립", "holds"),
            text!("확인 명령", "shown by"),
        ],
        rows: ledger().iter().map(row).collect(),
    }
}

fn class(class: Class) -> Text {
    match class {
        Class::Always => text!("항상", "always"),
        Class::Sometimes => text!("때때로", "sometimes"),
        Class::Never => text!("결코", "never"),
    }
}

/// The cases in which a claim is not, or no longer, true.
fn limits() -> Table {
    let of = |claim: &'static Claim| {
        claim.limit.iter().map(move |limit| vec![claim.text(), limit.text(), Text::same(&*limit.command)])
    };
    Table {
        title: text!("성립하지 않는 경우", "where a claim is not, or no longer, generally true"),
        head: vec![text!("주장", "claim"), text!("성립하지 않는 경우", "the case"), text!("확인 명령", "shown by")],
        rows: ledger().iter().flat_map(of).collect(),
    }
}

fn refuted() -> Table {
    Table {
        title: text!("무엇이 주장을 반박하는가", "what would refute each claim"),
        head: vec![text!("주장", "claim"), text!("반박하는 결과", "refuted by")],
        rows: ledger().iter().map(|claim| vec![claim.text(), claim.refuted.clone()]).collect(),
    }
}
