//! A server that is newer than the phones, in some runs: it has kinds of records and fields that they do not know, and answers
//! some changes with "queued", which they do not understand, before it looks at them.

use anjangsana::{
    domain::{AreaCode, Fields, Kind, Millis, MutationId, RecordId},
    server::office::{self, OfficeChange},
};
use serde_json::{Value, json};

use crate::cast::AREAS;
use crate::office::{Ask, Letter};
use crate::rng::Rng;
use crate::world::World;

/// Its own chance: what happens otherwise in a run is as it would be without it.
pub(crate) struct Future(Rng);

impl Future {
    /// Whether a run has one is said by its seed.
    pub(crate) fn of(seed: u64) -> Option<Self> {
        matches!(seed % 32, 5 | 13).then(|| Self(Rng::new(!seed)))
    }
}

impl World {
    /// The office changes something of a kind that no phone knows.
    pub(crate) fn change_what_is_unknown(&mut self) {
        let Some(Future(rng)) = &mut self.future else {
            return;
        };
        let kind = Kind::from_name(["plan", "decision"][rng.below(2)]).unwrap();
        let name = format!("{kind} {}", rng.below(6));
        let area = AreaCode(AREAS[rng.below(AREAS.len())].to_owned());
        let fields = Fields::from([
            (
                "stops".to_owned(),
                json!([rng.below(9), {"far": rng.below(9)}]),
            ),
            ("note".to_owned(), Value::Null),
            ("to".to_owned(), json!(rng.below(9))),
        ]);
        let mut change = OfficeChange::new(
            kind,
            RecordId::of_text(&name),
            area,
            fields,
            Millis(self.now),
        );
        change.owner = rng
            .per_mille(500)
            .then(|| self.people[rng.below(self.people.len())].id);
        self.office.change(|db| office::apply(db, change)).unwrap();
        self.note(30, || format!("{name} is new or other"));
    }

    /// Takes some changes out of a letter that the server will not look at yet.
    pub(crate) fn put_off(&mut self, letter: &mut Letter) {
        let (Some(Future(rng)), Ask::Sync(body)) = (&mut self.future, &mut letter.ask) else {
            return;
        };
        if self.rough == 0 {
            return;
        }
        let Ok(mut request) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        let Some(changes) = request.get_mut("mutations").and_then(Value::as_array_mut) else {
            return;
        };
        changes.retain(|change| {
            let id = change["id"].as_str().and_then(|id| id.parse().ok());
            let id = id.filter(|id| Some(*id) != letter.odd && rng.per_mille(150));
            letter.put_off.extend(id);
            id.is_none()
        });
        *body = serde_json::to_vec(&request).unwrap();
    }

    /// An answer with everything in it that only a newer app understands.
    pub(crate) fn in_its_words(&self, put_off: &[MutationId], body: String) -> String {
        if self.future.is_none() {
            return body;
        }
        let mut reply: Value = serde_json::from_str(&body).unwrap();
        reply["weather"] = json!({"rain": true});
        for part in ["results", "records", "packed", "large"] {
            for one in reply
                .get_mut(part)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                one["signed"] = json!("not yet");
            }
        }
        let queued = put_off
            .iter()
            .map(|id| json!({"id": id, "outcome": "queued", "place": 3}));
        let queued: Vec<Value> = queued.collect();
        match reply.get_mut("results").and_then(Value::as_array_mut) {
            Some(results) => results.extend(queued),
            None => reply["results"] = queued.into(),
        }
        reply.to_string()
    }
}
