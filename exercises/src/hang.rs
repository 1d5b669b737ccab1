//! Names a hang: who waits for what, which is held by whom, who waits for …

use kit::Blocked;
use lab::escape::escape_controls;
use lab::lang::Text;

/// A chain from the first one who waits, and the others after it. Empty if nobody was known to wait.
pub fn told(blocked: &[Blocked]) -> Option<Text> {
    let mut left: Vec<&Blocked> = blocked.iter().collect();
    let mut sentences: Vec<Text> = Vec::new();
    while !left.is_empty() {
        // Begin with somebody whom nobody else waits for, so that the chain is as long as it can be.
        let nobody_waits_for = |one: &Blocked| !left.iter().any(|other| other.held_by.as_ref() == Some(&one.who));
        let first = left.iter().position(|one| nobody_waits_for(one)).unwrap_or(0);
        let mut next = Some(left.remove(first));
        let mut chain = Text::default();
        while let Some(one) = next {
            let link = link(one, chain.en.is_empty());
            chain = Text { ko: chain.ko + &link.ko, en: chain.en + &link.en };
            let holder = one.held_by.as_ref();
            next = left.iter().position(|other| Some(&other.who) == holder).map(|place| left.remove(place));
        }
        sentences.push(chain);
    }
    if sentences.is_empty() {
        return None;
    }
    let joined = |pick: fn(&Text) -> &String| sentences.iter().map(pick).cloned().collect::<Vec<_>>().join("; ");
    Some(Text { ko: escape_controls(&joined(|t| &t.ko)), en: escape_controls(&joined(|t| &t.en)) })
}

fn link(one: &Blocked, first: bool) -> Text {
    let Blocked { who, waits_for, held_by } = one;
    let begin = if first {
        Text {
            ko: format!("{}이(가) 기다리는 것: {}", who.ko, waits_for.ko),
            en: format!("{} waits for {}", who.en, waits_for.en),
        }
    } else {
        Text {
            ko: format!(", 그 스레드가 기다리는 것: {}", waits_for.ko),
            en: format!(", which waits for {}", waits_for.en),
        }
    };
    match held_by {
        Some(holder) => Text {
            ko: format!("{} ({}이(가) 가지고 있음)", begin.ko, holder.ko),
            en: format!("{} held by {}", begin.en, holder.en),
        },
        None => begin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(who: &str, what: &str, held_by: Option<&str>) -> Blocked {
        Blocked { who: who.into(), waits_for: what.into(), held_by: held_by.map(Text::from) }
    }

    #[test]
    fn a_hang_is_told_as_a_chain() {
        assert_eq!(told(&[]), None);
        let circle = [waits("thread 2", "lock A", Some("thread 1")), waits("thread 1", "lock B", Some("thread 2"))];
        assert_eq!(
            told(&circle).unwrap().en,
            "thread 2 waits for lock A held by thread 1, which waits for lock B held by thread 2"
        );
        let two = [waits("b", "lock", Some("a")), waits("a", "a message", None), waits("c", "a message", None)];
        assert_eq!(
            told(&two).unwrap().en,
            "b waits for lock held by a, which waits for a message; c waits for a message"
        );
    }
}
