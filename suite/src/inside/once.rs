//! Exactly once over failures: whatever fails or dies at whatever moment, what is sent again until
//! it is answered has been made once.

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, RequestId};
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::Client;
use crate::queue::{Queue, one, told};
use crate::target::in_process::InProcess;
use crate::target::store::{Failing, Fault};
use crate::target::{End, Target as _};
use crate::world::World;

chapter!("once":
    a_batch_that_fails_is_forgotten,
    a_mutation_whose_statement_failed_is_not_made_again,
    a_store_that_fails_at_any_statement_makes_each_once,
    a_process_that_dies_at_any_statement_makes_each_once,
    an_answer_that_is_too_large_is_recorded_as_that,
    an_engine_that_was_overtaken_records_nothing,
    an_engine_that_was_overtaken_by_records_alone_writes_no_documents,
);

fn a_batch_that_fails_is_forgotten() {
    for fault in [
        Fault::Begin,
        Fault::Commit,
        Fault::Statement("INSERT INTO _zeroback_records"),
        Fault::Statement("UPDATE _zeroback_state"),
        Fault::Statement("SELECT (SELECT min"),
    ] {
        let target = InProcess::default();
        let mut ann = World::new(&mut target.clone(), "forgotten").client();
        let (known, new) = (Queue::new("known"), Queue::new("new"));
        assert_eq!(known.add(&mut ann, 1, "x"), "1");
        target.store().plant(fault);
        let requests = [
            known.send(&mut ann, 2, "counters:add", &one("x")),
            known.send(&mut ann, 3, "counters:add", &one("x")),
            new.send(&mut ann, 1, "counters:add", &one("x")),
            known.send_again(&mut ann, 1, "counters:add", &one("x")),
        ];
        for request in requests {
            assert_eq!(told(&ann.answer(request)), "unavailable", "{fault:?}");
        }
        assert_eq!(known.add(&mut ann, 3, "x"), "out_of_order");
        assert_eq!(known.add_again(&mut ann, 2, "x"), "2");
        assert_eq!(known.add_again(&mut ann, 3, "x"), "3");
        assert_eq!(new.add(&mut ann, 1, "x"), "4");
        assert_eq!(known.add_again(&mut ann, 1, "x"), "1");
    }
}

fn a_mutation_whose_statement_failed_is_not_made_again() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "statement").client();
    let queue = Queue::new("x");
    target
        .store()
        .plant(Fault::Statement("INSERT INTO \"counters\""));
    let requests = [1, 2, 3].map(|at| queue.send(&mut ann, at, "counters:add", &one("x")));
    let told_of = requests.map(|request| told(&ann.answer(request)));
    assert_eq!(told_of, ["internal", "1", "2"]);
    assert_eq!(queue.add_again(&mut ann, 1, "x"), "internal");
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 2);
}

/// Two clients with queues, who send what they want until it is answered.
struct Clients {
    target: InProcess,
    wants: Vec<Want>,
    requests: Vec<(usize, RequestId)>,
    ann: Client,
}

struct Want {
    queue: Queue,
    sequence: u64,
    path: &'static str,
    args: Value,
    /// Answered for the first time with this.
    is: Option<Outcome>,
}

impl Clients {
    /// Fills the table, so that the next commit has to make room too.
    fn new() -> Self {
        let target = InProcess::new(EngineConfig {
            records_max: 6,
            ..EngineConfig::default()
        });
        let mut ann = World::new(&mut target.clone(), "clients").client();
        let idle = Queue::new("idle");
        for sequence in 1..=3 {
            idle.add(&mut ann, sequence, "idle");
        }
        target.advance_ms(20 * 60_000);
        let queues = ["a", "b"].map(Queue::new);
        for queue in &queues {
            queue.add(&mut ann, 1, "x");
        }
        let mut wants = Vec::new();
        for sequence in 2..=4 {
            for queue in queues {
                let (path, args) = match sequence {
                    3 => ("failing:fails_after_writing", json!({ "name": "x" })),
                    _ => ("counters:add", one("x")),
                };
                wants.push(Want {
                    queue: Queue {
                        acked_through: sequence - 2,
                        ..queue
                    },
                    sequence,
                    path,
                    args,
                    is: None,
                });
            }
        }
        Self {
            target,
            wants,
            requests: Vec::new(),
            ann,
        }
    }

    fn send_all(&mut self) {
        self.requests.clear();
        for (at, want) in self.wants.iter().enumerate() {
            let ann = &mut self.ann;
            let request = want
                .queue
                .send_again(ann, want.sequence, want.path, &want.args);
            self.requests.push((at, request));
        }
    }

    /// Takes in the answers; what was answered before must be answered alike.
    fn take_answers(&mut self) {
        for (at, request) in std::mem::take(&mut self.requests) {
            let outcome = self.ann.answer(request);
            let want = &mut self.wants[at];
            if matches!(told(&outcome).as_str(), "unavailable" | "out_of_order") {
                continue;
            }
            match &want.is {
                None => want.is = Some(outcome),
                // It acknowledges what it is answered later; of that nothing is kept.
                Some(_) if told(&outcome) == "outcome_unknown" => {
                    assert!(want.sequence < 4, "the last is not acknowledged");
                }
                Some(before) => assert_eq!(*before, outcome, "{} answered twice", want.sequence),
            }
        }
    }

    fn restart(&mut self) {
        self.target.restart(End::Kill);
        self.ann = World::new(&mut self.target.clone(), "clients").client();
    }

    /// Sends everything until all is answered, and once more.
    fn go_on(&mut self) {
        for _ in 0..4 {
            self.send_all();
            self.take_answers();
            if self.wants.iter().any(|want| want.is.is_none()) {
                // A host opens an engine anew that finds its database ahead of it.
                self.restart();
            }
        }
        let adds = self.wants.iter().filter(|want| want.path == "counters:add");
        let mut values: Vec<i64> = Vec::new();
        for want in adds {
            let told = told(want.is.as_ref().expect("it was answered in the end"));
            match told.parse() {
                Ok(value) => values.push(value),
                Err(_) => assert_eq!(told, "internal", "its own statement failed"),
            }
        }
        for want in self.wants.iter().filter(|want| want.sequence == 3) {
            let told = told(want.is.as_ref().expect("it was answered in the end"));
            assert!(matches!(told.as_str(), "conflict" | "internal"), "{told}");
        }
        values.sort_unstable();
        let counter = self.ann.query("counters:value", json!({ "name": "x" }));
        let each_once: Vec<_> = (3..).take(values.len()).collect();
        assert_eq!(values, each_once, "each was made once");
        assert_eq!(counter, values.len() + 2);
        let items = self.ann.query("items:all", json!({ "list": "x" }));
        assert_eq!(items, json!([]));
        let kept = self.target.store();
        assert!(kept.count("_zeroback_records") <= 6);
    }
}

fn makes_each_once(failing: Failing) {
    let mut failed = 0;
    for calls in 0.. {
        let mut clients = Clients::new();
        let store = clients.target.store();
        store.fail_behind(calls, failing);
        clients.send_all();
        match failing {
            Failing::Once => clients.take_answers(),
            // Nobody hears of what a dead process says.
            Failing::ForGood => clients.target.turn(),
        }
        let has_failed = store.revive();
        if failing == Failing::ForGood {
            clients.restart();
        }
        clients.go_on();
        if !has_failed {
            break;
        }
        failed += 1;
    }
    assert!(failed > 30, "{failed} places to fail");
}

fn a_store_that_fails_at_any_statement_makes_each_once() {
    makes_each_once(Failing::Once);
}

fn a_process_that_dies_at_any_statement_makes_each_once() {
    makes_each_once(Failing::ForGood);
}

fn an_answer_that_is_too_large_is_recorded_as_that() {
    let mut target = InProcess::default();
    let mut ann = World::new(&mut target, "large").client();
    let queue = Queue::new("x");
    let error = |bytes: u32| json!({ "name": "x", "code": "large", "bytes": bytes });
    let value = json!({ "list": "x", "ranks": vec![0; 9_000] });
    let limit = 256 << 10;
    let sent = [
        ("items:add_ranks", value, "result_too_large"),
        (
            "failing:says_after_writing",
            error(limit),
            "result_too_large",
        ),
        ("failing:says_after_writing", error(limit - 100), "large"),
    ];
    for _ in 0..2 {
        for (sequence, (path, args, code)) in (1..).zip(&sent) {
            let request = queue.send(&mut ann, sequence, path, args);
            assert_eq!(told(&ann.answer(request)), *code);
        }
    }
    let none = json!({ "list": "x", "count": 9, "descending": false });
    assert_eq!(ann.query("items:take", none), json!([]));
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 0);
}

const NOTHING: &str = "failing:panics";

fn an_engine_that_was_overtaken_records_nothing() {
    let old = InProcess::default();
    let mut ann = World::new(&mut old.clone(), "old").client();
    let (queue, other) = (Queue::new("x"), Queue::new("other"));
    assert_eq!(other.add(&mut ann, 1, "x"), "1");
    let mut new = old.beside();
    let mut bob = World::new(&mut new, "new").client();
    // Neither writes a document.
    let request = queue.send(&mut bob, 1, NOTHING, &json!({}));
    assert_eq!(told(&bob.answer(request)), "internal");
    let request = other.send(&mut ann, 2, NOTHING, &json!({}));
    assert_eq!(told(&ann.answer(request)), "unavailable");
    assert_eq!(old.store().count("_zeroback_records"), 2);
    assert_eq!(other.add_again(&mut bob, 1, "x"), "1");
    assert_eq!(other.add_again(&mut bob, 2, "x"), "2");
}

fn an_engine_that_was_overtaken_by_records_alone_writes_no_documents() {
    let old = InProcess::default();
    let mut ann = World::new(&mut old.clone(), "old").client();
    let queue = Queue::new("x");
    assert_eq!(queue.add(&mut ann, 1, "x"), "1");
    let mut new = old.beside();
    let mut bob = World::new(&mut new, "new").client();
    let request = queue.send(&mut bob, 2, NOTHING, &json!({}));
    assert_eq!(told(&bob.answer(request)), "internal");
    // The old one does not know that the second was made.
    assert_eq!(queue.add_again(&mut ann, 2, "x"), "unavailable");
    assert_eq!(
        ann.mutate_in_vain("counters:add", one("x")).code.as_str(),
        "unavailable"
    );
    assert_eq!(bob.query("counters:value", json!({ "name": "x" })), 1);
}
