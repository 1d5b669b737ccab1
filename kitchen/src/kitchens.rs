//! The kitchens by their names, and how one is run.

use lab::cli::Choice;
use lab::lang::Text;
use lab::trace::{Recorder, Trace};
use lab::{Result, text};

use crate::article;
use crate::dish::{Dish, Minute};

/// A kitchen. The words of the command line are the names of its functions in `article.rs`, and the ids of the Python twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kitchen {
    Waits,
    Switches,
    Several,
    OneStove,
    OneKnife,
    Blocks,
}

/// All of them, in the order of the drawings.
pub const ALL: [Kitchen; 6] =
    [Kitchen::Waits, Kitchen::Switches, Kitchen::Several, Kitchen::OneStove, Kitchen::OneKnife, Kitchen::Blocks];

/// What is ordered: so many dishes, all by the same recipe.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub dishes: usize,
    pub minute: Minute,
}

impl Kitchen {
    /// The id in measurements.
    pub fn id(self) -> &'static str {
        match self {
            Kitchen::Waits => "waits",
            Kitchen::Switches => "switches",
            Kitchen::Several => "several",
            Kitchen::OneStove => "one-stove",
            Kitchen::OneKnife => "one-knife",
            Kitchen::Blocks => "blocks",
        }
    }

    pub fn name(self) -> Text {
        match self {
            Kitchen::Waits => text!("한 요리사, 냄비 앞에서 기다림", "one cook, waits by each pot"),
            Kitchen::Switches => text!("한 요리사, 번갈아 조리: 동시성", "one cook, switches: concurrency"),
            Kitchen::Several => text!("여러 요리사: 병렬성", "several cooks: parallelism"),
            Kitchen::OneStove => text!("여러 요리사, 화구 하나: 뮤텍스", "several cooks, one stove: a mutex"),
            Kitchen::OneKnife => text!("여러 요리사, 칼 하나: GIL", "several cooks, one knife: the GIL"),
            Kitchen::Blocks => text!("한 요리사, 요리 2가 루프를 막음", "one cook, dish 2 blocks the loop"),
        }
    }

    fn program(self) -> fn(Vec<Dish>) -> Result<()> {
        match self {
            Kitchen::Waits => article::waits,
            Kitchen::Switches => article::switches,
            Kitchen::Several => article::several,
            Kitchen::OneStove => article::one_stove,
            Kitchen::OneKnife => article::one_knife,
            Kitchen::Blocks => article::blocks,
        }
    }

    /// Cooks what was ordered. The trace has a lane for each dish.
    pub fn run(self, order: Order) -> Result<Trace> {
        run(self.program(), order, self.name())
    }
}

/// Runs a program that cooks dishes.
pub fn run(program: impl FnOnce(Vec<Dish>) -> Result<()>, order: Order, title: Text) -> Result<Trace> {
    let recorder = Recorder::new();
    let dish = |n| Dish::new(n, order.minute, recorder.lane(text!("요리 {n}", "Dish {n}")));
    program((1..=order.dishes).map(dish).collect())?;
    Ok(recorder.finish(title))
}

/// `--kitchen`: one of them, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    All,
    One(Kitchen),
}

impl Choice for Chosen {
    const WORDS: &'static [(&'static str, Chosen)] = &[
        ("all", Chosen::All),
        ("waits", Chosen::One(Kitchen::Waits)),
        ("switches", Chosen::One(Kitchen::Switches)),
        ("several", Chosen::One(Kitchen::Several)),
        ("one-stove", Chosen::One(Kitchen::OneStove)),
        ("one-knife", Chosen::One(Kitchen::OneKnife)),
        ("blocks", Chosen::One(Kitchen::Blocks)),
    ];
}
