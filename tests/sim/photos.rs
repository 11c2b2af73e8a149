//! Photos on the phones: taken, sent, and in the end compared with what the server has.

use anjangsana::{
    domain::Stored,
    domain::{AttachmentName, Kind, Millis, RecordId, visit::VOID},
    platform::{device::succeeded, machine::Answer},
    store::api::{Bytes, Request, StoreError},
    sync::{
        engine::Failure,
        upload::{Call, Effect, Event, Next},
    },
};
use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use crate::bugs::{self, Bug};
use crate::office::Ask;
use crate::phone::Heard;
use crate::uploads::Piece;
use crate::world::World;

/// The question that a photo answers.
pub(crate) const QUESTION: &str = "foto";
const MEDIA: &str = "image/jpeg";
const BEGINNING: &[u8] = b"\xff\xd8\xff\xe0";

impl World {
    /// Takes a photo in a visit; some of the time one that was taken before.
    pub(crate) fn photograph(&mut self, p: usize, visit: RecordId) {
        let bytes = self.photo();
        let name = AttachmentName::of(&bytes, MEDIA).unwrap();
        let request = Request::SaveAttachment {
            visit,
            path: QUESTION.to_owned(),
            media_type: MEDIA.to_owned(),
            bytes: Bytes(bytes.clone()),
        };
        if self.changed(p, visit, request) {
            self.tally.photos += 1;
            let (phone, size) = (&self.phones[p].name, bytes.len());
            self.trace.note(self.now, 37, || {
                format!("{phone} takes {name}, {size} bytes, in {visit}")
            });
            self.ledger
                .say(p, visit, format!("a/{QUESTION}"), name.to_string());
            self.ledger.photos.insert(name, bytes);
        }
    }

    fn photo(&mut self) -> Vec<u8> {
        let taken = self.ledger.photos.len();
        if self.rng.per_mille(200)
            && let Some(again) = self.ledger.photos.values().nth(self.rng.below(taken))
        {
            return again.clone();
        }
        let most = [600, 600, 600, 9_000, 30_000, 130_000][self.rng.below(6)];
        let size = 40 + self.rng.below(most);
        let mut bytes = BEGINNING.to_vec();
        while bytes.len() < size {
            bytes.extend(self.rng.next().to_le_bytes());
        }
        bytes
    }

    pub(crate) fn carry_photo_out(&mut self, p: usize, effect: Effect, clock: Millis) {
        self.may_doom(p);
        let Some(store) = &self.phones[p].store else {
            return;
        };
        let failed = |done: Result<(), StoreError>| done.err().map(|_| Event::StoreFailed);
        let next = match effect {
            Effect::Show => None,
            Effect::WakeAt(at) => {
                self.wish(p, 1, at, clock);
                None
            }
            Effect::Find => Some(store.next_upload().map_or(Event::StoreFailed, Event::Found)),
            Effect::Call(next, call) => self.call_about(p, &next, call),
            Effect::Keep(name, sent) => failed(store.keep_progress(&name, sent)),
            Effect::Sent(name) => {
                let name = &name;
                self.trace.note(self.now, 38, || format!("{name} is sent"));
                failed(store.photo_sent(name))
            }
            Effect::SetAside(name, why) => {
                self.trace
                    .note(self.now, 39, || format!("{name} is set aside: {why}"));
                failed(store.set_photo_aside(&name, &why))
            }
        };
        if self.phones[p].disk.doom().came() {
            return self.crash(p);
        }
        self.phones[p].events.extend(next.map(Heard::Photo));
    }

    fn call_about(&mut self, p: usize, next: &Next, call: Call) -> Option<Event> {
        let refused = |message: String| {
            let status = 400;
            Some(Event::Answered(Err(Failure::Status { status, message })))
        };
        if self.bug == Some(Bug::WrongOffset) && call == Call::Look {
            // It thinks that it knows.
            let there = self.phones[p].last_piece;
            return Some(Event::Answered(Ok(Some(there))));
        }
        let store = self.phones[p].store.as_ref()?;
        let bytes = match call {
            Call::Look => Ok(Vec::new()),
            Call::Begin(bytes) => store.piece(&next.name, 0, bytes),
            Call::Piece { from, bytes } => store.piece(&next.name, from, bytes),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(why) => return refused(why.to_string()),
        };
        let Ok(Some(token)) = store.token() else {
            return Some(Event::Answered(Err(Failure::Auth)));
        };
        if let Some(bug) = self.bug {
            bugs::after_piece(bug, &self.phones[p].disk.look, next, bytes.len() as u64);
        }
        self.trace.bytes(&bytes.len().to_le_bytes());
        self.phones[p].last_piece = next.sent + bytes.len() as u64;
        let (phone, name) = (&self.phones[p].name, &next.name);
        self.trace
            .note(self.now, 40, || format!("{phone}: {call:?} of {name}"));
        let piece = Piece {
            name: next.name.clone(),
            size: next.size,
            call,
            digest: Sha256::digest(&bytes).to_vec(),
            bytes,
        };
        self.tally.pieces += 1;
        let call = self.post(p, token, Ask::Photo(Box::new(piece)));
        self.phones[p].waiting_photo = Some(call);
        None
    }

    pub(crate) fn photo_answered(&mut self, p: usize, answer: &Answer) {
        let mut answer = succeeded(answer).map(|(_, offset)| offset);
        if let (Some(bug), Err(Failure::NotOurs)) = (self.bug, &answer) {
            bugs::photo_portal(bug, &mut answer);
        }
        let name = &self.phones[p].name;
        self.trace
            .note(self.now, 41, || format!("{name}, of its photo: {answer:?}"));
        self.phones[p].hear_photo(Event::Answered(answer));
        self.wake(p);
    }

    /// What every visit names is at the server, byte for byte; or a phone keeps it, set aside with a reason.
    pub(crate) fn check_photos(&mut self, stored: &[Stored]) {
        let visits = stored.iter().map(|one| &one.record);
        let visits = visits.filter(|one| one.kind == Kind::Visit && !one.fields.contains_key(VOID));
        let named = visits.flat_map(|visit| {
            let names = visit.fields.values().filter_map(|value| value.as_str());
            let names = names.filter_map(|text| text.parse::<AttachmentName>().ok());
            names.map(|name| (visit.id, name))
        });
        let mut wrong = Vec::new();
        for (visit, name) in named {
            match self.office.bytes_of(&name) {
                Some(bytes) if self.ledger.photos.get(&name) == Some(&bytes) => {}
                Some(_) => wrong.push(format!("photo {name} of {visit} is another at the server")),
                None if self.may_lack(&name) => {}
                None => wrong.push(format!("photo {name} of {visit} is not at the server")),
            }
        }
        for what in wrong {
            self.complain(what);
        }
    }

    fn may_lack(&self, name: &AttachmentName) -> bool {
        let mut has_bytes = false;
        for phone in self.phones.iter().filter(|phone| !phone.lost) {
            let here: Option<(String, String, bool)> = phone
                .disk
                .look
                .prepare_cached(
                    "select state, ifnull(reason, ''), exists (select 1 from attachment_use where name = ?1)
                     from attachment where name = ?1 and bytes is not null",
                )
                .unwrap()
                .query_row([name.as_str()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()
                .unwrap();
            if let Some((state, reason, is_used)) = here {
                if state == "aside" && !reason.is_empty() {
                    return true;
                }
                // The same bytes may lie here for another's visit, or for none any more.
                has_bytes |= is_used;
            }
        }
        // The server's disk was lost after the phones had let go of what it had.
        !has_bytes && (self.lost_photos || self.ledger.sunk.contains(name))
    }
}
