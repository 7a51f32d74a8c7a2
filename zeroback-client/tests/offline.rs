//! A client with a storage of the program's own.
#![cfg(feature = "offline")]

use futures_util::StreamExt as _;
use suite_fixture_calls::list;
use zeroback_client::offline::{InMemory, OfflineOptions, OfflineStorage as _};
use zeroback_client::{Client, ClientOptions, QueryState};

#[tokio::test]
async fn what_is_kept_is_shown_where_there_is_no_server() {
    let url = "ws://127.0.0.1:0/ws";
    let storage = InMemory::default();
    let entry = r#"{"tag":"AAAAAAAAAAE","value":"[\"milk\"]","at":9007199254740991}"#;
    let changes = [
        (format!(r#"["identity","{url}"]"#), "ann"),
        (
            format!(r#"["cache","{url}","1","ann","tasks:listnull"]"#),
            entry,
        ),
    ];
    let changes = changes.map(|(key, text)| (key, Some(text.to_owned())));
    storage
        .write(changes.into())
        .await
        .expect("it is in memory");
    let options = ClientOptions::new(url).offline(OfflineOptions::new("1").storage(storage));
    let client = Client::new(options).expect("it is an address");
    let mut live = client.subscribe(list::Args);
    match live.next().await {
        Some(QueryState::Ready { data, stale: true }) => assert_eq!(*data, ["milk"]),
        other => panic!("{other:?}"),
    }
}
