//! Crons in virtual time, over restarts and changes of the code.

use super::*;
use crate::schedule::Schedule;
use crate::system::crons::Cron;

/// Is entered by the clock.
#[mutation(internal)]
fn tick(ctx: &MutationCtx) -> Result<()> {
    let entries = ctx.db.query::<Entry>().count()?;
    let text = format!("tick {entries}");
    ctx.db.insert(Entry { text })?;
    if entries == 1 {
        return Err(Error::conflict("the second one fails"));
    }
    Ok(())
}

#[action(internal)]
async fn act_by_the_clock(_ctx: &ActionCtx) -> Result<()> {
    Ok(())
}

const EVERY_MINUTE: &[Schedule] = &[Schedule::Every { seconds: 60 }];
const TWICE: &[Schedule] = &[
    Schedule::Every { seconds: 60 },
    Schedule::Cron("*/5 * * * *"),
];

fn ticking(schedules: &'static [Schedule]) -> App {
    app().with_schedules(tick::Args::PATH, schedules)
}

fn open_at(store: &TestStore, app: App, now: Timestamp) -> Server {
    let mut server = Server::open(store, app, JobLimits::default(), now);
    server.settle();
    server
}

fn second(count: u64) -> Timestamp {
    START + Duration::from_secs(count)
}

fn keys(server: &Server) -> Vec<String> {
    let run = Run::of_engine(&server.engine, "test", server.now);
    let crons = Reader::new(run).query::<Cron>().collect().unwrap();
    crons.into_iter().map(|cron| cron.key.clone()).collect()
}

#[test]
fn a_cron_runs_at_its_times_also_behind_one_that_fails() {
    let mut server = open_at(&TestStore::new(), ticking(EVERY_MINUTE), START);
    for minute in 1..=4 {
        server.wake();
        assert_eq!(server.now, second(60 * minute));
    }
    // The first is there; those behind it find one and fail.
    assert_eq!(server.entries(), 1);
    let failed = json!({ "state": "failed", "page": { "limit": 10 } });
    let failed = server.call("_zeroback:jobs", &failed);
    assert_eq!(failed["value"]["items"].as_array().unwrap().len(), 3);
}

#[test]
fn what_was_missed_runs_once_and_the_next_is_counted_from_now() {
    let store = TestStore::new();
    drop(open_at(&store, ticking(EVERY_MINUTE), START));
    // Nobody is there for an hour and 7 seconds.
    let mut server = open_at(&store, ticking(EVERY_MINUTE), second(3_607));
    let done = json!({ "state": "done", "page": { "limit": 10 } });
    let done = server.call("_zeroback:jobs", &done);
    assert_eq!(done["value"]["items"].as_array().unwrap().len(), 1);
    assert_eq!(server.engine.next_wake(), Some(second(3_660)));
}

#[test]
fn a_restart_changes_no_time() {
    let store = TestStore::new();
    drop(open_at(&store, ticking(EVERY_MINUTE), START));
    let mut server = open_at(&store, ticking(EVERY_MINUTE), second(42));
    assert_eq!(server.engine.next_wake(), Some(second(60)));
    assert_eq!(server.entries(), 0);
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_crons() {
    const DAILY: &[Schedule] = &[Schedule::Every { seconds: 60 }, Schedule::Cron("0 0 * * *")];
    let ahead = second(400 * 24 * 3_600);
    let store = TestStore::new();
    let mut server = open_at(&store, ticking(DAILY), ahead);
    server.wake();
    assert_eq!(server.entries(), 1);
    // While it runs,
    server.now = second(7);
    server.settle();
    let wake = server.engine.next_wake().expect("something is due");
    assert!(second(7) < wake && wake <= second(67), "{wake:?}");
    drop(server);
    // and over a restart.
    drop(open_at(&store, ticking(DAILY), ahead));
    let mut server = open_at(&store, ticking(DAILY), second(7));
    let wake = server.engine.next_wake().expect("something is due");
    assert!(second(7) < wake && wake <= second(67), "{wake:?}");
    let run = Run::of_engine(&server.engine, "test", server.now);
    let crons = Reader::new(run).query::<Cron>().collect().unwrap();
    let a_day = second(7 + 24 * 3_600);
    assert!(
        crons.iter().all(|cron| cron.next_at <= a_day),
        "one is too far"
    );
}

#[test]
fn a_clock_that_is_corrected_a_little_makes_nothing_run_twice() {
    let mut server = open_at(&TestStore::new(), ticking(EVERY_MINUTE), START);
    server.wake();
    server.now = second(59);
    server.settle();
    assert_eq!(server.engine.next_wake(), Some(second(120)));
    assert_eq!(server.entries(), 1);
}

#[test]
fn a_changed_schedule_holds_from_the_next_start_on() {
    const EVERY_HOUR: &[Schedule] = &[Schedule::Every { seconds: 3_600 }];
    let store = TestStore::new();
    drop(open_at(&store, ticking(EVERY_MINUTE), START));
    let mut server = open_at(&store, ticking(EVERY_HOUR), second(30));
    assert_eq!(server.engine.next_wake(), Some(second(3_630)));
    assert_eq!(
        keys(&server),
        [format!("{} every 3600 s", tick::Args::PATH)]
    );
}

#[test]
fn a_function_may_have_several_and_one_that_is_gone_is_forgotten() {
    let store = TestStore::new();
    let server = open_at(&store, ticking(TWICE), START);
    assert_eq!(keys(&server).len(), 2);
    drop(server);
    let server = open_at(&store, ticking(EVERY_MINUTE), second(1));
    assert_eq!(keys(&server).len(), 1);
    drop(server);
    let mut server = open_at(&store, app(), second(2));
    assert_eq!(keys(&server), Vec::<String>::new());
    assert_eq!(server.engine.next_wake(), None);
}

#[test]
fn a_run_that_still_goes_on_is_not_overlapped() {
    let app = app().with_schedules(act_by_the_clock::Args::PATH, EVERY_MINUTE);
    let mut server = open_at(&TestStore::new(), app, START);
    server.wake();
    assert_eq!(server.started.len(), 1);
    for _ in 0..3 {
        server.wake();
    }
    assert!(server.now >= second(120), "another time has passed");
    assert_eq!(server.started.len(), 1);
    server.end_action(Ok("null"));
    while server.started.is_empty() {
        server.wake();
    }
    let running = json!({ "state": "running", "page": { "limit": 10 } });
    let running = server.call("_zeroback:jobs", &running);
    assert_eq!(running["value"]["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_cron_runs_once_wherever_the_server_dies() {
    let mut deaths = 0;
    for statements in 0.. {
        let store = TestStore::new();
        let mut server = open_at(&store, ticking(EVERY_MINUTE), START);
        server.now = second(60);
        store.die_after(statements);
        server.turn();
        server.turn();
        drop(server);
        let has_died = store.revive();
        let mut server = open_at(&store, ticking(EVERY_MINUTE), second(61));
        assert_eq!(server.entries(), 1, "after {statements} statements");
        assert_eq!(server.engine.next_wake(), Some(second(120)));
        if !has_died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 5);
}
