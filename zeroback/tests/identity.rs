//! Who calls, in every kind of function, and which live queries run for whom.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use zeroback::prelude::*;
use zeroback::testing::{TestApp, TestSubscription};

/// A line that its owner reads, or everybody where it is public.
#[derive(Debug, Table)]
pub struct Note {
    pub owner: String,
    pub text: String,
    pub is_public: bool,
}

thread_local! {
    /// How often each query has run.
    static RUNS: RefCell<BTreeMap<&'static str, u32>> = RefCell::default();
}

fn ran(query: &'static str) {
    RUNS.with_borrow_mut(|runs| *runs.entry(query).or_default() += 1);
}

/// Returns how often a query has run since the last call.
fn runs(query: &'static str) -> u32 {
    RUNS.with_borrow_mut(|runs| runs.remove(query).unwrap_or(0))
}

#[query]
pub fn who(ctx: &QueryCtx) -> Result<Option<String>> {
    ran("who");
    Ok(ctx.auth.identity().map(|identity| identity.subject))
}

#[query]
pub fn mine(ctx: &QueryCtx) -> Result<Vec<String>> {
    ran("mine");
    let owner = ctx.auth.require()?.subject;
    let notes = ctx
        .db
        .query::<Note>()
        .filter(|note| note.owner.eq(&owner))
        .collect()?;
    Ok(notes.into_iter().map(|note| note.text.clone()).collect())
}

#[query]
pub fn count(ctx: &QueryCtx) -> Result<u64> {
    ran("count");
    ctx.db.query::<Note>().count()
}

/// Asks who it is only where there is a note that is not public.
#[query]
pub fn visible(ctx: &QueryCtx) -> Result<Vec<String>> {
    ran("visible");
    let mut seen = Vec::new();
    for note in ctx.db.query::<Note>().collect()? {
        let is_seen = note.is_public
            || ctx
                .auth
                .identity()
                .is_some_and(|identity| identity.subject == note.owner);
        if is_seen {
            seen.push(note.text.clone());
        }
    }
    Ok(seen)
}

#[mutation]
pub fn write(ctx: &MutationCtx, text: String, is_public: bool) -> Result<Id<Note>> {
    let owner = ctx.auth.require()?.subject;
    ctx.db.insert(Note {
        owner,
        text,
        is_public,
    })
}

#[mutation(internal)]
pub fn publish(ctx: &MutationCtx, is_public: bool) -> Result<()> {
    for note in ctx.db.query::<Note>().collect()? {
        let patch = NotePatch {
            is_public: Some(is_public),
            ..NotePatch::default()
        };
        ctx.db.patch(note.id(), patch)?;
    }
    Ok(())
}

/// Returns whom the action, a query of it, and an action of it take for its caller.
#[action]
pub async fn whose(ctx: &ActionCtx, deeper: bool) -> Result<Vec<Option<String>>> {
    let own = ctx.auth.identity().map(|identity| identity.subject);
    let mut all = vec![own, ctx.run_query(who::Args {}).await?];
    if deeper {
        all.extend(ctx.run_action(whose::Args { deeper: false }).await?);
        ctx.run_mutation(write::Args {
            text: "by an action".into(),
            is_public: true,
        })
        .await?;
    }
    Ok(all)
}

zeroback::app!();

fn user(subject: &str) -> Identity {
    Identity {
        subject: subject.into(),
        ..Identity::default()
    }
}

fn note(text: &str, is_public: bool) -> write::Args {
    write::Args {
        text: text.into(),
        is_public,
    }
}

/// Returns the newest of what a subscription was sent, and nothing where it was sent nothing.
fn latest<C>(subscription: &mut TestSubscription<C>) -> Option<C::Output>
where
    C: QueryCallOf,
{
    let mut latest = None;
    while let Some(result) = subscription.next() {
        latest = Some(result.unwrap_or_else(|_| panic!("the query has failed")));
    }
    latest
}

use zeroback::__private::QueryCall;

/// A query whose results are values.
trait QueryCallOf: QueryCall<Output: zeroback::Value, Error = Error> {}
impl<C: QueryCall<Output: zeroback::Value, Error = Error>> QueryCallOf for C {}

#[test]
fn every_function_knows_its_caller() {
    let t = TestApp::new(app());
    assert_eq!(t.query(who::Args {}).unwrap(), None);
    let error: Error = t.mutation(note("x", true)).unwrap_err().into();
    assert_eq!(error.code().as_str(), "unauthenticated");
    let ada = t.as_user(user("ada"));
    assert_eq!(ada.query(who::Args {}).unwrap(), Some("ada".into()));
    ada.mutation(note("x", true)).unwrap();
    assert_eq!(ada.query(mine::Args {}).unwrap(), ["x"]);
    let whose = ada.action(whose::Args { deeper: true }).unwrap();
    assert_eq!(whose, vec![Some("ada".to_owned()); 4]);
    assert_eq!(ada.query(mine::Args {}).unwrap().len(), 2);
    assert_eq!(
        t.action(whose::Args { deeper: false }).unwrap(),
        [None, None]
    );
}

#[test]
fn a_query_that_does_not_ask_runs_once_for_all() {
    let t = TestApp::new(app());
    let (ada, ben) = (t.as_user(user("ada")), t.as_user(user("ben")));
    let mut of_all = [&t, &ada, &ben].map(|app| app.subscribe(count::Args {}));
    assert_eq!(runs("count"), 1);
    ada.mutation(note("x", true)).unwrap();
    assert_eq!(runs("count"), 1);
    for subscription in &mut of_all {
        assert_eq!(latest(subscription), Some(1));
    }
}

#[test]
fn a_query_that_asks_runs_once_for_each_who_subscribes() {
    let t = TestApp::new(app());
    let (ada, ben) = (t.as_user(user("ada")), t.as_user(user("ben")));
    let mut of_ada = [(); 3].map(|()| ada.subscribe(mine::Args {}));
    let mut of_ben = ben.subscribe(mine::Args {});
    assert_eq!(runs("mine"), 2);
    // The push runs as the subscriber, and not as whoever has written, nor as nobody.
    ben.mutation(note("of ben", true)).unwrap();
    ada.mutation(note("of ada", true)).unwrap();
    for subscription in &mut of_ada {
        assert_eq!(latest(subscription), Some(vec!["of ada".into()]));
    }
    assert_eq!(latest(&mut of_ben), Some(vec!["of ben".into()]));
}

#[test]
fn a_query_that_begins_to_ask_is_split_and_joined_again() {
    let t = TestApp::new(app());
    let (ada, ben) = (t.as_user(user("ada")), t.as_user(user("ben")));
    let mut of_ada = ada.subscribe(visible::Args {});
    let mut of_ben = ben.subscribe(visible::Args {});
    ada.mutation(note("of ada", true)).unwrap();
    assert_eq!(latest(&mut of_ada), Some(vec!["of ada".into()]));
    assert_eq!(latest(&mut of_ben), Some(vec!["of ada".into()]));
    assert_eq!(runs("visible"), 2);

    t.mutation(publish::Args { is_public: false }).unwrap();
    assert_eq!(latest(&mut of_ada), None);
    assert_eq!(latest(&mut of_ben), Some(vec![]));
    assert_eq!(runs("visible"), 2);
    ben.mutation(note("of ben", false)).unwrap();
    assert_eq!(latest(&mut of_ada), None);
    assert_eq!(latest(&mut of_ben), Some(vec!["of ben".into()]));
    assert_eq!(runs("visible"), 2);

    t.mutation(publish::Args { is_public: true }).unwrap();
    let all = Some(vec!["of ada".into(), "of ben".into()]);
    assert_eq!(latest(&mut of_ada), all);
    assert_eq!(latest(&mut of_ben), all);
    assert_eq!(runs("visible"), 1);
    ada.mutation(note("third", true)).unwrap();
    assert_eq!(runs("visible"), 1);
    assert_eq!(latest(&mut of_ben).unwrap().len(), 3);
}

#[test]
fn a_query_that_fails_because_of_the_viewer_is_live_for_each() {
    let t = TestApp::new(app());
    let ada = t.as_user(user("ada"));
    let mut of_nobody = t.subscribe(mine::Args {});
    let mut of_ada = ada.subscribe(mine::Args {});
    let error: Error = of_nobody.next().unwrap().unwrap_err().into();
    assert_eq!(error.code().as_str(), "unauthenticated");
    assert_eq!(latest(&mut of_ada), Some(vec![]));
}
