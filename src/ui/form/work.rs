//! A visit at work: the form session and the signals of its questions.
//!
//! The session is plain data that no component subscribes to. Each question has a [`Cell`] of signals, so one answer draws
//! one question anew. Answers go to the disk by [`Unsaved`], which outlives the screen; a field says "saved" only after that
//! has said so.

mod typing;

use std::cell::{Cell as Flag, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use dioxus::core::Runtime;
use dioxus::prelude::*;
use futures_util::StreamExt;

use super::unsaved::{Keeping, Unsaved};
use crate::domain::{Millis, RecordId, User};
use crate::form::{
    AnswerError, Changes, Form, Item, PageState, Problem, ProblemKind, QuestionState, Session,
    Sheets,
};
use crate::platform::host::page;
use crate::store::api::{FormSheets, Place, Reply, Request, StoreError, VisitDetail};
use crate::ui::i18n::{Language, language};
use crate::ui::state::Shell;
use typing::Typed;

/// Where one answer is on its way to the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Saving {
    /// Nothing was changed since the visit was opened.
    Untouched,
    /// Changed, not yet on disk.
    Pending,
    /// The store says that it is on disk.
    Saved,
    /// The store could not write it; it is tried again.
    Failed,
}

/// What a question's component shows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// The question as the session has it; `None` when it is gone with its repeat instance.
    pub(crate) view: Signal<Option<QuestionState>>,
    /// Where its answer is.
    pub(crate) saving: Signal<Saving>,
    /// Whether its field holds a text that is no answer, see [`Work::doubt`].
    pub(crate) doubtful: Signal<bool>,
    /// Where its attachment is.
    pub(crate) keeping: Signal<Keeping>,
}

/// See the module's words. Shared by the screens of one visit, and gone with them: only tasks of the screen hold it.
pub(crate) struct Work {
    shell: Shell,
    scope: ScopeId,
    /// The visit as it was opened.
    pub(crate) detail: VisitDetail,
    /// Its form.
    pub(crate) form: Arc<Form>,
    session: RefCell<Session>,
    cells: RefCell<BTreeMap<String, Cell>>,
    /// What was typed into fields and is no answer yet, such as "1.5" for a number. Kept while the visit is open.
    pub(crate) drafts: RefCell<BTreeMap<String, String>>,
    /// Fields whose text is no answer, and what is wrong with it. It is on this screen alone: it is never called saved, and
    /// nobody goes on from it unasked.
    pub(crate) doubtful: Signal<BTreeMap<String, String>>,
    /// The text of the one field that was typed into since the last frame.
    typed: RefCell<Option<Typed>>,
    /// What is not on disk yet.
    pub(crate) unsaved: Rc<Unsaved>,
    /// The questions whose answers were changed since the visit was opened.
    touched: RefCell<BTreeSet<String>>,
    /// What defaults and calculations set when the visit was opened. Saved with the first real change and not before:
    /// looking at a visit must not make it unsent.
    computed: RefCell<Vec<(String, Option<String>)>>,
    /// When what was typed is to be saved, by [`page::ticks`].
    due: Flag<Option<f64>>,
    /// Everything is being saved right now, see [`Work::flush`].
    flushing: Flag<bool>,
    /// Names of the pages that apply now, in order.
    pub(crate) pages: Signal<Vec<String>>,
    /// Counts when questions came or went, so that a page draws its list anew.
    pub(crate) structure: Signal<u32>,
    /// The saving as a whole.
    pub(crate) saving: Signal<Saving>,
    /// Why the last save failed.
    pub(crate) trouble: Signal<Option<StoreError>>,
    /// Whether missing answers are shown as faults everywhere: after the first look at the summary, or in a returned visit.
    pub(crate) strict: Flag<bool>,
    /// Repeat instances that were added since their page was looked over: what is missing there is no fault yet.
    pub(crate) fresh: Signal<BTreeSet<String>>,
    /// The pages where they are, because the person wanted to go on from there.
    checked: RefCell<BTreeSet<String>>,
    /// The path of a question that is to be seen: the card of a repeat that it stands in opens.
    pub(crate) sought: Signal<String>,
}

/// Compiles the sheets of a form version, once for each version.
pub(crate) fn form_of(sheets: &FormSheets) -> Result<Arc<Form>, String> {
    thread_local! {
        static FORMS: RefCell<BTreeMap<(String, String), Arc<Form>>> = const { RefCell::new(BTreeMap::new()) };
    }
    let key = (sheets.id.clone(), sheets.version.clone());
    if let Some(form) = FORMS.with_borrow(|forms| forms.get(&key).cloned()) {
        return Ok(form);
    }
    let own = [
        ("survey", sheets.survey.as_str()),
        ("choices", sheets.choices.as_str()),
        ("settings", sheets.settings.as_str()),
    ];
    let more = sheets.more.iter();
    let more = more.map(|(name, text)| (name.as_str(), text.as_str()));
    let form = Sheets::from_named(own.into_iter().chain(more))
        .and_then(|sheets| crate::form::compile(&sheets))
        .map_err(|errors| errors.places())?;
    let form = Arc::new(form);
    FORMS.with_borrow_mut(|forms| forms.insert(key, form.clone()));
    Ok(form)
}

/// The form's name of the screens' language: `Bahasa Indonesia (id)` for `id`.
pub(crate) fn form_language(form: &Form, language: Language) -> String {
    let tag = format!("({})", language.tag());
    let mut languages = form.languages().iter().map(ToString::to_string);
    let first = languages.next().unwrap_or_default();
    if first.contains(&tag) {
        return first;
    }
    languages.find(|name| name.contains(&tag)).unwrap_or(first)
}

impl Work {
    /// Opens a visit for filling, as it was read after `unsaved` was asked for. To be called in the component whose life the
    /// signals share.
    ///
    /// # Errors
    /// The form's faults, in words, when it cannot be read.
    pub(crate) fn open(
        shell: Shell,
        mut detail: VisitDetail,
        unsaved: Rc<Unsaved>,
        user: Option<&User>,
        device: &str,
    ) -> Result<Rc<Self>, String> {
        let form = form_of(&detail.sheets)?;
        if detail.editable {
            unsaved.put_over(&mut detail.visit.answers);
            // What could not be saved, because the app was locked for instance, may be now.
            unsaved.save();
        }
        let session = detail.session(form.clone(), page::now(), user, device);
        let computed = if detail.editable {
            session.changes_on_open().to_vec()
        } else {
            Vec::new()
        };
        let strict = detail.state == crate::domain::VisitState::Returned;
        let place = detail.place.clone().unwrap_or_default();
        let sought = place.question.clone().unwrap_or_default();
        unsaved.was_at(place);
        let mut changes = unsaved.watch();
        let work = Rc::new(Self {
            shell,
            scope: dioxus::core::current_scope_id(),
            form,
            cells: RefCell::default(),
            drafts: RefCell::default(),
            doubtful: Signal::default(),
            typed: RefCell::default(),
            touched: RefCell::new(unsaved.paths().into_iter().collect()),
            unsaved,
            computed: RefCell::new(computed),
            due: Flag::new(None),
            flushing: Flag::new(false),
            pages: Signal::new(relevant_pages(&session)),
            structure: Signal::new(0),
            saving: Signal::new(Saving::Untouched),
            trouble: Signal::new(None),
            strict: Flag::new(strict),
            fresh: Signal::default(),
            checked: RefCell::default(),
            sought: Signal::new(sought),
            session: RefCell::new(session),
            detail,
        });
        let watching = work.clone();
        spawn(async move {
            while changes.next().await.is_some() {
                watching.show_unsaved();
            }
        });
        Ok(work)
    }

    /// Runs a task that ends with the screens of the visit, whichever of them asks for it.
    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        Runtime::current().in_scope(self.scope, || spawn(task));
    }

    /// Which visit.
    pub(crate) fn id(&self) -> RecordId {
        self.detail.visit.id
    }

    /// The form's name of the screens' language.
    pub(crate) fn language(&self) -> String {
        form_language(&self.form, language())
    }

    /// The questions and repeats of a page.
    pub(crate) fn items(&self, page: &str) -> Vec<Item> {
        self.session.borrow().items(page, &self.language())
    }

    /// What stands in the way of sending.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let session = self.session.borrow();
        let language = self.language();
        let mut problems = session.problems(&language);
        for (path, why) in self.doubtful.peek().iter() {
            // Where an answer is missing, it is missing for that reason.
            if let Some(problem) = problems.iter_mut().find(|problem| problem.path == *path) {
                problem.message.clone_from(why);
                continue;
            }
            let question = session.question(path, &language);
            let Some(question) = question.filter(|question| question.relevant) else {
                continue;
            };
            problems.push(Problem {
                path: path.clone(),
                page: session.page_of(path).unwrap_or_default(),
                label: question.label,
                kind: ProblemKind::Type,
                message: why.clone(),
            });
        }
        problems
    }

    /// Notes that a field holds a text that is no answer, for this reason; or, without one, that it does not any more.
    pub(crate) fn doubt(&self, path: &str, why: Option<String>) {
        if let Some(cell) = self.cells.borrow().get(path) {
            put(cell.doubtful, why.is_some());
        }
        let mut doubtful = self.doubtful.peek().clone();
        match why {
            Some(why) => doubtful.insert(path.to_owned(), why),
            None => doubtful.remove(path),
        };
        put(self.doubtful, doubtful);
    }

    /// Whether what is missing on a page is shown.
    pub(crate) fn is_checked(&self, page: &str) -> bool {
        self.strict.get() || self.checked.borrow().contains(page)
    }

    /// What stands in the way on a page, in its order. From now on it is shown there.
    pub(crate) fn check(&self, page: &str) -> Vec<Problem> {
        self.catch_up();
        let mut problems = self.problems();
        problems.retain(|problem| problem.page == page);
        if !problems.is_empty() {
            self.checked.borrow_mut().insert(page.to_owned());
        }
        problems
    }

    /// From now on nothing counts as just added.
    pub(crate) fn look_over(&self) {
        put(self.fresh, BTreeSet::new());
    }

    /// Whether a question stands in what was just added.
    pub(crate) fn is_fresh(&self, path: &str) -> bool {
        let fresh = self.fresh.read();
        fresh.iter().any(|instance| {
            path.strip_prefix(instance.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Brings a question to the person's eyes and gives it the focus.
    pub(crate) fn seek(&self, path: &str) {
        // Twice the same is twice a wish: a card that was shut since opens again.
        put(self.sought, String::new());
        put(self.sought, path.to_owned());
        page::focus(&element_id(path));
    }

    /// What a question's component shows; made at the first call.
    pub(crate) fn cell(&self, path: &str) -> Cell {
        if let Some(cell) = self.cells.borrow().get(path) {
            return *cell;
        }
        let view = self.session.borrow().question(path, &self.language());
        let cell = Cell {
            view: Signal::new_in_scope(view, self.scope),
            saving: Signal::new_in_scope(self.saving_of(path), self.scope),
            doubtful: Signal::new_in_scope(false, self.scope),
            keeping: Signal::new_in_scope(self.unsaved.keeping(path), self.scope),
        };
        self.cells.borrow_mut().insert(path.to_owned(), cell);
        cell
    }

    /// Answers a question. A typed answer is saved when the typing pauses, any other at once.
    ///
    /// # Errors
    /// In the engine's words, when the value is none of this question's kind.
    pub(crate) fn answer(
        self: &Rc<Self>,
        path: &str,
        value: Option<&str>,
        typing: bool,
    ) -> Result<(), String> {
        self.catch_up();
        let answered = self.session.borrow_mut().answer(path, value);
        let changes = answered.map_err(|error| {
            // What is no answer waits for no disk.
            self.show_saving();
            error.to_string()
        })?;
        self.touch(path);
        self.take(changes, typing);
        Ok(())
    }

    /// Adds an instance to a repeat.
    pub(crate) fn add_instance(self: &Rc<Self>, repeat: &str) {
        self.catch_up();
        // Born by time, so that the keys sort as they were made.
        let key = RecordId::new(page::now(), &page::entropy()).to_string();
        // Not in one line: what an `if let` looks at stays borrowed in its body.
        let added = self.session.borrow_mut().add_repeat(repeat, &key);
        let instance = format!("{repeat}/{key}");
        if let Ok(changes) = added {
            let mut fresh = self.fresh.peek().clone();
            fresh.insert(instance.clone());
            put(self.fresh, fresh);
            self.take(changes, false);
        }
        self.redraw();
        page::focus(&element_id(&instance));
    }

    /// Takes an instance of a repeat away, with its answers.
    pub(crate) fn remove_instance(self: &Rc<Self>, instance: &str) {
        self.catch_up();
        let removed = self.session.borrow_mut().remove_repeat(instance);
        if let Ok(changes) = removed {
            self.take(changes, false);
        }
        self.redraw();
    }

    /// Changes the session in more than one answer.
    pub(crate) fn change(
        self: &Rc<Self>,
        change: impl FnOnce(&mut Session) -> Result<Changes, AnswerError>,
    ) {
        self.catch_up();
        // Not in one line: what an `if let` looks at stays borrowed in its body.
        let changed = change(&mut self.session.borrow_mut());
        if let Ok(changes) = changed {
            self.take(changes, false);
        }
        self.redraw();
    }

    fn redraw(&self) {
        let next = *self.structure.peek() + 1;
        put(self.structure, next);
    }

    /// Publishes what an answer changed and lines its values up for the store.
    fn take(self: &Rc<Self>, changes: Changes, typing: bool) {
        {
            let session = self.session.borrow();
            let language = self.language();
            let cells = self.cells.borrow();
            let mut moved = changes.pages_changed;
            for path in &changes.views {
                match cells.get(path) {
                    Some(cell) => put(cell.view, session.question(path, &language)),
                    // A question of another page needs nothing; a repeat is drawn with its page.
                    None => moved |= session.repeat(path, &language).is_some(),
                }
            }
            drop(cells);
            if moved {
                put(self.pages, relevant_pages(&session));
                self.redraw();
            }
        }
        if changes.values.is_empty() {
            // Nothing to write means that the store has this very value already, unless it is still on its way.
            self.show_saving();
            return;
        }
        let mut computed = self.computed.take();
        computed.retain(|(path, _)| !self.unsaved.holds(path));
        let values = computed.into_iter().chain(changes.values);
        self.unsaved.add(values.inspect(|(path, _)| {
            self.touched.borrow_mut().insert(path.clone());
        }));
        put(self.saving, Saving::Pending);
        if typing {
            self.flush_after_typing();
        } else {
            self.flush();
        }
    }

    /// The answer of a question is changed and not on disk.
    fn touch(&self, path: &str) {
        self.touched.borrow_mut().insert(path.to_owned());
        if let Some(cell) = self.cells.borrow().get(path) {
            put(cell.saving, Saving::Pending);
        }
    }

    fn saving_of(&self, path: &str) -> Saving {
        if self.is_typing(path) {
            Saving::Pending
        } else if self.unsaved.holds(path) {
            self.waiting()
        } else if self.touched.borrow().contains(path) {
            Saving::Saved
        } else {
            Saving::Untouched
        }
    }

    /// What is said of an answer that is not on disk.
    fn waiting(&self) -> Saving {
        match self.unsaved.trouble() {
            Some(_) => Saving::Failed,
            None => Saving::Pending,
        }
    }

    /// Shows of each answer whether it is on disk.
    fn show_saving(&self) {
        for (path, cell) in self.cells.borrow().iter() {
            put(cell.saving, self.saving_of(path));
            put(cell.keeping, self.unsaved.keeping(path));
        }
        let saving = if self.typed.borrow().is_some() {
            Saving::Pending
        } else if !self.unsaved.is_saved() {
            self.waiting()
        } else if self.touched.borrow().is_empty() {
            Saving::Untouched
        } else {
            Saving::Saved
        };
        put(self.saving, saving);
        put(self.trouble, self.unsaved.trouble());
    }

    /// Takes over what became of what was not on disk.
    fn show_unsaved(self: &Rc<Self>) {
        for (path, name) in self.unsaved.arrived() {
            // What the session refuses, the store has all the same; opening the visit again shows it.
            let _ = self.answer(&path, Some(name.as_str()), false);
        }
        self.show_saving();
    }

    /// Saves everything now: the last letter too.
    pub(crate) fn flush(self: &Rc<Self>) {
        // What is saved right here needs no timer, and when the screen is being left it could have none.
        self.flushing.set(true);
        self.catch_up();
        self.flushing.set(false);
        self.unsaved.save();
    }

    /// Whether the visit on disk is another than the one opened here: decided upon, or changed from elsewhere.
    pub(crate) fn is_outdated_by(&self, fresh: &VisitDetail) -> bool {
        let opened = &self.detail;
        opened.state != fresh.state
            || opened.visit.form_version != fresh.visit.form_version
            || opened.editable != fresh.editable
            || (self.is_saved()
                && opened.visit.answers != fresh.visit.answers
                && *self.session.borrow().answers() != fresh.visit.answers)
    }

    /// Asks the store whether the visit changed behind this session. A field with a text that is no answer yet holds on
    /// to what is here.
    pub(crate) async fn changed_elsewhere(&self) -> bool {
        let fresh = match self.shell.ask(Request::Visit(self.id())).await {
            Ok(Reply::Visit(fresh)) => fresh,
            _ => return false,
        };
        self.drafts.borrow().is_empty() && self.is_outdated_by(&fresh)
    }

    /// Whether everything is on disk.
    pub(crate) fn is_saved(&self) -> bool {
        self.unsaved.is_saved() && self.typed.borrow().is_none()
    }

    /// Remembers where the officer is, so that coming back lands there.
    pub(crate) fn stand(&self, page: &str, question: Option<&str>) {
        if self.detail.editable {
            self.unsaved.stand(Place {
                page: page.to_owned(),
                question: question.map(ToOwned::to_owned),
            });
        }
    }

    /// Where the officer is or was.
    pub(crate) fn place(&self) -> Place {
        self.unsaved.place()
    }

    /// Reads the whole session.
    pub(crate) fn reading<T>(&self, read: impl FnOnce(&Form, &Session, &str) -> T) -> T {
        read(&self.form, &self.session.borrow(), &self.language())
    }

    /// The page that a question stands on, and its label.
    pub(crate) fn find(&self, path: &str, language: &str) -> Option<(String, String)> {
        let session = self.session.borrow();
        Some((
            session.page_of(path)?,
            session.question(path, language)?.label,
        ))
    }

    /// The pages as they are now, with their progress.
    pub(crate) fn progress(&self) -> Vec<PageState> {
        self.session.borrow().pages()
    }

    /// The page that comes after a page.
    pub(crate) fn page_after(&self, page: &str) -> Option<String> {
        let pages = self.pages.peek();
        let at = pages.iter().position(|one| one == page)?;
        pages.get(at + 1).cloned()
    }

    /// Whether a question is all that stands on its page.
    pub(crate) fn stands_alone(&self, path: &str) -> bool {
        let page = self.session.borrow().page_of(path).unwrap_or_default();
        matches!(self.items(&page).as_slice(), [Item::Question(_)])
    }

    /// The title of a page.
    pub(crate) fn page_title(&self, page: &str) -> String {
        page_title(&self.form, page, &self.language())
    }

    /// The title of the section that a page is in.
    pub(crate) fn section_title(&self, page: &str) -> String {
        section_title(&self.form, page, &self.language())
    }

    /// Notes that the filling is over, before the visit is sent. Gives the clock that the visit is judged by from now on.
    pub(crate) fn finish(self: &Rc<Self>) -> Millis {
        self.catch_up();
        let at = self.detail.visit.judged_at(page::now());
        let mut changes = self.session.borrow_mut().finish(at.0);
        // What was computed at opening goes along even when nothing was answered since.
        let mut values = self.computed.take();
        values.append(&mut changes.values);
        changes.values = values;
        self.take(changes, false);
        at
    }

    /// Draws every question anew: the language changed.
    pub(crate) fn translate(&self) {
        let session = self.session.borrow();
        let language = self.language();
        for (path, cell) in self.cells.borrow().iter() {
            put(cell.view, session.question(path, &language));
        }
        self.redraw();
    }
}

fn relevant_pages(session: &Session) -> Vec<String> {
    session.relevant_pages().map(ToOwned::to_owned).collect()
}

/// The title of a page of a form.
pub(crate) fn page_title(form: &Form, page: &str, language: &str) -> String {
    form.page(page)
        .map(|page| form.page_title(page, language))
        .unwrap_or_default()
}

/// The title of the section that a page is in.
pub(crate) fn section_title(form: &Form, page: &str, language: &str) -> String {
    form.page(page)
        .map(|page| form.section_title(page, language))
        .unwrap_or_default()
}

/// Sets a signal when it differs, so that nothing is drawn for nothing. That of a question that has left the page while the
/// visit is still open is gone.
pub(super) fn put<T: PartialEq + 'static>(mut signal: Signal<T>, value: T) {
    if signal.try_peek().is_ok_and(|now| *now != value)
        && let Ok(mut slot) = signal.try_write()
    {
        *slot = value;
    }
}

/// The visit at work, in a component below [`super::VisitLayout`].
pub(crate) fn work() -> Rc<Work> {
    consume_context()
}

/// The id of a question's element: what gets the focus.
pub(crate) fn element_id(path: &str) -> String {
    format!("q-{}", path.replace('/', "-"))
}
