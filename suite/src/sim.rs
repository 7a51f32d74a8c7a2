//! The simulator: clients, a network that loses what it carries, and a server that is killed and
//! put to sleep, around the real engine, in virtual time and on one thread; and beside them a model
//! as plain as can be, which says what everybody must see.
//!
//! A seed makes a [`Script`], and a script always goes the same way. What must hold has names
//! ([`Property`]). A script that breaks one is made as short as it can be.
//!
//! What has taken effect is told by the store below the engine, and by what the fixture's
//! functions note as run: the engine is not asked, and the model does not follow its rules.

mod calls;
mod client;
mod history;
mod model;
mod names;
pub mod planted;
mod property;
mod runs;
mod script;
mod server;
mod store;
mod world;

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use property::{Breach, Property};
pub use script::Script;
use world::World;

use crate::catalogue::script::shortened;
use crate::transcript;

/// A seed that breaks a property.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was seen at the end of the script.
    pub breach: Breach,
    /// As much of the seed's script as it takes.
    pub script: Script,
    /// What went over the wire.
    pub frames: String,
}

thread_local! {
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the script of a seed, and tells what it breaks.
#[must_use]
pub fn breach_of_seed(seed: u64) -> Option<Breach> {
    run(&Script::of_seed(seed)).err()
}

/// Runs the script of a seed.
///
/// # Errors
///
/// Fails where a property does not hold, with a script that is as short as it can be made.
pub fn run_seed(seed: u64) -> Result<(), Box<Failure>> {
    let script = Script::of_seed(seed);
    let Err(breach) = run(&script) else {
        return Ok(());
    };
    let property = breach.property;
    let fails = |steps: &[_]| {
        let shorter = Script {
            steps: steps.to_vec(),
            ..script.clone()
        };
        run(&shorter).is_err_and(|breach| breach.property == property)
    };
    let steps = shortened(script.steps.clone(), fails);
    let script = Script { steps, ..script };
    let breach = run(&script).err().unwrap_or(breach);
    let frames = transcript::take();
    Err(Box::new(Failure {
        seed,
        frames,
        breach,
        script,
    }))
}

/// Runs a script; a panic is a breach too.
fn run(script: &Script) -> Result<(), Breach> {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let _ = suite_fixture_sim::take_runs();
        let _ = transcript::take();
        let mut world = World::new(script);
        for (at, step) in script.steps.iter().enumerate() {
            world
                .step(step)
                .map_err(|breach| breach.at(&format!("step {at}, {step:?}")))?;
        }
        world.end().map_err(|breach| breach.at("the end"))
    }));
    ran.unwrap_or_else(|_| {
        let text = LAST_PANIC.take().unwrap_or_default();
        Err(Breach::new(Property::Live, format!("it panicked: {text}")))
    })
}

/// Keeps panics for the report; those that are planted are not worth a word.
pub fn keep_panics() {
    std::panic::set_hook(Box::new(|info| LAST_PANIC.set(Some(info.to_string()))));
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            breach,
            script,
            frames,
        } = self;
        let script = script.written();
        write!(f, "seed {seed}: {breach}\n\nscript:\n{script}\n{frames}\n")
    }
}
