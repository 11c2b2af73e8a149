//! What was answered in a visit and is not on disk yet.
//!
//! It belongs to the app and not to a screen: it is saved to the end when the visit is left, and who comes back to the visit
//! finds it. It is plain data without a signal, so a task of the app may hold it; the screen of the visit
//! [watches](Unsaved::watch) it and shows what it says.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};

use crate::domain::{AttachmentName, RecordId};
use crate::platform::host::page;
use crate::store::api::{Bytes, Place, Reply, Request, StoreError};
use crate::ui::background;
use crate::ui::format;
use crate::ui::state::Shell;

/// Milliseconds before a failed save is tried again.
const AGAIN: u32 = 2_000;
/// Milliseconds between two looks at whether everything is saved.
const GLANCE: u32 = 25;
/// Looks before that is given up.
const GLANCES: u32 = 200;

thread_local! {
    static VISITS: RefCell<Vec<Rc<Unsaved>>> = const { RefCell::new(Vec::new()) };
}

/// A file that can be kept: its media type and its bytes.
pub(crate) type Made = (&'static str, Rc<[u8]>);

/// Where an attachment is between the person's hand and the disk.
#[derive(Clone, PartialEq, Default)]
pub(crate) enum Keeping {
    /// There is none on its way.
    #[default]
    Nothing,
    /// It is being made or written.
    Busy,
    /// It is on disk under this name, and the open form has not got the answer yet.
    Kept(AttachmentName),
    /// It is not kept: why, in words, and what can be tried again.
    Failed(String, Option<Made>),
}

impl Keeping {
    /// Whether there is something that is not on disk and can be.
    fn is_on_its_way(&self) -> bool {
        matches!(self, Self::Busy | Self::Failed(_, Some(_)))
    }
}

/// See the module's words.
pub(crate) struct Unsaved {
    shell: Shell,
    visit: RecordId,
    /// Answers by path. One is here until the store says that it has it.
    answers: RefCell<Vec<(String, Option<String>)>>,
    /// Attachments by path.
    attachments: RefCell<Vec<(String, Keeping)>>,
    place: RefCell<Place>,
    /// Why the last save failed.
    trouble: RefCell<Option<StoreError>>,
    busy: Cell<bool>,
    watcher: RefCell<Option<UnboundedSender<()>>>,
}

impl Unsaved {
    /// That of a visit. To be called before the visit is read from the store: what reaches the disk after this call is
    /// heard of here, what was there before is in what is read.
    pub(crate) fn of(shell: Shell, visit: RecordId) -> Rc<Self> {
        VISITS.with_borrow_mut(|visits| {
            visits.retain(|one| Rc::strong_count(one) > 1 || !one.is_done());
            if let Some(unsaved) = visits.iter().find(|one| one.visit == visit) {
                unsaved
                    .attachments
                    .borrow_mut()
                    .retain(|(_, keeping)| keeping.is_on_its_way());
                return unsaved.clone();
            }
            let unsaved = Rc::new(Self {
                shell,
                visit,
                answers: RefCell::default(),
                attachments: RefCell::default(),
                place: RefCell::default(),
                trouble: RefCell::default(),
                busy: Cell::new(false),
                watcher: RefCell::default(),
            });
            visits.push(unsaved.clone());
            unsaved
        })
    }

    fn is_done(&self) -> bool {
        let attachments = self.attachments.borrow();
        self.is_saved() && !attachments.iter().any(|(_, one)| one.is_on_its_way())
    }

    /// From now on says when something changed here, to one watcher: the screen that shows the visit. Once it says so at
    /// once, so that the screen begins with what is here.
    pub(crate) fn watch(&self) -> UnboundedReceiver<()> {
        let (watcher, changes) = unbounded();
        self.watcher.replace(Some(watcher));
        self.changed();
        changes
    }

    fn changed(&self) {
        if let Some(watcher) = &*self.watcher.borrow() {
            let _screen_left = watcher.unbounded_send(());
        }
    }

    /// Takes answers in, to be [saved](Self::save).
    pub(crate) fn add(&self, answers: impl IntoIterator<Item = (String, Option<String>)>) {
        let mut unsaved = self.answers.borrow_mut();
        for (path, value) in answers {
            put(&mut unsaved, path, value);
        }
    }

    /// Puts what is not on disk over what was read from there.
    pub(crate) fn put_over(&self, read: &mut BTreeMap<String, String>) {
        for (path, value) in self.answers.borrow().iter() {
            match value {
                Some(value) => read.insert(path.clone(), value.clone()),
                None => read.remove(path),
            };
        }
    }

    /// The paths of the answers that are not on disk.
    pub(crate) fn paths(&self) -> Vec<String> {
        let answers = self.answers.borrow();
        answers.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Whether the answer of that path is not on disk.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.answers.borrow().iter().any(|(held, _)| held == path)
    }

    /// Whether every answer is on disk.
    pub(crate) fn is_saved(&self) -> bool {
        self.answers.borrow().is_empty()
    }

    /// Why the last save failed.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        self.trouble.borrow().clone()
    }

    /// Saves what is here now, and goes on until nothing is.
    pub(crate) fn save(self: &Rc<Self>) {
        if self.is_saved() || self.busy.replace(true) {
            return;
        }
        let unsaved = self.clone();
        background::run(async move {
            while !unsaved.is_saved() && unsaved.save_once().await {}
            unsaved.busy.set(false);
            unsaved.changed();
        });
    }

    /// Whether it makes sense to go on.
    async fn save_once(&self) -> bool {
        let answers = self.answers.borrow().clone();
        let request = Request::SaveAnswers {
            visit: self.visit,
            changes: answers.clone(),
            place: Some(self.place()),
        };
        let failed = self.shell.ask(request).await.err();
        self.trouble.replace(failed.clone());
        let Some(why) = failed else {
            // What was changed meanwhile is newer and stays.
            let mut left = self.answers.borrow_mut();
            left.retain(|answer| !answers.contains(answer));
            drop(left);
            self.changed();
            return true;
        };
        if matches!(
            why,
            StoreError::State { .. }
                | StoreError::Forbidden
                | StoreError::NotFound
                | StoreError::TooLarge { .. }
        ) {
            return false;
        }
        self.changed();
        page::sleep(AGAIN).await;
        true
    }

    /// Waits until every answer is on disk.
    ///
    /// # Errors
    /// Why the store does not take them.
    pub(crate) async fn saved(self: &Rc<Self>) -> Result<(), StoreError> {
        self.save();
        for _ in 0..GLANCES {
            if self.is_saved() {
                return Ok(());
            }
            if let Some(why) = self.trouble() {
                return Err(why);
            }
            page::sleep(GLANCE).await;
        }
        Err(StoreError::NotOpen)
    }

    /// Where an attachment is.
    pub(crate) fn keeping(&self, path: &str) -> Keeping {
        let attachments = self.attachments.borrow();
        let found = attachments.iter().find(|(kept, _)| kept == path);
        found
            .map(|(_, keeping)| keeping.clone())
            .unwrap_or_default()
    }

    /// Keeps what is being made as the answer of a question.
    pub(crate) fn keep(
        self: &Rc<Self>,
        path: String,
        made: impl Future<Output = Result<Made, String>> + 'static,
    ) {
        self.stands(&path, Keeping::Busy);
        let unsaved = self.clone();
        background::run(async move {
            let kept = match made.await {
                Ok(made) => unsaved.store(&path, made).await,
                Err(why) => Keeping::Failed(why, None),
            };
            unsaved.stands(&path, kept);
        });
    }

    /// The store writes the bytes and the answer that names them, both or neither.
    async fn store(&self, path: &str, (media_type, bytes): Made) -> Keeping {
        let request = Request::SaveAttachment {
            visit: self.visit,
            path: path.to_owned(),
            media_type: media_type.to_owned(),
            bytes: Bytes(bytes.to_vec()),
        };
        match self.shell.ask(request).await {
            Ok(Reply::Attachment(name)) => {
                // An older answer that waits must not come over it.
                self.answers.borrow_mut().retain(|(held, _)| held != path);
                Keeping::Kept(name)
            }
            Ok(_) => Keeping::Nothing,
            Err(why) => {
                let again = !matches!(why, StoreError::NotAnAttachment);
                Keeping::Failed(format::error(&why), again.then_some((media_type, bytes)))
            }
        }
    }

    fn stands(&self, path: &str, keeping: Keeping) {
        put(&mut self.attachments.borrow_mut(), path.to_owned(), keeping);
        self.changed();
    }

    /// The attachments that were kept since this was last asked: path and name.
    pub(crate) fn arrived(&self) -> Vec<(String, AttachmentName)> {
        let mut arrived = Vec::new();
        self.attachments.borrow_mut().retain(|(path, keeping)| {
            let Keeping::Kept(name) = keeping else {
                return true;
            };
            arrived.push((path.clone(), name.clone()));
            false
        });
        arrived
    }

    /// Waits until no attachment is on its way.
    pub(crate) async fn attached(&self) {
        while self
            .attachments
            .borrow()
            .iter()
            .any(|(_, one)| *one == Keeping::Busy)
        {
            page::sleep(GLANCE).await;
        }
    }

    /// Where the officer is or was.
    pub(crate) fn place(&self) -> Place {
        self.place.borrow().clone()
    }

    /// Notes where the officer was, as the store has it.
    pub(crate) fn was_at(&self, place: Place) {
        self.place.replace(place);
    }

    /// Remembers where the officer is, so that coming back leads there.
    pub(crate) fn stand(&self, place: Place) {
        if *self.place.borrow() == place {
            return;
        }
        self.place.replace(place.clone());
        let (shell, visit) = (self.shell, self.visit);
        background::run(async move {
            let _ = shell.ask(Request::KeepPlace { visit, place }).await;
        });
    }
}

/// Puts a value in place of the one of that path. There are never many, and a map would cost more to download.
fn put<T>(values: &mut Vec<(String, T)>, path: String, value: T) {
    match values.iter_mut().find(|(held, _)| *held == path) {
        Some((_, held)) => *held = value,
        None => values.push((path, value)),
    }
}
