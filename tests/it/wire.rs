//! The wire's golden files: what was once sent must be understood for ever. Files are added, never edited.

use anjangsana::sync::wire::{
    ErrorReply, LoginReply, LoginRequest, Outcome, RejectCode, SetAsideReply, SyncReply,
    SyncRequest,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn reads_and_writes<T: Serialize + DeserializeOwned>(golden: &str) -> T {
    let wanted: Value = serde_json::from_str(golden).unwrap();
    let message: T = serde_json::from_str(golden).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), wanted);
    message
}

#[test]
fn every_golden_message_reads_and_writes_as_it_was() {
    reads_and_writes::<LoginRequest>(include_str!("../fixtures/wire/login_request_v1.json"));
    reads_and_writes::<LoginRequest>(include_str!(
        "../fixtures/wire/login_request_v1_previous.json"
    ));
    reads_and_writes::<ErrorReply>(include_str!(
        "../fixtures/wire/error_reply_v1_disabled.json"
    ));
    reads_and_writes::<LoginReply>(include_str!("../fixtures/wire/login_reply_v1.json"));
    reads_and_writes::<SyncRequest>(include_str!("../fixtures/wire/sync_request_v1.json"));
    reads_and_writes::<SyncReply>(include_str!("../fixtures/wire/sync_reply_v1.json"));
    reads_and_writes::<SyncReply>(include_str!("../fixtures/wire/sync_reply_v1_conflict.json"));
    reads_and_writes::<SyncRequest>(include_str!("../fixtures/wire/sync_request_v1_epoch.json"));
    reads_and_writes::<SyncReply>(include_str!("../fixtures/wire/sync_reply_v1_epoch.json"));
    reads_and_writes::<SyncRequest>(include_str!("../fixtures/wire/sync_request_v1_packed.json"));
    reads_and_writes::<SyncReply>(include_str!("../fixtures/wire/sync_reply_v1_packed.json"));
    reads_and_writes::<SyncRequest>(include_str!("../fixtures/wire/sync_request_v1_room.json"));
    reads_and_writes::<SyncRequest>(include_str!(
        "../fixtures/wire/sync_request_v1_usual_room.json"
    ));
    reads_and_writes::<SyncReply>(include_str!("../fixtures/wire/sync_reply_v1_large.json"));
    reads_and_writes::<SetAsideReply>(include_str!("../fixtures/wire/set_aside_reply_v1.json"));
    reads_and_writes::<ErrorReply>(include_str!("../fixtures/wire/error_reply_v1.json"));
}

#[test]
fn a_reply_of_only_what_must_be_there_is_understood() {
    let reply: SyncReply =
        serde_json::from_str(include_str!("../fixtures/wire/sync_reply_v1_minimal.json")).unwrap();
    assert!(
        reply.records.is_empty()
            && reply.results.is_empty()
            && !reply.more
            && reply.digest.is_none()
    );
}

#[test]
fn an_old_device_understands_a_newer_server_that_says_more() {
    let mut reply: Value =
        serde_json::from_str(include_str!("../fixtures/wire/sync_reply_v1.json")).unwrap();
    reply["weather"] = json!("rain");
    reply["results"][3]["code"] = json!("not_invented_yet");
    reply["limits"]["attachments"] = json!(9);
    let reply: SyncReply = serde_json::from_value(reply).unwrap();
    let last = &reply.results.last().unwrap().outcome;
    assert!(matches!(
        last,
        Outcome::Rejected {
            code: RejectCode::Other,
            ..
        }
    ));
}
