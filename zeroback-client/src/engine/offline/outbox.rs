//! The mutations of one identity, in the storage from the call until the answer. All pages write theirs; the one that
//! holds the lock gives them places in one queue, in their order, sends them, and takes them away when they are
//! answered. `writing` is what each page does with its own, `sending` what that one does for all, `elsewhere` what a
//! page shows of its own while another one sends them.

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroback_protocol::{Call, Outcome, RequestId};

use super::entries::{Entries, Named, Names};
use super::storing::Change;
use crate::engine::env::TimerId;
use crate::engine::requests::Queue;
use crate::engine::sorted::{SortedMap, SortedSet};

/// What pages say to each other: that these are `added`, that is written; that these are about to be sent, and may be
/// made from now on (`sending`); what these have come to (`outcomes`).
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) names: Vec<String>,
    #[serde(default)]
    pub(crate) outcomes: Vec<(String, Box<RawValue>)>,
}

/// What was asked of the storage for mutations.
#[derive(Debug)]
pub(crate) enum OutboxTask {
    /// Those of this page with these names are written; as the one that sends, or not.
    Written(Vec<String>, bool),
    /// Where the queue is.
    Queue,
    /// What is to be sent.
    Entries,
    /// Those with these names have places, the last ones of this queue.
    Placed(Vec<String>, Queue),
    /// Those of this page with these names are taken out again, since they can be given none.
    TakenBack(Vec<String>),
    /// Those with these names are taken away, since they are answered.
    Removed(Vec<String>),
}

/// One that this page sends.
pub(crate) struct Taken {
    pub(crate) call: Call,
    pub(crate) id: RequestId,
    pub(crate) sequence: Option<u64>,
}

pub(crate) struct Outbox {
    /// Names it among those of this page.
    pub(crate) number: u64,
    /// The name of its lock and its channel.
    pub(crate) name: String,
    pub(crate) entries: Entries,
    pub(crate) names: Names,
    /// Whether the storage has refused a mutation.
    pub(crate) is_fallen: bool,
    /// This page's mutations that are to be written, in their order, and whether some are being written.
    pub(crate) is_writing: bool,
    pub(crate) unwritten: Vec<(RequestId, Call)>,
    /// And by their names those that are.
    pub(crate) own: SortedMap<String, (RequestId, Call)>,
    /// Those that the storage has refused, which are in memory only; and of them those that are sent.
    pub(crate) unkept: Vec<(RequestId, Call)>,
    pub(crate) released: SortedMap<RequestId, Call>,
    pub(crate) sender: Sender,
    pub(crate) elsewhere: Elsewhere,
}

#[derive(Default)]
pub(crate) struct Sender {
    pub(crate) is_holder: bool,
    pub(crate) is_ready: bool,
    /// Whether all was read that came before what is told of.
    pub(crate) has_all: bool,
    /// Whether it is asked for already, and more is to be asked for then.
    pub(crate) is_taking: bool,
    pub(crate) takes_more: bool,
    pub(crate) taken: SortedMap<String, Taken>,
    pub(crate) name_of: SortedMap<RequestId, String>,
    /// The places of those that are in the storage still.
    pub(crate) places: SortedMap<String, u64>,
    /// Those that are answered and in the storage still.
    pub(crate) answered: SortedSet<String>,
    pub(crate) is_removing: bool,
    /// What other pages are to be told of.
    pub(crate) untold: Vec<Named<Outcome>>,
    pub(crate) retries: u32,
    pub(crate) look: Option<TimerId>,
    pub(crate) retry: Option<TimerId>,
}

/// This page's mutations that another page sends. The server may show what they have made before the other page has
/// told of it: so that a guess is not seen beside what it stands for, nothing new is shown in between.
#[derive(Default)]
pub(crate) struct Elsewhere {
    /// Those that are sent, and may be made.
    pub(crate) doubted: SortedSet<RequestId>,
    pub(crate) is_ready: bool,
    /// Whether what comes is shown as soon as what is awaited already is there.
    pub(crate) is_impatient: bool,
    pub(crate) wait: Option<TimerId>,
    /// Whether more were sent since it waits.
    pub(crate) has_more: bool,
    /// Those that have come to something, and are to be settled.
    pub(crate) told: Vec<(RequestId, Outcome)>,
    /// Whether all that has come is shown since it lost its patience.
    pub(crate) has_shown: bool,
}

impl Outbox {
    pub(crate) fn new(number: u64, url: &str, identity: &str, page: String) -> Self {
        let name = serde_json::to_string(&[url, identity]).expect("texts are JSON");
        Self {
            number,
            name: format!("zeroback {name}"),
            entries: Entries::new(url, identity),
            names: Names::new(page),
            is_fallen: false,
            is_writing: false,
            unwritten: Vec::new(),
            own: SortedMap::default(),
            unkept: Vec::new(),
            released: SortedMap::default(),
            sender: Sender::default(),
            elsewhere: Elsewhere::default(),
        }
    }

    /// Returns the requests that are left, those that are kept first: what is kept stays for another page or another
    /// time.
    pub(crate) fn left(&self) -> (Vec<RequestId>, Vec<RequestId>) {
        let mut kept: SortedSet<RequestId> = SortedSet::default();
        self.own.values().for_each(|(id, _)| kept.add(*id));
        self.sender.name_of.keys().for_each(|id| kept.add(*id));
        let unkept = self.unkept.iter().chain(&self.unwritten);
        let unkept = unkept.map(|(id, _)| *id).collect();
        (kept.into_keys().collect(), unkept)
    }

    /// Returns the timers that are set.
    pub(crate) fn timers(&self) -> [Option<TimerId>; 3] {
        [self.sender.look, self.sender.retry, self.elsewhere.wait]
    }

    /// Tells whether one of this page's own is sent by another.
    pub(crate) fn elsewhere_id(&self, name: &str) -> Option<RequestId> {
        let (id, _) = self.own.get(&name.to_owned())?;
        (!self.sender.taken.contains_key(&name.to_owned())).then_some(*id)
    }
}

impl Sender {
    /// Forgets what this page does not send any more.
    pub(crate) fn drop(&mut self, name: &String) -> Option<Taken> {
        let taken = self.taken.remove(name)?;
        self.name_of.remove(&taken.id);
        Some(taken)
    }

    /// Notes up to where answers are not needed any more: what is still in the storage is not acknowledged.
    pub(crate) fn acknowledge(&self, queue: &mut Queue) {
        let first = self.places.values().min().copied();
        queue.acked_through = Some(first.unwrap_or(queue.next) - 1);
    }

    /// Returns those that have places, in the order of these.
    pub(crate) fn placed(&self) -> Vec<String> {
        let placed = self.taken.iter();
        let placed = placed.filter_map(|(name, taken)| Some((taken.sequence?, name.clone())));
        let mut placed: Vec<_> = placed.collect();
        placed.sort();
        placed.into_iter().map(|(_, name)| name).collect()
    }

    /// Returns those that have none, in the order of their names.
    pub(crate) fn fresh(&self) -> Vec<String> {
        let fresh = self
            .taken
            .iter()
            .filter(|(_, taken)| taken.sequence.is_none());
        fresh.map(|(name, _)| name.clone()).collect()
    }
}

/// Returns what takes entries away.
pub(crate) fn removing(entries: &Entries, names: &[String]) -> Vec<Change> {
    let keys = names.iter().map(|name| entries.key_of(name));
    keys.map(|key| (key, None)).collect()
}
