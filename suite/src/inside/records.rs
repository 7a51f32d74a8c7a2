//! The records of mutations that are made once: what they cost, and when they go.

use serde_json::json;
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::Client;
use crate::queue::{Queue, one, told};
use crate::target::http::Request;
use crate::target::in_process::InProcess;
use crate::target::store::SharedStore;
use crate::target::{End, Target as _};
use crate::world::World;

chapter!("records":
    a_mutation_of_a_queue_costs_one_statement_more,
    a_queue_that_is_new_is_looked_up_once,
    a_commit_of_records_alone_is_no_version,
    an_answer_is_kept_for_its_time_and_not_longer,
    a_key_is_kept_for_its_time_and_not_longer,
    answers_are_kept_for_20_minutes_at_least,
    what_is_too_old_is_deleted_piece_by_piece,
    beyond_the_limit_the_oldest_go,
    young_answers_never_go_and_new_ones_wait,
    a_lower_limit_is_reached_piece_by_piece,
    beyond_the_limit_in_bytes_the_oldest_go,
    young_answers_never_go_for_their_bytes,
    a_lower_limit_in_bytes_is_reached_piece_by_piece,
    acknowledged_answers_make_room_first,
    what_is_acknowledged_is_deleted_together,
    no_answer_goes_before_an_earlier_one_of_its_queue,
    a_queue_is_known_by_its_last_answer,
    more_queues_than_are_remembered_are_all_known,
);

const TABLE: &str = "_zeroback_records";

const MINUTE_MS: i64 = 60_000;

/// How many bytes the answer of `counters:add` has, up to a counter of 9.
const ANSWER_BYTES: usize = r#"{"status":"success","value":1}"#.len();

/// How long the answers of these engines are kept.
const KEPT_MS: i64 = 30 * MINUTE_MS;

struct Engine {
    target: InProcess,
    store: SharedStore,
    client: Client,
}

impl Engine {
    fn new(records_max: usize) -> Self {
        Self::with(EngineConfig {
            records_max,
            ..EngineConfig::default()
        })
    }

    /// Makes one that keeps so many bytes of answers, and few enough of them that old ones go one
    /// by one.
    fn of_bytes(record_bytes_max: usize) -> Self {
        Self::with(EngineConfig {
            records_max: 100,
            record_bytes_max,
            ..EngineConfig::default()
        })
    }

    fn with(config: EngineConfig) -> Self {
        let config = EngineConfig {
            record_ms: KEPT_MS,
            ..config
        };
        let target = InProcess::new(config);
        let client = World::new(&mut target.clone(), "records").client();
        Self {
            store: target.store(),
            client,
            target,
        }
    }

    fn restart(&mut self) {
        self.target.restart(End::Kill);
        self.client = World::new(&mut self.target.clone(), "records").client();
    }

    fn add(&mut self, queue: &Queue, sequence: u64) -> String {
        queue.add(&mut self.client, sequence, "x")
    }

    fn again(&mut self, queue: &Queue, sequence: u64) -> String {
        queue.add_again(&mut self.client, sequence, "x")
    }

    /// Makes a mutation in each of so many new queues.
    fn queues(&mut self, count: usize) -> Vec<Queue> {
        let before = self.rows();
        let now = self.target.commits();
        let queues = (0..count).map(|at| Queue::new(&format!("{before} {now} {at}")));
        let queues: Vec<_> = queues.collect();
        for queue in &queues {
            let told = self.add(queue, 1);
            assert!(told.parse::<u64>().is_ok(), "{told}");
        }
        queues
    }

    /// Checks that the bytes which are counted are those of so many answers, and are there.
    #[track_caller]
    fn check_bytes(&self, answers: usize) {
        let bytes = i64::try_from(answers * ANSWER_BYTES).ok();
        let counted = self
            .store
            .number("SELECT record_bytes FROM _zeroback_state");
        let sql = "SELECT sum(length(outcome)) FROM _zeroback_records";
        assert_eq!((counted, self.store.number(sql)), (bytes, bytes));
    }

    fn rows(&self) -> usize {
        self.store.count(TABLE)
    }

    /// Returns the statements since the last call, with their first words alone.
    fn statements(&self) -> Vec<String> {
        let statements = self.store.take_statements();
        let words = |sql: &String| sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        statements.iter().map(words).collect()
    }
}

fn a_mutation_of_a_queue_costs_one_statement_more() {
    let mut engine = Engine::new(1_000);
    let queue = Queue::new("x");
    engine.add(&queue, 1);
    let _ = engine.statements();
    engine.client.mutate("counters:add", one("x"));
    let without = engine.statements();
    engine.add(&queue, 2);
    let mut with = engine.statements();
    let record = format!("INSERT INTO {TABLE}");
    let at = with.iter().position(|sql| *sql == record);
    with.remove(at.expect("it is recorded"));
    assert_eq!(with, without);
    engine.again(&queue, 2);
    let replayed = engine.statements();
    assert_eq!(
        replayed,
        ["BEGIN", "SELECT fingerprint, recorded_at,", "END"],
        "what is answered again writes nothing"
    );
    for sequence in 3..=34 {
        queue.send(&mut engine.client, sequence, "counters:add", &one("x"));
    }
    engine.client.settle();
    let batch = engine.statements();
    let count = |what: &str| batch.iter().filter(|sql| sql.starts_with(what)).count();
    assert_eq!((count(&record), count("UPDATE _zeroback_state")), (32, 1));
    assert_eq!((count("BEGIN"), count("SAVEPOINT")), (1, 32));
    assert_eq!(count("DELETE"), 0, "nothing is acknowledged");
}

fn a_queue_that_is_new_is_looked_up_once() {
    let mut engine = Engine::new(1_000);
    engine.queues(1);
    let queue = Queue::new("x");
    let _ = engine.statements();
    for sequence in 1..=3 {
        engine.add(&queue, sequence);
    }
    let statements = engine.statements();
    let lookups = statements
        .iter()
        .filter(|sql| sql.starts_with("SELECT (SELECT"));
    assert_eq!(lookups.count(), 1);
    let ledgers = statements
        .iter()
        .filter(|sql| sql.starts_with("SELECT recorded"));
    assert_eq!(ledgers.count(), 0, "it was read at the first commit");
}

fn a_commit_of_records_alone_is_no_version() {
    let mut engine = Engine::new(1_000);
    let seen = engine
        .client
        .subscribe("counters:value", json!({ "name": "x" }));
    engine.client.settle();
    let before = (engine.target.commits(), engine.rows());
    let queue = Queue::new("x");
    let _ = engine.statements();
    let request = queue.send(&mut engine.client, 1, "failing:panics", &json!({}));
    assert_eq!(told(&engine.client.answer(request)), "internal");
    assert_eq!(
        (engine.target.commits(), engine.rows()),
        (before.0, before.1 + 1)
    );
    let statements = engine.statements();
    assert!(
        !statements.iter().any(|sql| sql.starts_with("SELECT doc")),
        "nothing ran again"
    );
    assert_eq!(engine.add(&queue, 2), "1");
    assert_eq!(engine.client.result(seen), 1);
}

fn an_answer_is_kept_for_its_time_and_not_longer() {
    let mut engine = Engine::new(1_000);
    let queue = Queue::new("x");
    assert_eq!(engine.add(&queue, 1), "1");
    engine.target.advance_ms(KEPT_MS - 1);
    assert_eq!(engine.again(&queue, 1), "1");
    assert_eq!(engine.add(&queue, 2), "2");
    engine.target.advance_ms(1);
    assert_eq!(engine.again(&queue, 1), "outcome_unknown");
    assert_eq!(engine.again(&queue, 2), "2");
    assert_eq!(engine.rows(), 2, "nothing was written since");
    assert_eq!(engine.add(&queue, 3), "3");
    assert_eq!(engine.rows(), 2);
    engine.target.advance_ms(KEPT_MS);
    engine.queues(1);
    assert_eq!(engine.rows(), 1, "all of the queue have gone");
    assert_eq!(engine.again(&queue, 3), "outcome_unknown");
    engine.restart();
    for sequence in 1..=4 {
        assert_eq!(engine.again(&queue, sequence), "outcome_unknown");
    }
    let on = Queue {
        acked_through: 4,
        ..queue
    };
    assert_eq!(
        engine.add(&on, 5),
        "5",
        "the counter has that of another queue too"
    );
}

fn a_key_is_kept_for_its_time_and_not_longer() {
    let target = Engine::new(1_000).target;
    let mut host = target.clone();
    let mut post = |by: i64| {
        let body = json!({ "path": "counters:add", "args": { "name": "y", "by": by } });
        let request = Request::post("/api/mutation", body.to_string()).idempotency_key("k");
        host.request(&request).body
    };
    let first = post(1);
    assert!(first.contains("\"value\":1"), "{first}");
    assert!(post(2).contains("key_reused"));
    target.advance_ms(KEPT_MS - 1);
    assert_eq!(post(1), first);
    target.advance_ms(1);
    assert!(post(2).contains("\"value\":3"), "the key is free again");
    assert!(post(2).contains("\"value\":3"));
    assert_eq!(target.store().count(TABLE), 1);
}

fn answers_are_kept_for_20_minutes_at_least() {
    let config = EngineConfig {
        record_ms: 1,
        ..EngineConfig::default()
    };
    let target = InProcess::new(config);
    let mut ann = World::new(&mut target.clone(), "least").client();
    let queue = Queue::new("x");
    assert_eq!(queue.add(&mut ann, 1, "x"), "1");
    target.advance_ms(20 * MINUTE_MS - 1);
    assert_eq!(queue.add_again(&mut ann, 1, "x"), "1");
    target.advance_ms(1);
    assert_eq!(queue.add_again(&mut ann, 1, "x"), "outcome_unknown");
}

fn what_is_too_old_is_deleted_piece_by_piece() {
    let mut engine = Engine::new(10_000);
    engine.queues(600);
    engine.target.advance_ms(KEPT_MS);
    let _ = engine.statements();
    let mut rows = 600;
    for left in [600 - 257 + 1, 600 - 2 * 257 + 2, 3] {
        engine.queues(1);
        assert_eq!(engine.rows(), left);
        assert!(rows > left);
        rows = left;
    }
    let deletes = |engine: &Engine| {
        let statements = engine.statements();
        statements
            .iter()
            .filter(|sql| sql.starts_with("DELETE"))
            .count()
    };
    assert_eq!(deletes(&engine), 3);
    engine.queues(5);
    assert_eq!(deletes(&engine), 0, "the oldest is known to be young");
}

fn beyond_the_limit_the_oldest_go() {
    let mut engine = Engine::new(3);
    let queues = engine.queues(3);
    engine.target.advance_ms(20 * MINUTE_MS);
    let more = engine.queues(2);
    assert_eq!(engine.rows(), 3);
    for _ in 0..2 {
        assert_eq!(engine.again(&queues[2], 1), "3");
        assert_eq!(engine.again(&more[0], 1), "4");
        assert_eq!(engine.again(&more[1], 1), "5");
        engine.restart();
    }
    // That it will not be made is recorded too, and takes the place of the one old answer left.
    assert_eq!(engine.again(&queues[0], 1), "outcome_unknown");
    assert_eq!(engine.again(&queues[1], 1), "unavailable");
    assert_eq!(engine.rows(), 3);
}

fn young_answers_never_go_and_new_ones_wait() {
    let mut engine = Engine::new(3);
    let queues = engine.queues(3);
    engine.target.advance_ms(20 * MINUTE_MS - 1);
    let late = Queue::new("late");
    assert_eq!(engine.add(&late, 1), "unavailable");
    engine.restart();
    engine.target.advance_ms(-1);
    assert_eq!(engine.add(&late, 1), "unavailable", "also after a restart");
    for (value, queue) in (1..).zip(&queues) {
        assert_eq!(engine.again(queue, 1), format!("{value}"));
    }
    assert_eq!(
        engine.client.mutate("counters:add", one("x")),
        4,
        "others run"
    );
    engine.target.advance_ms(2);
    assert_eq!(engine.add(&late, 1), "5");
    assert_eq!(
        (engine.rows(), engine.again(&queues[0], 1)),
        (3, "outcome_unknown".to_owned())
    );
}

fn a_lower_limit_is_reached_piece_by_piece() {
    let mut engine = Engine::new(700);
    engine.queues(700);
    engine.target.advance_ms(20 * MINUTE_MS);
    let store = engine.store.clone();
    // What an engine with a higher limit has left.
    store.edit(&[
        "INSERT INTO _zeroback_records (number, queue, sequence, fingerprint, recorded_at, outcome)
         SELECT number - 1000, queue || 'x', sequence, fingerprint, recorded_at, outcome
         FROM _zeroback_records",
        "UPDATE _zeroback_state SET records = 1400",
    ]);
    engine.restart();
    let mut rows = engine.rows();
    assert_eq!(rows, 1_400);
    while rows > 700 {
        engine.queues(1);
        let left = engine.rows();
        assert!(left < rows && left >= 690, "{left} of {rows}");
        rows = left;
    }
    engine.queues(50);
    assert!(engine.rows() <= 700);
}

fn beyond_the_limit_in_bytes_the_oldest_go() {
    // One byte below the limit there is room for one more answer, at the limit there is none.
    for (record_bytes_max, kept) in [(3 * ANSWER_BYTES, 3), (3 * ANSWER_BYTES + 1, 4)] {
        let mut engine = Engine::of_bytes(record_bytes_max);
        let queues = engine.queues(kept);
        engine.target.advance_ms(20 * MINUTE_MS);
        for _ in 0..2 {
            engine.queues(1);
            assert_eq!(engine.rows(), kept, "{record_bytes_max}");
            engine.check_bytes(kept);
            engine.restart();
        }
        assert_eq!(engine.again(&queues[2], 1), "3");
        assert_eq!(engine.again(&queues[1], 1), "outcome_unknown");
    }
}

fn young_answers_never_go_for_their_bytes() {
    let mut engine = Engine::of_bytes(2 * ANSWER_BYTES);
    let queues = engine.queues(2);
    engine.target.advance_ms(20 * MINUTE_MS - 1);
    let late = Queue::new("late");
    for _ in 0..2 {
        assert_eq!(engine.add(&late, 1), "unavailable");
        engine.restart();
        engine.target.advance_ms(-1);
    }
    let acknowledging = Queue {
        acked_through: 1,
        ..queues[0]
    };
    assert_eq!(
        engine.add(&acknowledging, 2),
        "unavailable",
        "by it the queue is known"
    );
    engine.target.advance_ms(3);
    assert_eq!(engine.add(&late, 1), "3");
    engine.check_bytes(2);
}

fn a_lower_limit_in_bytes_is_reached_piece_by_piece() {
    let mut engine = Engine::of_bytes(2 * ANSWER_BYTES);
    engine.queues(1);
    engine.target.advance_ms(20 * MINUTE_MS);
    // What an engine with a higher limit has left.
    engine.store.edit(&[
        "WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers LIMIT 19)
         INSERT INTO _zeroback_records
         (number, queue, sequence, fingerprint, recorded_at, outcome)
         SELECT number - n, queue || n, sequence, fingerprint, recorded_at, outcome
         FROM _zeroback_records JOIN numbers",
        "UPDATE _zeroback_state SET records = 20, record_bytes = 20 * record_bytes",
    ]);
    engine.restart();
    let late = Queue::new("late");
    for left in [12, 4] {
        assert_eq!(engine.add(&late, 1), "unavailable");
        engine.check_bytes(left);
    }
    assert_eq!(engine.add(&late, 1), "2");
    engine.check_bytes(2);
}

fn acknowledged_answers_make_room_first() {
    let mut engine = Engine::new(3);
    let (idle, mut busy) = (Queue::new("idle"), Queue::new("busy"));
    assert_eq!(engine.add(&idle, 1), "1");
    for sequence in 1..=20 {
        busy.acked_through = sequence - 1;
        assert_eq!(engine.add(&busy, sequence), (sequence + 1).to_string());
        assert!(engine.rows() <= 3);
    }
    assert_eq!(engine.again(&idle, 1), "1");
}

fn what_is_acknowledged_is_deleted_together() {
    let mut engine = Engine::new(1_000);
    let mut queue = Queue::new("x");
    let mut rows_max = 0;
    let _ = engine.statements();
    for sequence in 1..=1_000 {
        queue.acked_through = sequence - 1;
        engine.add(&queue, sequence);
        rows_max = rows_max.max(engine.rows());
    }
    assert!(rows_max <= 66, "{rows_max}");
    let statements = engine.statements();
    let deletes = statements
        .iter()
        .filter(|sql| sql.starts_with("DELETE"))
        .count();
    assert!((15..=16).contains(&deletes), "{deletes}");
    // A restart in between forgets nothing that matters.
    engine.restart();
    queue.acked_through = 1_000;
    assert_eq!(engine.add(&queue, 1_001), "1001");
    for sequence in 1_002..=1_100 {
        queue.acked_through = sequence - 1;
        engine.add(&queue, sequence);
    }
    assert!(engine.rows() <= 66, "{}", engine.rows());
}

fn no_answer_goes_before_an_earlier_one_of_its_queue() {
    let mut engine = Engine::with(EngineConfig {
        records_max: 1_000,
        record_bytes_max: 2 * ANSWER_BYTES,
        ..EngineConfig::default()
    });
    let (queue, other) = (Queue::new("x"), Queue::new("y"));
    assert_eq!(engine.add(&queue, 1), "1");
    // The clock is set back: the second answer seems to be older than the first.
    engine.target.advance_ms(-20 * MINUTE_MS);
    assert_eq!(engine.add(&queue, 2), "2");
    engine.target.advance_ms(25 * MINUTE_MS);
    engine.restart();
    assert_eq!(engine.add(&other, 1), "unavailable");
    assert_eq!(engine.again(&queue, 2), "2", "it is not made again");
    engine.target.advance_ms(15 * MINUTE_MS);
    assert_eq!(engine.add(&other, 1), "3");
    assert_eq!(engine.again(&queue, 2), "outcome_unknown");
}

fn a_queue_is_known_by_its_last_answer() {
    let mut engine = Engine::new(1_000);
    let mut queue = Queue::new("x");
    for sequence in 1..=200 {
        engine.add(&queue, sequence);
    }
    // What may have been sent says that all is acknowledged: enough to be deleted.
    queue.acked_through = 200;
    for _ in 0..2 {
        assert_eq!(engine.again(&queue, 202), "out_of_order");
        engine.queues(70);
        assert!(engine.rows() < 200, "{}", engine.rows());
        assert_eq!(engine.again(&queue, 202), "out_of_order");
        engine.restart();
    }
    let value = engine.again(&queue, 201);
    assert_eq!(value, "341", "it is known that it was not made");
}

fn more_queues_than_are_remembered_are_all_known() {
    let mut engine = Engine::new(100_000);
    let queues: Vec<_> = (0..20_000).map(|at| Queue::new(&format!("{at}"))).collect();
    for queue in &queues {
        queue.send(&mut engine.client, 1, "counters:add", &one("x"));
    }
    engine.client.settle();
    for at in [0, 10_000, 19_999] {
        assert_eq!(engine.again(&queues[at], 1), (at + 1).to_string());
        assert_eq!(engine.add(&queues[at], 3), "out_of_order");
    }
}
