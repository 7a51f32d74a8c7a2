//! The parts of the benchmark, each of which is one scenario.

mod delta;
mod fan_out;
mod latency;
mod memory;
mod mutations;
mod overlapping;
mod reads;
mod selective;
mod start;
mod workerd;

use anyhow::{Result, bail};

use crate::report::{Report, Scale};

/// What a part is called, and what measures it.
type Part = (&'static str, fn(Scale, &mut Report) -> Result<()>);

const PARTS: &[Part] = &[
    ("mutations", mutations::measure),
    ("latency", latency::measure),
    ("fan-out", fan_out::measure),
    ("selective", selective::measure),
    ("overlapping", overlapping::measure),
    ("delta", delta::measure),
    ("memory", memory::measure),
    ("start", start::measure),
    ("workerd", workerd::measure),
    ("reads", reads::measure),
];

/// Measures the parts that are named, or all; `--quick` is a smoke run.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    let scale = Scale {
        quick: args.contains(&"--quick"),
    };
    let named: Vec<_> = args.iter().filter(|arg| **arg != "--quick").collect();
    for name in &named {
        if !PARTS.iter().any(|(part, _)| part == *name) {
            let parts: Vec<_> = PARTS.iter().map(|(part, _)| *part).collect();
            bail!(
                "there is no part \"{name}\"; there are {}",
                parts.join(", ")
            );
        }
    }
    Report::begin(scale);
    let mut report = Report::default();
    for (name, measure) in PARTS {
        if named.is_empty() || named.contains(&name) {
            report.part(name);
            measure(scale, &mut report)?;
        }
    }
    report.end();
    Ok(())
}
