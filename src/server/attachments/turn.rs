//! One request at a time at an upload, and the newest one first: it asks the one before it to stop.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedMutexGuard, watch};

use crate::domain::{AttachmentName, UserId};

type Key = (UserId, AttachmentName);

struct Upload {
    turn: Arc<tokio::sync::Mutex<()>>,
    waiting: watch::Sender<usize>,
}

/// The uploads that somebody is at.
#[derive(Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Key, Arc<Upload>>>>);

impl Turns {
    pub(super) async fn take(&self, key: Key) -> Turn {
        let upload = {
            let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let upload = uploads.entry(key.clone()).or_insert_with(|| {
                Arc::new(Upload {
                    turn: Arc::default(),
                    waiting: watch::Sender::new(0),
                })
            });
            Arc::clone(upload)
        };
        let waiting = Waiting::begin(&upload.waiting);
        let guard = Arc::clone(&upload.turn).lock_owned().await;
        drop(waiting);
        Turn {
            uploads: Arc::clone(&self.0),
            key,
            upload,
            _guard: guard,
        }
    }
}

/// Counted for as long as it waits, also when it gives up.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|count| *count += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// The right to be at an upload, until it is dropped.
pub struct Turn {
    uploads: Arc<Mutex<HashMap<Key, Arc<Upload>>>>,
    key: Key,
    upload: Arc<Upload>,
    _guard: OwnedMutexGuard<()>,
}

impl Turn {
    /// Resolves when another request waits for this upload.
    pub(super) async fn is_wanted(&self) {
        let mut waiting = self.upload.waiting.subscribe();
        // The sender lives as long as this turn, so this ends only when somebody waits.
        let _waits = waiting.wait_for(|count| *count > 0).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        // The map and this turn have it, and nobody else: it is forgotten.
        if Arc::strong_count(&self.upload) == 2 {
            uploads.remove(&self.key);
        }
    }
}
