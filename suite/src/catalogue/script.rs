//! A script: what is done to a catalogue, one step after another.

use std::fmt::Write as _;

use suite_fixture::catalogue::{Change, Plan, Product, Want};
use zeroback::Id;

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// One mutation; its first inserted row has this number.
    Write(u128, Vec<Change>),
    /// One read.
    Read(Plan, Want),
    /// Some rows by their ids.
    GetMany(Vec<Id<Product>>),
    /// A live query from here on.
    Watch(Plan, Want),
    /// Pages of so many rows, from here on.
    Open(Plan, u32),
    /// The next page of one of these.
    Turn(usize),
    /// Time passes.
    Tick,
}

/// Returns a script that fails as this one does, and from which no step can be left out.
pub fn shrunken(script: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    shrunken_within(shortened(script, &fails), fails)
}

/// Returns those of some steps that it takes to fail.
pub fn shortened<S: Clone>(mut script: Vec<S>, fails: impl Fn(&[S]) -> bool) -> Vec<S> {
    let mut cut = script.len() / 2;
    while cut > 0 {
        let mut at = 0;
        while at < script.len() {
            let mut shorter = script.clone();
            shorter.drain(at..(at + cut).min(script.len()));
            if fails(&shorter) {
                script = shorter;
            } else {
                at += cut;
            }
        }
        cut /= 2;
    }
    script
}

/// Leaves out changes of mutations.
fn shrunken_within(mut script: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    for at in 0..script.len() {
        let mut one = 0;
        while let Step::Write(_, changes) = &script[at]
            && one < changes.len()
            && changes.len() > 1
        {
            let mut shorter = script.clone();
            if let Step::Write(_, changes) = &mut shorter[at] {
                changes.remove(one);
            }
            if fails(&shorter) {
                script = shorter;
            } else {
                one += 1;
            }
        }
    }
    script
}

/// Writes a script for people.
#[must_use]
pub fn written(script: &[Step]) -> String {
    let mut text = String::new();
    for step in script {
        let _ = writeln!(text, "  {step:?}");
    }
    text
}
