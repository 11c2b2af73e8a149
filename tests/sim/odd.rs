//! Changes that no phone of ours makes: what a broken or a hostile one could send under somebody's session. Whatever it is,
//! the server refuses it by itself, and every change beside it is answered as if it had come alone.

use anjangsana::{
    domain::{MutationId, RecordId, UserId},
    sync::wire::{Mutation, SyncRequest},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::office::{Ask, Letter};
use crate::world::World;

impl World {
    /// Puts an odd change among those of a letter.
    pub(crate) fn add_an_odd_change(&mut self, letter: &mut Letter) {
        let Ask::Sync(body) = &mut letter.ask else {
            return;
        };
        let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        let me = self.people[self.phones[letter.phone].who].id;
        let number = self.fresh();
        let id = MutationId::of_text(&format!("odd {number}"));
        let visits: Vec<RecordId> = self.ledger.visits.keys().copied().collect();
        let visit = self.rng.pick(&visits).copied();
        let change = odd(self.rng.below(9), me, visit, self.now);
        let mut change = match change {
            Value::Object(change) => change,
            _ => return,
        };
        change.insert("id".to_owned(), json!(id));
        change.entry("at").or_insert_with(|| json!(self.now));
        let Some(request) = request.as_object_mut() else {
            return;
        };
        let changes = request.entry("mutations").or_insert_with(|| json!([]));
        let Some(changes) = changes.as_array_mut().filter(|all| all.len() < 100) else {
            return;
        };
        let at = self.rng.below(changes.len() + 1);
        changes.insert(at, Value::Object(change));
        *body = serde_json::to_vec(request).unwrap();
        letter.odd = Some(id);
        // Nobody waits for it.
        self.ledger.decided.insert(id);
    }
}

fn odd(which: usize, me: UserId, visit: Option<RecordId>, now: i64) -> Value {
    let fresh = RecordId::of_text("odd");
    let visit = visit.unwrap_or(fresh);
    let mark = json!({"at": now, "by": me});
    let begun = |form_version: &str, record: RecordId, more: Value| {
        let mut fields = json!({
            "cooperative": RecordId::of_text("mawar"), "form": "kunjungan", "form_version": form_version, "created": mark,
        });
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        json!({"kind": "visit", "record": record, "fields": fields})
    };
    match which {
        // A list where an object belongs.
        0 => {
            json!({"kind": "visit", "record": visit, "base_rev": 1_000_000, "fields": {"void": [now, me, "x"]}})
        }
        1 => begun("1", fresh, json!({"created": [now, me, ""]})),
        2 => json!({"kind": "review", "record": fresh, "fields": {"visit": 5}}),
        // A number that no database holds.
        3 => json!({"kind": "visit", "record": visit, "base_rev": 1_000_000, "order": u64::MAX,
            "fields": {"submission/1": mark}}),
        // The id of a form that will be published some day.
        4 => begun(
            "9999",
            RecordId::of_text("form kunjungan 9999"),
            json!({"submission/1": mark}),
        ),
        5 => {
            json!({"kind": "visit", "record": visit, "base_rev": 1_000_000, "fields": {"a/nama": 5}})
        }
        6 => json!({"kind": "planet", "record": fresh, "fields": {}}),
        7 => json!({"kind": "form", "record": fresh, "fields": {"form": "kunjungan"}}),
        _ => {
            json!({"kind": "cooperative", "record": RecordId::of_text("mawar"), "base_rev": 1_000_000,
            "fields": {"status/2024-11-07/uji": ["aktif", "2024-11-07", "uji", ""]}})
        }
    }
}

/// A request as whoever looks on reads it: without the changes that no device of ours would understand.
pub(crate) fn readable(body: &[u8]) -> SyncRequest {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    if let Some(changes) = request.get_mut("mutations").and_then(Value::as_array_mut) {
        changes.retain(|change| Mutation::deserialize(change).is_ok());
    }
    serde_json::from_value(request).unwrap()
}
