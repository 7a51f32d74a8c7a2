//! What was measured, beside what it was to be.

use std::process::Command;

/// What a figure is held against.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
    /// It is only told.
    None,
}

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) quick: bool,
}

/// The lines that were printed, counted.
#[derive(Default)]
pub(crate) struct Report {
    met: usize,
    missed: usize,
}

impl Scale {
    /// Returns the amount for a full run, or that for a smoke run.
    pub(crate) fn of(self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

impl Report {
    /// Prints what the figures that follow belong to.
    pub(crate) fn begin(scale: Scale) {
        let commit = told_by("git", &["rev-parse", "--short", "HEAD"]);
        let dirty = match told_by("git", &["status", "--porcelain"]).is_empty() {
            true => "",
            false => " with changes",
        };
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "commit {commit}{dirty}; {}, {cores} cores; {}",
            processor(),
            match scale.quick {
                true => "a smoke run, of which no figure says anything",
                false => "medians",
            }
        );
    }

    /// Begins a part.
    pub(crate) fn part(&self, name: &str) {
        println!("\n{name}  (load average {})", load());
    }

    /// Prints a figure.
    pub(crate) fn line(&mut self, name: &str, figure: f64, unit: &str, target: Target) {
        let (sign, bound, is_met) = match target {
            Target::AtMost(bound) => ("at most", bound, figure <= bound),
            Target::AtLeast(bound) => ("at least", bound, figure >= bound),
            Target::Exactly(bound) => ("exactly", bound, (figure - bound).abs() < 1e-9),
            Target::None => {
                println!("  {name:<58} {figure:>10.2} {unit}");
                return;
            }
        };
        let verdict = if is_met {
            self.met += 1;
            "met".to_owned()
        } else {
            self.missed += 1;
            let by = (figure / bound).max(bound / figure);
            format!("MISSED by {by:.2}x")
        };
        println!("  {name:<58} {figure:>10.2} {unit:<6} {sign} {bound}: {verdict}");
    }

    /// Prints how many targets were met.
    pub(crate) fn end(&self) {
        println!("\n{} targets met, {} missed", self.met, self.missed);
    }
}

/// Returns the value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the value below which this part of the values lies.
pub(crate) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1) as f64 * part) as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

fn processor() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or("an unknown processor");
    model.trim_start_matches(['\t', ' ', ':']).to_owned()
}

fn told_by(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let stdout = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&stdout).trim().to_owned()
}
