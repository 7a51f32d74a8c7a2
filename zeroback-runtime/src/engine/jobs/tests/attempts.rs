//! Which attempts of actions count, and that none is lost.

use super::*;

#[test]
fn all_actions_are_tried_again_whose_server_is_gone_however_many() {
    const COUNT: u32 = 2_500;
    let limits = JobLimits {
        jobs_per_mutation_max: 10_000,
        jobs_per_turn: 10_000,
        job_actions_max: 10_000,
        ..JobLimits::default()
    };
    let store = TestStore::new();
    let open = |now| {
        let mut server = Server::open(&store, app(), limits, now);
        server.engine.config.actions_max = 10_000;
        server
    };
    let mut server = open(START);
    server.run(&plan_actions::Args { count: COUNT });
    server.wake();
    assert_eq!(server.started.len(), COUNT as usize);
    let now = server.now;
    drop(server);
    let mut server = open(now);
    server.settle();
    server.now = now + Duration::from_secs(60);
    server.settle();
    assert_eq!(server.started.len(), COUNT as usize);
}

#[test]
fn an_action_for_which_there_is_no_room_loses_no_attempt() {
    let mut server = Server::new(&TestStore::new());
    server.engine.config.actions_max = 1;
    let ids = server.run(&plan_actions::Args { count: 1 });
    // A client's own action takes up all the room, for longer than all attempts would last.
    server.ask(act::Args::PATH, &json!({ "number": 7 }));
    for _ in 0..50 {
        server.wake();
        assert_eq!(server.started.len(), 1);
    }
    let status = server.status(&ids[0]);
    assert_eq!(status["state"], "scheduled", "{status}");
    server.end_action(Ok("7"));
    server.wake();
    server.check(&ids[0], "running", 1);
    server.end_action(Ok("0"));
    server.check(&ids[0], "done", 1);
}
