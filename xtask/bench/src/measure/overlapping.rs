//! A thousand distinct queries whose ranges overlap: a write to a place runs the ten that read it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::listeners::{Listeners, Speaks};
use crate::process::Program;
use crate::report::{Report, Scale, Target};
use crate::zeroback::{Writer, subscribe};

const QUERIES: i64 = 1_000;

/// How many queries read each place.
const HIT: usize = 10;

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let server = Program::zeroback()?;
    let mut writer = Writer::connect(server.address())?;
    let standing = |from| ("rows:standing", json!({ "from": from }));
    let queries: Vec<_> = (0..QUERIES).map(standing).collect();
    let listeners = Listeners::new(server.address(), "/ws")?;
    let subscription = Speaks::Zeroback(subscribe(&queries));
    listeners.add(&[subscription], queries.len())?;
    let mut before = runs(&mut writer)?;
    let (mut fewest, mut most) = (f64::MAX, 0_f64);
    for _ in 0..scale.of(50, 5) {
        // The places below nine are read by fewer.
        let place = fastrand::i64(9..QUERIES);
        listeners.expect(HIT);
        writer.call("rows:put", json!({ "place": place }))?;
        listeners.wait()?;
        let after = runs(&mut writer)?;
        let ran = after - before;
        (fewest, most) = (fewest.min(ran), most.max(ran));
        before = after;
    }
    let ten = Target::Exactly(HIT as f64);
    report.line(
        "functions run by a write that hits 10: fewest",
        fewest,
        "",
        ten,
    );
    report.line("functions run by a write that hits 10: most", most, "", ten);
    Ok(())
}

fn runs(writer: &mut Writer) -> Result<f64> {
    let runs: Value = writer.query("rows:runs", &json!({}))?;
    runs.as_f64().context("rows:runs returns a number")
}
