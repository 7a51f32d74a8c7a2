//! Jobs in virtual time: exactly once or at least once, whatever dies in between.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use serde_json::{Value as Json, json};
use zeroback_macros::{Table, action, mutation, query};
use zeroback_protocol::{Call, FunctionCall, RawJson, Timestamp, encode};

use crate::db::Reader;
use crate::engine::run::Run;
use crate::engine::schema::tests::store::TestStore;
use crate::engine::transfer::{Archive, ExportLimits, ImportLimits, export};
use crate::engine::{ActionId, Engine, EngineConfig, JobLimits, Output, Ticket};
use crate::{ActionCtx, App, Error, JobId, MutationCtx, QueryCtx, Result};

/// What has happened.
#[derive(Table)]
#[table(name = "entries")]
struct Entry {
    text: String,
}

#[query]
fn entries(ctx: &QueryCtx) -> Result<Vec<String>> {
    let entries = ctx.db.query::<Entry>().collect()?;
    Ok(entries
        .into_iter()
        .map(|entry| entry.text.clone())
        .collect())
}

#[mutation(internal)]
fn enter(ctx: &MutationCtx, text: String) -> Result<()> {
    ctx.db.insert(Entry { text })?;
    Ok(())
}

#[mutation]
fn plan(ctx: &MutationCtx, count: u32, after_ms: u64) -> Result<Vec<JobId>> {
    let after = Duration::from_millis(after_ms);
    let jobs = (0..count).map(|at| {
        let text = at.to_string();
        ctx.scheduler.run_after(after, enter::Args { text })
    });
    jobs.collect()
}

#[action(internal)]
async fn act(_ctx: &ActionCtx, number: u32) -> Result<u32> {
    Ok(number)
}

#[mutation]
fn plan_actions(ctx: &MutationCtx, count: u32) -> Result<Vec<JobId>> {
    let jobs = (0..count).map(|number| {
        ctx.scheduler
            .run_after(Duration::from_secs(1), act::Args { number })
    });
    jobs.collect()
}

const START: Timestamp = Timestamp::from_unix_ms(1_790_000_000_000);

/// An engine on a database that outlives it.
struct Server {
    engine: Engine<TestStore>,
    now: Timestamp,
    last_ticket: u64,
    replies: BTreeMap<Ticket, Json>,
    started: Vec<ActionId>,
}

impl Server {
    fn open(store: &TestStore, app: App, jobs: JobLimits, now: Timestamp) -> Self {
        let config = EngineConfig {
            jobs,
            ..EngineConfig::default()
        };
        Self {
            engine: Engine::open(store.clone(), app, config, now, 1).unwrap(),
            now,
            last_ticket: 0,
            replies: BTreeMap::new(),
            started: Vec::new(),
        }
    }

    fn new(store: &TestStore) -> Self {
        Self::open(store, app(), JobLimits::default(), START)
    }

    fn turn(&mut self) {
        self.engine.turn(self.now);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Reply { ticket, body, .. } => {
                    let body = serde_json::from_str(&body).unwrap();
                    self.replies.insert(ticket, body);
                }
                Output::Start { action } => {
                    self.engine.take_action(action).expect("it has begun");
                    self.started.push(action);
                }
                _ => {}
            }
        }
    }

    fn settle(&mut self) {
        self.turn();
        while self.engine.needs_turn() {
            self.turn();
        }
    }

    /// Goes on to where something is due.
    fn wake(&mut self) {
        let wake = self.engine.next_wake().expect("something is due");
        self.now = self.now.max(wake);
        self.settle();
    }

    fn ask(&mut self, path: &str, args: &Json) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let call = Call {
            path: path.to_owned(),
            args: RawJson::from_encoded(args.to_string()),
        };
        self.engine.handle_operator_call(ticket, &call);
        ticket
    }

    fn call(&mut self, path: &str, args: &Json) -> Json {
        let ticket = self.ask(path, args);
        self.settle();
        self.replies.remove(&ticket).expect("it is answered")
    }

    #[track_caller]
    fn run<C: FunctionCall>(&mut self, call: &C) -> Json {
        let args = serde_json::from_str(&encode(call).unwrap()).unwrap();
        let reply = self.call(C::PATH, &args);
        assert_eq!(reply["status"], "success", "{reply}");
        reply["value"].clone()
    }

    fn entries(&mut self) -> usize {
        self.run(&entries::Args).as_array().unwrap().len()
    }

    fn status(&mut self, id: &Json) -> Json {
        self.call("_zeroback:status", &json!({ "id": id }))["value"].clone()
    }

    #[track_caller]
    fn check(&mut self, id: &Json, state: &str, attempts: u32) {
        let status = self.status(id);
        assert_eq!(status["state"], state, "{status}");
        assert_eq!(status["attempts"], attempts, "{status}");
    }

    fn end_action(&mut self, result: Result<&str>) {
        let id = self.started.remove(0);
        self.engine.handle_action_end(id, result.map(str::to_owned));
        self.settle();
    }
}

fn app() -> App {
    App::collect(&["zeroback_runtime"])
}

#[test]
fn clients_get_their_turn_between_two_batches() {
    let mut server = Server::new(&TestStore::new());
    server.run(&plan::Args {
        count: 1_000,
        after_ms: 1_000,
    });
    server.now = server.engine.next_wake().unwrap();
    for batch in 1..=10 {
        let ticket = server.ask(entries::Args::PATH, &json!({}));
        server.turn();
        let reply = server
            .replies
            .remove(&ticket)
            .expect("it is not kept waiting");
        assert_eq!(reply["value"].as_array().unwrap().len(), batch * 100);
        assert_eq!(server.engine.needs_turn(), batch < 10);
    }
    assert_eq!(server.engine.next_wake(), None);
}

#[test]
fn a_mutation_runs_once_wherever_the_server_dies() {
    let mut deaths = 0;
    for statements in 0.. {
        let store = TestStore::new();
        let mut server = Server::new(&store);
        let ids = server.run(&plan::Args {
            count: 2,
            after_ms: 1_000,
        });
        server.now = START + Duration::from_secs(1);
        store.die_after(statements);
        server.turn();
        let now = server.now;
        drop(server);
        let has_died = store.revive();
        let mut server = Server::open(&store, app(), JobLimits::default(), now);
        server.settle();
        assert_eq!(server.entries(), 2, "after {statements} statements");
        server.check(&ids[0], "done", 1);
        server.check(&ids[1], "done", 1);
        if !has_died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 5);
}

#[test]
fn an_action_runs_at_least_once_wherever_the_server_dies() {
    let mut deaths = 0;
    for statements in 0.. {
        let store = TestStore::new();
        let mut server = Server::new(&store);
        let ids = server.run(&plan_actions::Args { count: 1 });
        server.now = START + Duration::from_secs(1);
        store.die_after(statements);
        server.turn();
        if !server.started.is_empty() {
            server
                .engine
                .handle_action_end(server.started[0], Ok("0".to_owned()));
            server.turn();
        }
        let (now, begun) = (server.now, server.started.len());
        drop(server);
        let has_died = store.revive();
        let mut server = Server::open(&store, app(), JobLimits::default(), now);
        server.settle();
        let attempts = server.status(&ids[0])["attempts"].as_u64().unwrap();
        assert!(
            attempts as usize >= begun,
            "each is counted before it begins"
        );
        while server.status(&ids[0])["state"] != "done" {
            if server.started.is_empty() {
                server.wake();
            }
            server.end_action(Ok("0"));
        }
        if !has_died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 5);
}

#[test]
fn an_action_whose_server_is_gone_is_tried_again_after_a_pause() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    let ids = server.run(&plan_actions::Args { count: 1 });
    server.wake();
    server.check(&ids[0], "running", 1);
    let now = server.now;
    // Whoever may lose the engine is to look after it meanwhile.
    assert!(server.engine.next_wake().is_some_and(|wake| wake > now));
    drop(server);
    let mut server = Server::open(&store, app(), JobLimits::default(), now);
    server.settle();
    server.check(&ids[0], "scheduled", 1);
    assert_eq!(
        server.engine.next_wake(),
        Some(now + Duration::from_secs(1))
    );
    server.wake();
    server.check(&ids[0], "running", 2);
    server.end_action(Ok("0"));
    server.check(&ids[0], "done", 2);
    assert_eq!(server.engine.next_wake(), None);
}

#[test]
fn a_job_that_the_store_has_failed_is_made_after_a_pause() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    let ids = server.run(&plan::Args {
        count: 1,
        after_ms: 0,
    });
    server.check(&ids[0], "done", 1);
    let ids = server.run(&plan::Args {
        count: 1,
        after_ms: 1_000,
    });
    server.now = START + Duration::from_secs(1);
    store.die_after(2);
    server.turn();
    assert!(
        !server.engine.needs_turn(),
        "at once the store would fail again"
    );
    store.revive();
    server.wake();
    assert_eq!(server.now, START + Duration::from_secs(2));
    server.check(&ids[0], "done", 1);
    assert_eq!(server.entries(), 2);
}

#[test]
fn a_job_is_made_whichever_statement_fails() {
    for statement in 0.. {
        let store = TestStore::new();
        let mut server = Server::new(&store);
        let ids = server.run(&plan::Args {
            count: 1,
            after_ms: 1_000,
        });
        server.now = START + Duration::from_secs(1);
        store.fail_at(statement);
        server.settle();
        if store.is_to_fail() {
            assert!(statement > 5, "a job asks the store more than that");
            return;
        }
        for _ in 0..2 {
            if server.engine.next_wake().is_some() {
                server.wake();
            }
        }
        let status = server.status(&ids[0]);
        assert_eq!(status["state"], "done", "statement {statement}: {status}");
        assert_eq!(server.entries(), 1, "statement {statement}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_pause_longer() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    server.run(&plan::Args {
        count: 1,
        after_ms: 1_000,
    });
    server.now = START + Duration::from_secs(1);
    store.die_after(2);
    server.turn();
    store.revive();
    let earlier = Timestamp::from_unix_ms(START.unix_ms() - 600_000);
    server.now = earlier;
    let ids = server.run(&plan::Args {
        count: 1,
        after_ms: 0,
    });
    server.wake();
    assert_eq!(server.now, earlier + Duration::from_secs(1));
    server.check(&ids[0], "done", 1);
}

#[test]
fn so_many_actions_run_at_a_time_and_the_others_wait() {
    let limits = JobLimits {
        job_actions_max: 2,
        ..JobLimits::default()
    };
    let mut server = Server::open(&TestStore::new(), app(), limits, START);
    let ids = server.run(&plan_actions::Args { count: 3 });
    server.wake();
    assert_eq!(server.started.len(), 2);
    server.check(&ids[2], "scheduled", 0);
    // Mutations do not wait for them.
    server.run(&plan::Args {
        count: 1,
        after_ms: 0,
    });
    assert_eq!(server.entries(), 1);
    server.end_action(Ok("0"));
    assert_eq!(server.started.len(), 2);
    server.check(&ids[2], "running", 1);
}

#[test]
fn a_job_whose_function_is_gone_is_dead() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    let ids = server.run(&plan::Args {
        count: 1,
        after_ms: 1_000,
    });
    drop(server);
    let mut server = Server::open(&store, App::collect(&[]), JobLimits::default(), START);
    server.wake();
    server.check(&ids[0], "dead", 0);
    let error = &server.status(&ids[0])["error"];
    assert_eq!(error["code"], "function_not_found");
    let path = enter::Args::PATH;
    let expected = format!("there is no function \"{path}\" any more");
    assert_eq!(error["message"], expected);
    // When it is back, the operator has it made.
    drop(server);
    let mut server = Server::open(&store, app(), JobLimits::default(), START);
    let dead = server.call(
        "_zeroback:jobs",
        &json!({ "state": "dead", "page": { "limit": 10 } }),
    );
    let dead = &dead["value"]["items"];
    assert_eq!(dead.as_array().unwrap().len(), 1);
    assert_eq!(dead[0]["id"], ids[0]);
    let retried = server.call("_zeroback:retry", &json!({ "id": ids[0] }));
    assert_eq!(retried["value"], true);
    server.check(&ids[0], "done", 1);
    let again = server.call("_zeroback:retry", &json!({ "id": ids[0] }));
    assert_eq!(again["value"], false);
}

#[test]
fn an_action_with_arguments_that_are_wrong_now_is_not_tried_again() {
    let mut server = Server::new(&TestStore::new());
    let ids = server.run(&plan_actions::Args { count: 1 });
    server.wake();
    server.end_action(Err(Error::new(
        zeroback_protocol::ErrorCode::BAD_ARGS,
        "no",
    )));
    server.check(&ids[0], "dead", 1);
}

#[test]
fn there_are_not_more_jobs_than_may_wait_and_be_kept() {
    let limits = JobLimits {
        jobs_waiting_max: 5,
        jobs_ended_max: 3,
        ..JobLimits::default()
    };
    let store = TestStore::new();
    let mut server = Server::open(&store, app(), limits, START);
    server.settle();
    server.run(&plan::Args {
        count: 3,
        after_ms: 1_000,
    });
    let three_more = json!({ "count": 3, "afterMs": 1_000 });
    let refused = server.call(plan::Args::PATH, &three_more);
    assert_eq!(refused["errorCode"], "too_many_jobs", "{refused}");
    // What was refused has taken up no room, neither here nor for the next engine.
    server.run(&plan::Args {
        count: 1,
        after_ms: 1_000,
    });
    drop(server);
    let mut server = Server::open(&store, app(), limits, START);
    server.settle();
    server.run(&plan::Args {
        count: 1,
        after_ms: 1_000,
    });
    let refused = server.call(plan::Args::PATH, &json!({ "count": 1, "afterMs": 0 }));
    assert_eq!(refused["errorCode"], "too_many_jobs", "{refused}");
    server.wake();
    assert_eq!(server.entries(), 5);
    // The five have ended in the batch that first looks at how many are kept.
    server.run(&plan::Args {
        count: 1,
        after_ms: 0,
    });
    let done = json!({ "state": "done", "page": { "limit": 10 } });
    let done = server.call("_zeroback:jobs", &done);
    assert_eq!(done["value"]["items"].as_array().unwrap().len(), 4);
}

#[test]
fn uploads_leave_room_for_jobs() {
    let limits = JobLimits {
        jobs_waiting_max: 6,
        ..JobLimits::default()
    };
    let store = TestStore::new();
    let mut server = Server::open(&store, app(), limits, START);
    server.settle();
    let mut upload = || {
        server.call(
            "_zeroback:upload_url",
            &json!({ "options": { "contentTypes": [] } }),
        )
    };
    for _ in 0..3 {
        let told = upload();
        assert_eq!(told["status"], "success", "{told}");
    }
    assert_eq!(upload()["errorCode"], "too_many_jobs");
    server.run(&plan::Args {
        count: 3,
        after_ms: 1_000,
    });
}

#[test]
fn an_export_takes_the_jobs_along_and_an_import_has_them_run() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    let waits = server.run(&plan::Args {
        count: 1,
        after_ms: 5_000,
    });
    let runs = server.run(&plan_actions::Args { count: 1 });
    server.wake();
    server.check(&runs[0], "running", 1);
    let mut archive = Vec::new();
    export(&store, server.now, ExportLimits::NONE, &mut archive).unwrap();
    let archive = Archive::open(Cursor::new(archive)).unwrap();
    let mut other = Server::new(&TestStore::new());
    other.settle();
    other.now = server.now;
    let limits = ImportLimits::default();
    other.engine.import(&archive, limits, other.now).unwrap();
    other.settle();
    // Its action is not one that runs here.
    other.check(&runs[0], "scheduled", 1);
    other.wake();
    other.end_action(Ok("0"));
    other.check(&runs[0], "done", 2);
    other.wake();
    other.check(&waits[0], "done", 1);
    assert_eq!(other.entries(), 1);
}

#[test]
fn a_client_reaches_none_of_the_functions_behind_it() {
    let mut server = Server::new(&TestStore::new());
    for (kind, path) in [
        (
            zeroback_protocol::FunctionKind::Mutation,
            "_zeroback:schedule",
        ),
        (
            zeroback_protocol::FunctionKind::Mutation,
            "_zeroback:cancel",
        ),
        (zeroback_protocol::FunctionKind::Mutation, "_zeroback:retry"),
        (zeroback_protocol::FunctionKind::Query, "_zeroback:status"),
        (zeroback_protocol::FunctionKind::Query, "_zeroback:jobs"),
    ] {
        let body = json!({ "path": path, "args": {} }).to_string();
        server.engine.handle_call(Ticket(7), kind, None, &body);
        server.settle();
        let reply = server.replies.remove(&Ticket(7)).unwrap();
        assert_eq!(reply["errorCode"], "function_not_found", "{path}");
    }
}

#[test]
fn an_engine_without_jobs_asks_the_store_nothing_for_them() {
    let store = TestStore::new();
    let mut server = Server::new(&store);
    server.settle();
    store.take_statements();
    assert_eq!(server.engine.next_wake(), None);
    server.turn();
    assert_eq!(store.take_statements(), Vec::<String>::new());
    server.run(&enter::Args {
        text: "x".to_owned(),
    });
    let asked = store.take_statements();
    assert!(
        !asked.iter().any(|sql| sql.contains("_zeroback_jobs")),
        "{asked:#?}"
    );
}

mod attempts;
mod crons;
