//! The Rust client against a real host, over real sockets.

use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use suite_fixture::{actions, counters, failing, identity};
use zeroback::client::{
    CallError, Client, ClientOptions, Phase, QueryState, Reply, Snapshot, Subscription, TypedCall,
};
use zeroback_protocol::QueryCall;

use super::chapter;
use crate::issuer::{Key, draft, token};
use crate::proxy::Proxy;
use crate::target::End;
use crate::target::socket::{PATIENCE, RUNTIME};
use crate::world::World;

chapter!("rust_client", Host:
    a_reply_comes_when_the_client_s_own_queries_show_it,
    errors_have_their_types,
    a_guess_is_shown_at_once_and_once,
    a_snapshot_is_shown_at_once_and_held_against_the_server,
    a_client_that_is_closed_ends_its_streams_and_fails_its_calls,
    an_action_outlives_a_lost_connection,
    mutations_are_made_once_over_lost_connections,
    a_token_is_replaced_before_it_expires;
    HostRestart: mutations_are_made_once_over_stops;
    HostKill: mutations_are_made_once_over_kills,
);

pub(super) fn client_at(address: SocketAddr) -> Client {
    // A client lives on the runtime in which it is made.
    let _runtime = RUNTIME.enter();
    let options = ClientOptions::new(format!("http://{address}/ws"))
        .backoff(Duration::from_millis(5), Duration::from_millis(50));
    Client::new(options).expect("it is an address")
}

#[track_caller]
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let patience = Duration::from_secs(PATIENCE);
    let waited = RUNTIME.block_on(async { tokio::time::timeout(patience, future).await });
    waited.expect("it comes")
}

/// Waits for what a call returns.
#[track_caller]
pub(super) fn made<C: TypedCall<Error: Debug>>(reply: Reply<C>) -> C::Output {
    match wait(reply) {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Waits until a query shows a value.
#[track_caller]
fn wait_for<C>(live: &mut Subscription<C>, value: &C::Output)
where
    C: QueryCall + TypedCall<Output: PartialEq + Debug, Error: Debug>,
{
    wait(async {
        while let Some(state) = live.next().await {
            if state.data().is_some_and(|data| **data == *value) {
                return;
            }
        }
        panic!("the client was closed");
    });
}

fn value_of(name: &str) -> counters::value::Args {
    counters::value::Args {
        name: name.to_owned(),
    }
}

fn add_to(name: &str, by: i64) -> counters::add::Args {
    counters::add::Args {
        name: name.to_owned(),
        by,
    }
}

fn shown<C: QueryCall + TypedCall<Output: Copy>>(live: &Subscription<C>) -> Option<C::Output> {
    live.state().data().map(|data| **data)
}

fn a_reply_comes_when_the_client_s_own_queries_show_it(world: &mut World<'_>) {
    let name = world.list();
    let [ann, bob] = [world.address(); 2].map(client_at);
    let mut live = ann.subscribe(value_of(&name));
    let again = ann.subscribe(value_of(&name));
    wait_for(&mut live, &0);
    for expected in 1..=20 {
        assert_eq!(made(ann.mutate(add_to(&name, 1))), expected);
        assert_eq!([shown(&live), shown(&again)], [Some(expected); 2]);
    }
    let states = [live.state(), again.state()];
    let [Some(one), Some(other)] = states.each_ref().map(QueryState::data) else {
        panic!("both have one");
    };
    assert!(std::sync::Arc::ptr_eq(one, other), "it was decoded once");
    assert_eq!(made(bob.query(value_of(&name))), 20);
    assert_eq!(made(bob.mutate(add_to(&name, 1))), 21);
    wait_for(&mut live, &21);
}

fn errors_have_their_types(world: &mut World<'_>) {
    let client = client_at(world.address());
    let transfer = |count| failing::transfer::Args {
        name: "nobody's".to_owned(),
        count,
    };
    match wait(client.mutate(transfer(0))) {
        Err(CallError::App(failing::TransferError::Locked)) => {}
        other => panic!("{other:?}"),
    }
    match wait(client.mutate(transfer(3))) {
        Err(CallError::App(failing::TransferError::OutOfStock { missing: 3 })) => {}
        other => panic!("{other:?}"),
    }
    match wait(client.query(failing::not_found::Args)) {
        Err(CallError::System(error)) => {
            assert_eq!(error.code.as_str(), "not_found");
            assert!(error.request_id.is_some(), "the log has it");
        }
        other => panic!("{other:?}"),
    }
    let mut live = client.subscribe(failing::not_found::Args);
    let state = wait(live.next()).expect("the client is open");
    let code = state.error().and_then(|error| error.system());
    assert_eq!(code.map(|error| error.code.as_str()), Some("not_found"));
}

fn a_guess_is_shown_at_once_and_once(world: &mut World<'_>) {
    let name = world.list();
    let client = client_at(world.address());
    let mut live = client.subscribe(value_of(&name));
    wait_for(&mut live, &0);
    for expected in 1..=20 {
        let mutation = client.mutation(add_to(&name, 1)).optimistic(|store, args| {
            let list = counters::value::Args {
                name: args.name.clone(),
            };
            store.update(&list, |value| *value += args.by);
        });
        let reply = mutation.send();
        assert_eq!(
            shown(&live),
            Some(expected),
            "before the server knows of it"
        );
        assert_eq!(made(reply), expected);
        assert_eq!(shown(&live), Some(expected), "and behind its answer");
    }
    let reply = client
        .mutation(failing::transfer::Args { name, count: 0 })
        .optimistic(move |store, args| store.set(&value_of(&args.name), -1));
    let reply = reply.send();
    assert_eq!(shown(&live), Some(-1));
    assert!(wait(reply).is_err());
    assert_eq!(shown(&live), Some(20), "it is taken back");
}

fn a_snapshot_is_shown_at_once_and_held_against_the_server(world: &mut World<'_>) {
    let name = world.list();
    let [ann, bob] = [world.address(); 2].map(client_at);
    let mut live = ann.subscribe(value_of(&name));
    assert_eq!(live.snapshot(), None, "nothing has come");
    wait_for(&mut live, &0);
    // It goes through a page, for one.
    let page = serde_json::to_string(&live.snapshot()).expect("it is JSON");
    let snapshot: Option<Snapshot> = serde_json::from_str(&page).expect("it reads back");
    bob.seed(&value_of(&name), snapshot.expect("there is one"));
    let mut seeded = bob.subscribe(value_of(&name));
    assert_eq!(shown(&seeded), Some(0), "before anything has come");
    wait(async {
        while let Some(state) = seeded.next().await {
            if matches!(state, QueryState::Ready { stale: false, .. }) {
                return;
            }
        }
    });
    assert_eq!(made(ann.mutate(add_to(&name, 1))), 1);
    wait_for(&mut seeded, &1);
}

fn a_client_that_is_closed_ends_its_streams_and_fails_its_calls(world: &mut World<'_>) {
    let name = world.list();
    let gate = format!("{name} gate");
    let client = client_at(world.address());
    let mut connection = client.watch_connection();
    let mut live = client.subscribe(value_of(&name));
    wait_for(&mut live, &0);
    let phases = wait(async {
        let mut phases = Vec::new();
        while let Some(state) = connection.next().await {
            phases.push(state.phase);
            if state.is_connected() {
                break;
            }
        }
        phases
    });
    assert_eq!(phases.last(), Some(&Phase::Connected), "{phases:?}");
    let pending = client.action(actions::wait::Args { gate });
    // Its answer says that the action was sent.
    assert_eq!(made(client.query(value_of(&name))), 0);
    client.close();
    let error = wait(pending).expect_err("nobody answers");
    assert!(error.is_outcome_unknown(), "{error}");
    let error = wait(client.mutate(add_to(&name, 1))).expect_err("it is closed");
    let code = error.system().map(|error| error.code.as_str());
    assert_eq!(code, Some("client_closed"));
    assert!(wait(live.next()).is_none(), "it has ended");
    let last = wait(connection.next()).expect("one more");
    assert_eq!(last.phase, Phase::Disconnected);
    assert!(wait(connection.next()).is_none(), "and no more");
}

fn an_action_outlives_a_lost_connection(world: &mut World<'_>) {
    let name = world.list();
    let gate = format!("{name} gate");
    let proxy = Proxy::to(world.address());
    let [ann, bob] = [proxy.address(), world.address()].map(client_at);
    let waiting = format!("{name} began");
    let began = ann.action(actions::add_behind::Args {
        name: name.clone(),
        gate: gate.clone(),
    });
    // Its answer says that the action, which was sent before, is there too.
    assert_eq!(made(ann.mutate(add_to(&waiting, 1))), 1);
    proxy.cut();
    assert_eq!(made(bob.mutate(add_to(&gate, 1))), 1);
    assert_eq!(made(began), 1);
    assert_eq!(made(bob.query(value_of(&name))), 1, "it ran once");
}

fn mutations_are_made_once_over_lost_connections(world: &mut World<'_>) {
    let proxy = Proxy::to(world.address());
    are_made_once(&world.list(), &proxy, 12, || proxy.cut());
}

fn mutations_are_made_once_over_stops(world: &mut World<'_>) {
    let proxy = Proxy::to(world.address());
    are_made_once(&world.list(), &proxy, 3, || {
        world.restart(End::Stop);
        proxy.lead_to(world.address());
    });
}

fn mutations_are_made_once_over_kills(world: &mut World<'_>) {
    let proxy = Proxy::to(world.address());
    are_made_once(&world.list(), &proxy, 12, || {
        world.restart(End::Kill);
        proxy.lead_to(world.address());
    });
}

/// Calls many mutations, and has something go wrong amid them, so often. What each returns follows from those before
/// it: one that was made twice, or lost, or out of its order shows at once.
fn are_made_once(name: &str, proxy: &Proxy, times: i64, mut go_wrong: impl FnMut()) {
    const CALLS: i64 = 40;
    let client = client_at(proxy.address());
    let mut live = client.subscribe(value_of(name));
    wait_for(&mut live, &0);
    for time in 0..times {
        let call = |_| client.mutate(add_to(name, 1));
        let mut replies = (0..CALLS).map(call).collect::<Vec<_>>().into_iter();
        let mut expected = time * CALLS;
        // Once none, once some, once nearly all are answered when it goes wrong.
        let answered = usize::try_from(time % 3 * 18).expect("it is small");
        for reply in replies.by_ref().take(answered) {
            expected += 1;
            assert_eq!(made(reply), expected);
        }
        go_wrong();
        for reply in replies {
            expected += 1;
            assert_eq!(made(reply), expected);
            let seen = shown(&live).expect("it had a result before");
            assert!(seen >= expected, "{seen} is shown behind {expected}");
        }
    }
    assert_eq!(shown(&live), Some(times * CALLS));
    assert_eq!(client.connection_state().inflight_mutations, 0);
}

fn a_token_is_replaced_before_it_expires(world: &mut World<'_>) {
    let client = client_at(world.address());
    let (tell, asked) = mpsc::channel();
    client.set_auth(move |request| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_s = now.expect("it is later").as_secs();
        // Refreshed when half of its life is over.
        let mut first = draft(Key::Ed25519(1), "ann");
        first.claims["exp"] = (now_s + 3).into();
        let token = match request.force_refresh {
            false => first.sign(),
            true => token("ann"),
        };
        tell.send(request.force_refresh).expect("somebody listens");
        async move { Ok(Some(token)) }
    });
    let mut live = client.subscribe(identity::who::Args);
    wait_for(&mut live, &Some("ann".to_owned()));
    assert_eq!(client.connection_state().is_authenticated, Some(true));
    let patience = Duration::from_secs(PATIENCE);
    let asked: Vec<_> = (0..2).map(|_| asked.recv_timeout(patience)).collect();
    assert_eq!(asked, [Ok(false), Ok(true)]);
    assert_eq!(
        made(client.query(identity::who::Args)),
        Some("ann".to_owned())
    );
    client.clear_auth();
    wait_for(&mut live, &None);
    assert_eq!(made(client.query(identity::who::Args)), None);
}
