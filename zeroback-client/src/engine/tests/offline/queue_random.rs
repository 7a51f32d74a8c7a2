//! Pages of one device that are opened, closed, cut off and killed at random, in the middle of whatever they do.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::device::kept;
use super::shared::Device;
use crate::engine::tests::promise::Promise;

const SEEDS: u64 = 100;
const STEPS: u32 = 80;

#[derive(Clone, Copy, Default)]
struct Faults {
    /// Storages fail now and then.
    storage: bool,
    /// Users come and go.
    users: bool,
}

struct Run {
    rng: Rng,
    device: Device,
    /// What was made, by which page, and what it has come to there.
    made: BTreeMap<String, (u64, u32, Promise)>,
    /// What was ever on the disk.
    ever_kept: BTreeMap<String, ()>,
    count: u32,
    faults: Faults,
    /// The pages that are gone with what their storage has not taken.
    lost: Vec<u64>,
}

impl Run {
    fn step(&mut self) {
        let at = match self.device.tabs.len() {
            0 => self.device.open(),
            count => self.rng.usize(0..count),
        };
        let rng = &mut self.rng;
        let page = &mut self.device.tabs[at].page;
        page.is_broken = self.faults.storage && rng.u32(0..8) == 0;
        page.is_full = self.faults.storage && rng.u32(0..8) == 0;
        match self.rng.u32(0..16) {
            0..4 => self.create(at),
            4..8 => drop(self.device.tabs[at].page.step()),
            8 => self.device.rest(),
            9..11 => {
                self.device.connect(at);
                self.device.deliver(at);
            }
            11 => self.device.speak(at, |server| server.read()),
            12 => self.device.speak(at, |server| server.flush()),
            13 if self.rng.u32(0..3) == 0 => self.device.lose(at),
            14 if self.rng.u32(0..4) == 0 => {
                let page = &self.device.tabs[at].page;
                if page.has_failed {
                    self.lost.push(self.device.tabs[at].id);
                }
                self.device.kill(at);
            }
            15 if self.device.tabs.len() < 3 => self.device.open_at_once(),
            15 if self.faults.users => {
                let users = [None, Some("ann".to_owned()), Some("bob".to_owned())];
                self.device.server.identity = users[self.rng.usize(0..3)].clone();
                self.device.lose(at);
            }
            _ => {
                let ms = self.rng.u64(0..3_000);
                self.device.advance(ms);
            }
        }
        if self.rng.u32(0..8) == 0
            && let Some(tab) = self.device.tabs.last_mut()
        {
            tab.page.listen("a");
        }
        self.device.carry();
        self.look();
    }

    fn create(&mut self, at: usize) {
        self.count += 1;
        let text = format!("{}", self.count);
        let promise = self.device.create(at, &text, None);
        let tab = self.device.tabs[at].id;
        self.made.insert(text, (tab, self.count, promise));
    }

    /// Notes what is on the disk, and that nothing was made twice.
    fn look(&mut self) {
        for key in kept(&self.device.disk, "mutation") {
            let disk = self.device.disk.borrow();
            let entry: serde_json::Value = serde_json::from_str(&disk[&key]).unwrap();
            self.ever_kept
                .insert(entry["args"]["text"].as_str().unwrap().to_owned(), ());
        }
        let mut texts = self.device.texts();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count, "nothing is made twice");
    }

    fn finish(&mut self) {
        if self.device.tabs.is_empty() {
            self.device.open();
        }
        for tab in &mut self.device.tabs {
            (tab.page.is_broken, tab.page.is_full) = (false, false);
        }
        let users: &[Option<&str>] = match self.faults.users {
            true => &[Some("ann"), Some("bob"), None],
            false => &[None],
        };
        for user in users {
            self.device.server.identity = user.map(str::to_owned);
            (0..self.device.tabs.len()).for_each(|at| self.device.lose(at));
            for _ in 0..6 {
                self.device.run();
                self.device.advance(15_000);
                self.look();
            }
        }
        let shown: Vec<_> = (0..self.device.tabs.len())
            .map(|at| self.device.tabs[at].page.listen("a"))
            .collect();
        self.device.run();
        let log = serde_json::Value::Array(self.device.server.database.log.clone());
        for (tab, heard) in self.device.tabs.iter().zip(shown) {
            assert_eq!(tab.page.shown(&heard), Some((log.clone(), false)));
        }
        assert_eq!(self.device.refused(), []);
        let texts = self.device.texts();
        for text in self.ever_kept.keys() {
            let is_lost = self.lost.contains(&self.made[text].0);
            assert!(
                is_lost || texts.contains(text),
                "{text} was kept, and is not made: {texts:?}"
            );
        }
        assert_eq!(kept(&self.device.disk, "mutation"), Vec::<String>::new());
        let open: Vec<_> = self.device.tabs.iter().map(|tab| tab.id).collect();
        let mut last: BTreeMap<u64, u32> = BTreeMap::new();
        for text in &texts {
            let (tab, number, promise) = &self.made[text];
            let is_behind = last.insert(*tab, *number) < Some(*number);
            assert!(
                is_behind || self.faults.users,
                "in the order of the calls: {texts:?}"
            );
            if open.contains(tab) && !self.faults.users {
                assert!(
                    promise.text().starts_with("\"tasks_"),
                    "{text}: {}",
                    promise.text()
                );
            }
        }
        for (text, (tab, _, promise)) in &self.made {
            let what = promise.text();
            let has_left =
                self.faults.users && ["outcome_unknown", "client_closed"].contains(&what.as_str());
            let may_be_gone = !open.contains(tab) || has_left;
            assert!(
                may_be_gone || texts.contains(text),
                "{text} is not made: {what}"
            );
        }
    }
}

#[test]
fn whatever_was_kept_is_made_once_in_the_order_of_its_page() {
    check(Faults::default());
}

#[test]
fn so_it_is_where_storages_fail_but_for_what_goes_with_a_page_whose_storage_has_not_taken_it() {
    check(Faults {
        storage: true,
        ..Faults::default()
    });
}

#[test]
fn so_it_is_where_users_come_and_go() {
    check(Faults {
        users: true,
        ..Faults::default()
    });
}

fn check(faults: Faults) {
    for seed in 1..=SEEDS {
        let ran = std::panic::catch_unwind(|| {
            let mut run = Run {
                rng: Rng::with_seed(seed),
                device: Device::with(1),
                made: BTreeMap::new(),
                ever_kept: BTreeMap::new(),
                count: 0,
                faults,
                lost: Vec::new(),
            };
            for _ in 0..STEPS {
                run.step();
            }
            run.finish();
        });
        assert!(ran.is_ok(), "seed {seed}");
    }
}
