//! Bugs planted on purpose, one at a time, at the seams around the real code: what each would do to the databases and
//! the messages is done to them here. A simulator that does not find them proves nothing.

use anjangsana::{
    domain::{Fields, RecordId},
    sync::{
        backup::Contents,
        engine::Failure,
        upload::Next,
        wire::{MutationResult, Outcome, RejectCode, SyncReply, SyncRequest},
    },
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

macro_rules! bugs {
    ($($name:ident: $what:literal,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Bug { $($name,)* }

        impl Bug {
            pub(crate) const ALL: &[Bug] = &[$(Bug::$name,)*];

            pub(crate) fn what(self) -> &'static str {
                match self { $(Bug::$name => $what,)* }
            }
        }
    };
}

bugs! {
    SplitTransaction: "a record and its outbox row are two transactions, and the power fails between them",
    NotFrozen: "an edit made while its record is being sent is folded into what is being sent",
    AckTakesLater: "the answer to a mutation takes the later edits of its record out of the outbox",
    ForgetfulServer: "the server forgets which mutations it has answered",
    PullOverwrites: "a pull overwrites unsent edits",
    CursorFirst: "the cursor is advanced in a transaction before the one that stores the records",
    RevSkipped: "a reader skips a record that commits late",
    ScopeDropsUnsent: "a change of scope drops unsent work with the rest",
    LoserDropped: "the loser of a conflict is dropped without asking anybody",
    PortalIsSuccess: "a captive portal's 200 is taken for an answer",
    DigestIgnored: "the digest is not looked at",
    ReviewedTwice: "a submission is reviewed twice",
    ReturnedLocked: "a returned visit cannot be edited",
    OtherAnswer: "a repeated mutation gets another answer than the first time",
    NeverWakes: "a device that failed waits for ever",
    DraftsLeak: "drafts are shown to others",
    StaleRetry: "a retry carries a new identity",
    WrongOffset: "a photo goes on where the phone thinks it stands, the server does not mind, and nobody looks at the whole",
    FreedUnsent: "a photo's bytes are let go of before the server has said that it has them",
    OfflineBelieved: "photos wait for ever when the platform says that there is no network",
    RescueTwice: "a backup file is applied again by whoever takes it in again",
    NotSealed: "an edit made after a backup is folded into what stands in the file",
    OneFailsAll: "a change that cannot be understood fails the whole batch",
    OldCaller: "who sends a request is looked up when it begins, and not where it is written",
    SweepBelieves: "the sweep throws away what a database does not name, however young that is",
    StaleReview: "a decision about an older submission is applied to the newest one",
    UnknownIsDone: "an outcome that is not understood is taken for a success",
    UnknownDropped: "a record of a kind that is not known is not kept",
    PhotoPortal: "a captive portal's answer is taken for the arrival of a photo",
}

fn sql(db: &Connection, text: &str, with: impl rusqlite::Params) {
    db.execute(text, with).unwrap();
}

/// On the device, after a person changed something; true when the power fails now.
pub(crate) fn after_change(bug: Bug, db: &Connection, record: RecordId, chance: bool) -> bool {
    let id = record.to_string();
    match bug {
        Bug::SplitTransaction if chance => {
            sql(
                db,
                "delete from outbox where seq = (select max(seq) from outbox where record = ? and state = 'waiting')",
                [id],
            );
            true
        }
        Bug::NotFrozen => {
            let row = |state: &str| -> Option<(i64, String)> {
                db.query_row(
                    "select seq, fields from outbox where record = ? and state = ?",
                    params![id, state],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()
                .unwrap()
            };
            if let (Some((sent, old)), Some((later, new))) = (row("sending"), row("waiting")) {
                let mut fields: Fields = serde_json::from_str(&old).unwrap();
                fields.extend(serde_json::from_str::<Fields>(&new).unwrap());
                let fields = serde_json::to_string(&fields).unwrap();
                sql(
                    db,
                    "update outbox set fields = ? where seq = ?",
                    params![fields, sent],
                );
                sql(db, "delete from outbox where seq = ?", [later]);
            }
            false
        }
        _ => false,
    }
}

/// On the device, before an answer is taken in; true when the power fails now.
pub(crate) fn before_apply(bug: Bug, db: &Connection, reply: &mut SyncReply, chance: bool) -> bool {
    match bug {
        Bug::AckTakesLater => {
            for result in &reply.results {
                if matches!(
                    result.outcome,
                    Outcome::Applied { .. } | Outcome::Duplicate { .. }
                ) {
                    sql(
                        db,
                        "delete from outbox where state = 'waiting'
                         and record = (select record from outbox where mutation = ?)",
                        [result.id.to_string()],
                    );
                }
            }
        }
        Bug::CursorFirst => {
            let cursor = reply.cursor.to_string();
            sql(
                db,
                "insert or replace into meta values ('cursor', ?)",
                [cursor],
            );
            return chance;
        }
        Bug::RevSkipped if chance => {
            reply.records.pop();
        }
        Bug::ScopeDropsUnsent if reply.user.is_some() => {
            sql(db, "delete from outbox where state <> 'sending'", []);
        }
        Bug::DigestIgnored => reply.digest = None,
        Bug::UnknownIsDone => {
            for result in &mut reply.results {
                if let Outcome::Unknown(_) = result.outcome {
                    result.outcome = Outcome::Duplicate { rev: reply.cursor };
                }
            }
        }
        Bug::UnknownDropped => reply.records.retain(|record| record.kind.is_known()),
        _ => {}
    }
    false
}

/// On the device, after an answer was taken in.
pub(crate) fn after_apply(bug: Bug, db: &Connection, reply: &SyncReply) {
    let drop_unsent = |record: &str| {
        sql(
            db,
            "delete from outbox where record = ? and state <> 'sending'",
            [record],
        );
        sql(db, "update record set fields = base where id = ?", [record]);
    };
    match bug {
        Bug::PullOverwrites => {
            for record in &reply.records {
                drop_unsent(&record.id.to_string());
            }
        }
        Bug::LoserDropped => {
            for result in &reply.results {
                if let Outcome::Conflict { record, .. } = &result.outcome {
                    drop_unsent(&record.id.to_string());
                }
            }
        }
        _ => {}
    }
}

/// On the device, when something answered that is not the server.
pub(crate) fn after_portal(bug: Bug, db: &Connection) {
    if bug == Bug::PortalIsSuccess {
        sql(db, "delete from outbox where state = 'sending'", []);
    }
}

/// On the device, when the last piece of a photo goes out.
pub(crate) fn after_piece(bug: Bug, db: &Connection, next: &Next, bytes: u64) {
    if bug == Bug::FreedUnsent && bytes > 0 && next.sent + bytes == next.size {
        let name = next.name.as_str();
        sql(
            db,
            "update attachment set state = 'sent', bytes = null where name = ?",
            [name],
        );
    }
}

/// On the device, when a backup file was written.
pub(crate) fn after_back_up(bug: Bug, db: &Connection) {
    if bug == Bug::NotSealed {
        sql(db, "update outbox set sealed = 0", []);
    }
}

/// At the server, in the transaction that takes a backup file in.
pub(crate) fn before_rescue(bug: Bug, db: &Connection, contents: &Contents) {
    if bug == Bug::RescueTwice {
        for change in &contents.changes {
            let id = change.mutation.id.to_string();
            sql(db, "delete from mutation where id = ?", [id]);
        }
    }
}

/// On the device, when something answered to a photo that is not the server.
pub(crate) fn photo_portal(bug: Bug, answer: &mut Result<Option<u64>, Failure>) {
    if bug == Bug::PhotoPortal {
        *answer = Ok(Some(u64::MAX));
    }
}

/// On the device, before a batch is made.
pub(crate) fn before_prepare(bug: Bug, db: &Connection, fresh: &str) {
    if bug == Bug::StaleRetry {
        sql(
            db,
            "update outbox set mutation = ? where seq = (select min(seq) from outbox where state = 'sending')",
            [fresh],
        );
    }
}

/// At the server, before a request is read.
pub(crate) fn before_reading(bug: Bug, db: &Connection, body: &mut Vec<u8>) {
    if bug != Bug::StaleReview {
        return;
    }
    let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let changes = request.get_mut("mutations").and_then(Value::as_array_mut);
    for change in changes.into_iter().flatten() {
        let visit = change["fields"]["visit"].as_str().unwrap_or_default();
        let last: Option<u32> = db
            .query_row(
                "select max(cast(substr(name.key, 12) as integer)) from record, json_each(record.fields) name
                 where record.id = ? and name.key like 'submission/%'",
                [visit],
                |row| row.get(0),
            )
            .unwrap_or_default();
        if let (Some(last), "review") = (last, change["kind"].as_str().unwrap_or_default()) {
            change["fields"]["submission"] = last.into();
        }
    }
    *body = serde_json::to_vec(&request).unwrap();
}

/// At the server, in the transaction of a push.
pub(crate) fn before_push(bug: Bug, db: &Connection, request: &SyncRequest) {
    match bug {
        Bug::ForgetfulServer => {
            for mutation in &request.mutations {
                sql(
                    db,
                    "delete from mutation where id = ?",
                    [mutation.id.to_string()],
                );
            }
        }
        Bug::ReviewedTwice => sql(
            db,
            "update record set parent = 'x' || parent where kind = 'review'",
            [],
        ),
        _ => {}
    }
}

/// At the server, before a push is committed.
pub(crate) fn after_push(bug: Bug, db: &Connection) {
    match bug {
        Bug::ReviewedTwice => sql(
            db,
            "update record set parent = substr(parent, 2) where kind = 'review' and parent like 'x%'",
            [],
        ),
        Bug::DraftsLeak => sql(db, "update record set private = 0 where private = 1", []),
        _ => {}
    }
}

/// At the server, when everything was answered: whether none of it is kept.
pub(crate) fn fails_all(bug: Bug, results: &[MutationResult]) -> bool {
    let refused = |result: &MutationResult| {
        matches!(
            result.outcome,
            Outcome::Rejected {
                code: RejectCode::Malformed | RejectCode::Other,
                ..
            }
        )
    };
    bug == Bug::OneFailsAll && results.iter().any(refused)
}

/// At the server, before the answers leave.
pub(crate) fn answers(bug: Bug, results: &mut [MutationResult]) {
    if bug != Bug::OtherAnswer {
        return;
    }
    for result in results {
        if matches!(result.outcome, Outcome::Duplicate { .. }) {
            result.outcome = Outcome::Rejected {
                code: RejectCode::State,
                reason: "the record stands already".to_owned(),
            };
        }
    }
}
