//! Pages against a plain list, while rows, connections, cursors and lists come and go at random.

use std::cell::RefCell;
use std::rc::Rc;

use fastrand::Rng;

use super::page_list::List;
use super::page_server::{PageServer, Row, row, up_to};
use super::world::World;
use crate::PageStatus;

const SEEDS: u64 = 150;
const STEPS: u32 = 120;

struct Run {
    rng: Rng,
    world: World,
    server: PageServer,
    list: List,
    /// The versions so far, and the one that was shown last.
    history: Rc<RefCell<(Vec<Vec<Row>>, usize)>>,
    rows_made: u32,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut world = World::new();
        let mut server = PageServer::new(up_to(rng.i64(0..20)));
        server.accept(&mut world);
        let list = List::open(&mut world, rng.u32(1..5));
        let history = Rc::new(RefCell::new((server.history.clone(), 0)));
        let mut run = Self {
            rng,
            world,
            server,
            list,
            history,
            rows_made: 0,
        };
        run.check_at_each_change();
        run
    }

    fn step(&mut self) {
        match self.rng.u32(0..12) {
            0..3 => self.write(),
            3..5 => {
                self.server.read(&mut self.world);
            }
            5..8 => self.server.flush(&mut self.world),
            8 => self.list.load_more(&mut self.world, self.rng.u32(1..5)),
            9 if self.rng.u32(0..4) == 0 => {
                self.world.is_busy = false;
                self.world.lose();
                self.world.wake();
                self.server.accept(&mut self.world);
            }
            10 if self.rng.u32(0..10) == 0 => self.server.key += 1,
            11 if self.rng.u32(0..4) == 0 => {
                let first = self.rng.u32(1..5);
                let other = List::open(&mut self.world, first);
                std::mem::replace(&mut self.list, other).close(&mut self.world);
                self.history.borrow_mut().1 = 0;
                if self.rng.bool() {
                    self.world.advance(self.rng.u64(0..2_000));
                }
                self.check_at_each_change();
            }
            _ => {}
        }
        self.world.is_busy = self.rng.u32(0..3) == 0;
        self.world.settle();
        check(&self.list, &self.history);
    }

    /// Has everything said and answered.
    fn finish(&mut self) {
        self.world.is_busy = false;
        for _ in 0..4 {
            self.server.run(&mut self.world);
            check(&self.list, &self.history);
        }
        self.world.advance(5_000);
        while self.server.read(&mut self.world) {}
    }

    fn check_at_each_change(&mut self) {
        let (chain, history) = (Rc::downgrade(&self.list.chain), Rc::clone(&self.history));
        self.world.steps.push(Box::new(move |_, _| {
            if let Some(chain) = chain.upgrade() {
                check(&List::of(chain), &history);
            }
            false
        }));
    }

    fn write(&mut self) {
        let mut rows = self.server.rows().to_vec();
        let which = self.rng.usize(0..rows.len().max(1));
        match (self.rng.u32(0..5), rows.get_mut(which)) {
            (0, Some(_)) => {
                rows.remove(which);
            }
            // It moves elsewhere, perhaps to another page.
            (1, Some(row)) => row.rank = self.rng.i64(0..100),
            (2, Some(row)) => row.text.push('!'),
            _ => {
                self.rows_made += 1;
                let rank = self.rng.i64(0..100);
                let id = format!("made_{}", self.rows_made);
                rows.push(Row { id, ..row(rank) });
            }
        }
        self.server.write(rows);
        self.history.borrow_mut().0.clone_from(&self.server.history);
    }
}

/// What is shown is the beginning of one version, and of none that is older than what was shown before.
fn check(list: &List, history: &RefCell<(Vec<Vec<Row>>, usize)>) {
    let (items, status) = (list.items(), list.status());
    assert_eq!(status.error(), None);
    let (history, shown) = &mut *history.borrow_mut();
    let is_shown = |version: &Vec<Row>| {
        let is_prefix = items.len() <= version.len() && items.iter().eq(&version[..items.len()]);
        is_prefix && (status != PageStatus::Exhausted || items.len() == version.len())
    };
    let behind = history[*shown..].iter().position(is_shown);
    *shown += behind.unwrap_or_else(|| panic!("no version begins with {items:?}"));
}

#[test]
fn it_is_one_list_whatever_happens() {
    for seed in 1..=SEEDS {
        let checked = std::panic::catch_unwind(|| {
            let mut run = Run::new(seed);
            for _ in 0..STEPS {
                run.step();
            }
            run.finish();
            let (items, status) = (run.list.items(), run.list.status());
            let rows = run.server.rows();
            assert!(items.iter().eq(&rows[..items.len()]), "{items:?}, {rows:?}");
            match status {
                PageStatus::Exhausted => assert_eq!(items.len(), rows.len()),
                other => assert_eq!(other, PageStatus::CanLoadMore),
            }
            // Each page has its end, and none is left of those that were asked for again.
            let ends = run.server.pages().into_iter().map(|page| page.end_cursor);
            let mut ends: Vec<_> = ends.map(|end| end.expect("it has an end")).collect();
            let count = ends.len();
            ends.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            ends.dedup();
            assert_eq!(ends.len(), count);
            assert_eq!(run.world.warnings, Vec::<String>::new());
        });
        assert!(checked.is_ok(), "seed {seed}");
    }
}
