//! Makes one named test of each behaviour on each host, such as `native::live::one_transition`.
//!
//! workerd's tests need packaged Workers of `suite-fixture`: the variables
//! `ZEROBACK_SUITE_WORKER` (as deployed) and `ZEROBACK_SUITE_WORKER_DEV` name their folders. A host
//! that is not there is reported as ignored, with the reason.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use suite::behaviours::{Behaviour, behaviours};
use suite::inside::scripts;
use suite::kills::each_is_made_once_over_kills;
use suite::rendering::pages_are_rendered_from_the_servers_own_queries;
use suite::target::in_process::InProcess;
use suite::target::native::{Native, SERVE_VARIABLE};
use suite::target::workerd::Worker;
use suite::target::{Needs, Target};
use suite::transcript;
use suite::world::World;
use zeroback::native::LogFormat;

thread_local! {
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn main() -> ExitCode {
    if std::env::var_os(SERVE_VARIABLE).is_some() {
        return zeroback::native::main(suite_fixture::app());
    }
    let arguments = Arguments::from_args();
    // It is read as the operator reads it.
    zeroback::native::init_log("info", LogFormat::None).expect("it is a filter");
    note_panics();
    let workers = [
        WorkerHost::find("workerd", "ZEROBACK_SUITE_WORKER"),
        WorkerHost::find("workerd-dev", "ZEROBACK_SUITE_WORKER_DEV"),
    ];
    let mut trials = Vec::new();
    for behaviour in behaviours() {
        trials.extend(in_process(behaviour));
        trials.extend(native(behaviour));
        trials.extend(workers.iter().filter_map(|host| host.trial(behaviour)));
    }
    for (name, run) in scripts() {
        let name = format!("inside::{name}");
        trials.push(Trial::test(name, move || guarded(run)));
    }
    trials.push(Trial::test("native::kills::each_is_made_once", || {
        guarded(each_is_made_once_over_kills)
    }));
    trials.push(Trial::test(
        "native::rendering::pages_are_rendered_from_the_servers_own_queries",
        || guarded(pages_are_rendered_from_the_servers_own_queries),
    ));
    if !arguments.list {
        for host in &workers {
            host.say_if_missing();
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for host in &workers {
        host.end();
    }
    conclusion.exit_code()
}

fn in_process(behaviour: Behaviour) -> Option<Trial> {
    if matches!(
        behaviour.needs,
        Needs::Host
            | Needs::HostRestart
            | Needs::HostKill
            | Needs::Sleep
            | Needs::Trap
            | Needs::SmallLimits
    ) {
        return None;
    }
    let name = format!("in-process::{}", behaviour.name);
    Some(Trial::test(name, move || {
        guarded(|| show(&mut InProcess::default(), behaviour))
    }))
}

fn native(behaviour: Behaviour) -> Option<Trial> {
    if matches!(behaviour.needs, Needs::Sleep | Needs::Trap) {
        return None;
    }
    let name = format!("native::{}", behaviour.name);
    Some(Trial::test(name, move || {
        guarded(|| {
            let mut target = match behaviour.needs {
                Needs::Kill | Needs::HostKill => Native::process(),
                Needs::SmallLimits => Native::small(),
                _ => Native::here(),
            };
            show(&mut target, behaviour);
        })
    }))
}

/// workerd with one build of the Worker.
struct WorkerHost {
    name: &'static str,
    variable: &'static str,
    worker: Option<Arc<Worker>>,
}

impl WorkerHost {
    fn find(name: &'static str, variable: &'static str) -> Self {
        let folder = std::env::var_os(variable).map(PathBuf::from);
        Self {
            name,
            variable,
            worker: folder.map(|folder| Arc::new(Worker::new(folder))),
        }
    }

    fn trial(&self, behaviour: Behaviour) -> Option<Trial> {
        if matches!(behaviour.needs, Needs::Kill | Needs::HostKill) {
            return None;
        }
        let name = format!("{}::{}", self.name, behaviour.name);
        let Some(worker) = self.worker.clone() else {
            let reason = format!("{} is not set", self.variable);
            let fail = move || Err(Failed::from(reason));
            return Some(Trial::test(name, fail).with_ignored_flag(true));
        };
        Some(Trial::test(name, move || {
            guarded(|| {
                let mut target = match behaviour.needs {
                    Needs::Restart | Needs::HostRestart | Needs::Sleep | Needs::Trap => {
                        worker.own()
                    }
                    Needs::SmallLimits => worker.small(),
                    _ => worker.shared(),
                };
                show(&mut target, behaviour);
            })
        }))
    }

    fn say_if_missing(&self) {
        if self.worker.is_none() {
            let (name, variable) = (self.name, self.variable);
            println!("{name} is skipped: {variable} does not name a packaged Worker");
        }
    }

    fn end(&self) {
        if let Some(worker) = &self.worker {
            worker.end();
        }
    }
}

fn show(target: &mut dyn Target, behaviour: Behaviour) {
    (behaviour.run)(&mut World::new(target, behaviour.name));
}

/// Runs a behaviour; where it fails, what went over the wire is part of the report.
fn guarded(run: impl FnOnce()) -> Result<(), Failed> {
    let result = catch_unwind(AssertUnwindSafe(run));
    let frames = transcript::take();
    let panic = LAST_PANIC.take();
    match result {
        Ok(()) => Ok(()),
        Err(_) => {
            let mut text = panic.unwrap_or_default();
            let _ = write!(text, "\n\n{frames}");
            Err(Failed::from(text))
        }
    }
}

/// Panics become part of a test's report; those that functions plant are not worth a word.
fn note_panics() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        if !text.contains("planted") {
            eprintln!("{text}");
        }
        LAST_PANIC.set(Some(text));
    }));
}
