//! Carrying out what the machine of the uploads says, and fetching what is at the server and not here.

use std::collections::VecDeque;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::drive::{succeeded, trouble};
use super::{Device, Sleeper};
use crate::domain::{AttachmentName, json};
use crate::platform::machine::{Answer, Body, Call, Machine};
use crate::store::api::{Bytes, Notice, Reply, StoreError, Topic};
use crate::sync::engine::Failure;
use crate::sync::upload::{self, Effect, Event, Next};
use crate::sync::wire::{ATTACHMENTS_PATH, ErrorCode, ErrorReply, PIECE, TUS, UPLOAD_OFFSET};

impl<M: Machine> Device<M> {
    pub(super) fn start_uploading(self: &Rc<Self>, event: Event) {
        let device = Rc::clone(self);
        self.machine
            .spawn(Box::pin(async move { device.upload(event).await }));
    }

    /// A store was opened: what the server has long had is let go of, and the machine learns its owner's wish.
    pub(super) fn opened(self: &Rc<Self>) {
        let now = self.machine.now();
        let wifi_only = self.with_store(|store| {
            // What could not be freed is freed at another opening.
            let _freed = store.free_photos(now);
            store.wifi_only().unwrap_or(false)
        });
        self.start_uploading(Event::Opened(wifi_only.unwrap_or(false)));
    }

    async fn upload(self: &Rc<Self>, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let (effects, generation) = {
                let mut jitter = [0];
                self.machine.random(&mut jitter);
                let [jitter] = jitter;
                let mut state = self.state.borrow_mut();
                let now = self.machine.now();
                (state.uploads.handle(now, jitter, event), state.generation)
            };
            for effect in effects {
                events.extend(self.carry_upload_out(effect, generation).await);
            }
        }
    }

    async fn carry_upload_out(self: &Rc<Self>, effect: Effect, generation: u64) -> Option<Event> {
        let written = match effect {
            Effect::Show => {
                self.show();
                return None;
            }
            Effect::WakeAt(at) => {
                self.wake_at(Sleeper::Uploads, at);
                return None;
            }
            Effect::Find => {
                return Some(match self.store(generation, |store| store.next_upload()) {
                    Ok(next) => Event::Found(next),
                    Err(_) => Event::StoreFailed,
                });
            }
            Effect::Call(next, call) => {
                let answer = self.call_about(&next, &call, generation).await;
                let current = self.state.borrow().generation;
                return (current == generation).then_some(Event::Answered(answer));
            }
            Effect::Keep(name, sent) => {
                return self
                    .store(generation, |store| store.keep_progress(&name, sent))
                    .err()
                    .map(|_| Event::StoreFailed);
            }
            Effect::Sent(name) => self.store(generation, |store| store.photo_sent(&name)),
            Effect::SetAside(name, reason) => {
                self.store(generation, |store| store.set_photo_aside(&name, &reason))
            }
        };
        let topics = [Topic::Visits, Topic::Queue];
        self.machine.notify(Notice::Changed(topics.into()));
        written.err().map(|_| Event::StoreFailed)
    }

    async fn call_about(
        &self,
        next: &Next,
        call: &upload::Call,
        generation: u64,
    ) -> Result<Option<u64>, Failure> {
        let (method, from, bytes) = match call {
            upload::Call::Look => ("HEAD", 0, 0),
            upload::Call::Begin(bytes) => ("POST", 0, *bytes),
            upload::Call::Piece { from, bytes } => ("PATCH", *from, *bytes),
        };
        let not_here = |error: StoreError| Failure::Status {
            status: 400,
            message: error.to_string(),
        };
        let body = match bytes {
            0 => Vec::new(),
            _ => self
                .store(generation, |store| store.piece(&next.name, from, bytes))
                .map_err(not_here)?,
        };
        let mut headers = vec![("tus-resumable", TUS.to_owned())];
        let mut path = format!("{ATTACHMENTS_PATH}/{}", next.name);
        if !body.is_empty() {
            let digest = upload::base64(&Sha256::digest(&body));
            headers.push(("upload-checksum", format!("sha256 {digest}")));
            headers.push(("content-type", PIECE.to_owned()));
            if method == "PATCH" {
                headers.push((UPLOAD_OFFSET, from.to_string()));
            } else {
                let name = upload::base64(next.name.as_str().as_bytes());
                headers.push(("upload-length", next.size.to_string()));
                headers.push(("upload-metadata", format!("name {name}")));
                ATTACHMENTS_PATH.clone_into(&mut path);
            }
        }
        let answer = self.ask_server(method, path, headers, body, generation);
        succeeded(&answer.await?).map(|(_, offset)| offset)
    }

    /// Calls the server with the token of the open store.
    pub(super) async fn ask_server(
        &self,
        method: &'static str,
        path: String,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        generation: u64,
    ) -> Result<Answer, Failure> {
        let token = self
            .store(generation, |store| store.token())
            .ok()
            .flatten()
            .ok_or(Failure::Auth)?;
        let call = Call {
            method,
            path,
            token: Some(token),
            headers,
            body: Body::Bytes(body),
        };
        Ok(self.machine.call(call).await)
    }

    /// Asks the server for a photo that is not here, and keeps a copy.
    pub(super) async fn fetch(&self, name: &AttachmentName) -> Result<Reply, StoreError> {
        let generation = self.state.borrow().generation;
        let path = format!("{ATTACHMENTS_PATH}/{name}");
        let answer = self
            .ask_server("GET", path, Vec::new(), Vec::new(), generation)
            .await
            .map_err(|why| StoreError::Server(trouble(&why)))?;
        let bytes = match succeeded(&answer) {
            Ok((bytes, _)) if name.names(bytes) => bytes,
            Ok(_) => return Err(StoreError::Server(trouble(&Failure::NotOurs))),
            Err(Failure::Status { status: 404, .. }) => {
                return Err(if is_not_yet(&answer) {
                    self.state.borrow_mut().awaited = true;
                    StoreError::NotYet
                } else {
                    StoreError::NotFound
                });
            }
            Err(Failure::Status { status: 403, .. }) => return Err(StoreError::Forbidden),
            Err(why) => return Err(StoreError::Server(trouble(&why))),
        };
        let now = self.machine.now();
        // Without room for a copy it is shown all the same.
        let _kept = self.store(generation, |store| store.keep_copy(now, name, bytes));
        Ok(Reply::Bytes(Bytes(bytes.to_vec())))
    }
}

fn is_not_yet(answer: &Answer) -> bool {
    let Answer::Response { body, .. } = answer else {
        return false;
    };
    json::read_bytes::<ErrorReply>(body).is_ok_and(|reply| reply.code == ErrorCode::NotYet)
}
