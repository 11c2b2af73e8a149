//! The server's daily look at its photos. Days pass for it in which no phone is heard of; the phones' clocks stand meanwhile.

use anjangsana::{
    domain::{AttachmentName, Millis},
    server::{
        attachments::{
            sweep::plan,
            unwanted::{self, DAYS, Step},
        },
        blobs::Place,
        repo::AttachmentNames,
    },
};

use crate::bugs::Bug;
use crate::office::Office;
use crate::world::World;

const DAY: i64 = 24 * 60 * 60_000;
/// So many days at most pass in a run: before the trash is emptied.
const MOST_DAYS: u32 = 100;

impl World {
    pub(crate) fn let_days_pass(&mut self) {
        let days = 1 + self.rng.below(40) as u32;
        for _ in 0..days {
            if self.office.days_looked >= MOST_DAYS {
                break;
            }
            for name in self.office.look_at_photos(self.now, self.bug) {
                if self.office.days_since_birth < DAYS {
                    self.complain(format!(
                        "photo {name} was thrown away on day {} of its database",
                        self.office.days_since_birth
                    ));
                }
            }
        }
        self.note(28, || format!("{days} days pass at the server"));
    }
}

impl Office {
    /// What the server does every day. Gives what it threw into the trash.
    pub(crate) fn look_at_photos(&mut self, now: i64, bug: Option<Bug>) -> Vec<AttachmentName> {
        self.days_looked += 1;
        self.days_since_birth += 1;
        let today = Millis(now + i64::from(self.days_looked) * DAY);
        let mut files = Vec::new();
        for place in [Place::Whole, Place::Trash] {
            let found = self.shelf.blobs().list(place).unwrap();
            files.extend(found.into_iter().map(|(name, at)| (name, place, at)));
        }
        files.sort_by(|one, other| one.0.cmp(&other.0));
        let count = files.len();
        let all: Vec<_> = files.iter().map(|file| (file.0.clone(), file.1)).collect();
        let mut plan = self.change(|db| {
            let plan = plan(db, &files, today).unwrap();
            for (name, known) in &plan.known {
                db.set_unwanted(name, *known).unwrap();
            }
            plan
        });
        if bug == Some(Bug::SweepBelieves) {
            plan.steps.clear();
            for (name, place) in all {
                let is_named = self.db.is_used(&name).unwrap();
                if place == Place::Whole && !is_named {
                    plan.steps.push((name, Step::Discard));
                }
            }
        }
        let going = |step| plan.steps.iter().filter(|(_, one)| *one == step).count();
        let too_many =
            [Step::Discard, Step::Remove].map(|step| unwanted::too_many(going(step), count));
        let mut discarded = Vec::new();
        for (name, step) in plan.steps {
            match step {
                Step::Recover => self.shelf.blobs().recover(&name).unwrap(),
                Step::Discard if !too_many[0] => {
                    self.shelf.blobs().discard(&name).unwrap();
                    discarded.push(name);
                }
                Step::Remove if !too_many[1] => self.shelf.blobs().remove(&name).unwrap(),
                Step::Stay | Step::Discard | Step::Remove => {}
            }
        }
        discarded
    }
}
