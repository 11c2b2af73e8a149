//! One page of a visit being filled. Forth and back are always free; what is missing is only said.

use std::rc::Rc;

use dioxus::prelude::*;

use super::layout::Reread;
use super::overview::Reopen;
use super::question::{Question, Strict};
use super::score::Suggestions;
use super::work::{Saving, Work, element_id, work};
use crate::domain::{RecordId, follow_up};
use crate::form::{Item, RepeatInstance, RepeatState};
use crate::ui::components::{Alert, Confirm, Icon, Tone, use_title};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// Goes on from this page, as its button does: for the one question that needs no button.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Onward(pub(super) Callback<()>);

/// A page by its name.
#[component]
pub(crate) fn VisitPage(id: RecordId, page: String) -> Element {
    rsx! {
        for page in [page] {
            Runner { key: "{page}", id, page }
        }
    }
}

#[component]
fn Runner(id: RecordId, page: String) -> Element {
    let work = work();
    use_hook(|| land(&work, &page));
    // Another device of this officer may have answered meanwhile.
    let mut reread = consume_context::<Reread>().0;
    use_hook(|| {
        let work = work.clone();
        spawn(async move {
            if work.changed_elsewhere().await {
                work.flush();
                *reread.write() += 1;
            }
        });
    });
    use_hook(|| work.look_over());
    let mut strict = use_context_provider(|| Strict(Signal::new(work.is_checked(&page)))).0;
    let mut held = use_signal(|| false);
    let go_on = use_callback({
        let (work, page) = (work.clone(), page.clone());
        move |()| {
            let Some(after) = work.page_after(&page) else {
                return;
            };
            work.look_over();
            let problems = if work.detail.editable {
                work.check(&page)
            } else {
                Vec::new()
            };
            held.set(!problems.is_empty());
            match problems.first() {
                Some(first) => {
                    strict.set(true);
                    work.seek(&first.path);
                }
                None => {
                    navigator().push(Route::VisitPage { id, page: after });
                }
            }
        }
    });
    use_context_provider(|| Onward(go_on));
    let pages = (work.pages)();
    let title = work.page_title(&page);
    use_title(&title);
    // An address of a page that does not apply leads to one that does.
    let at = pages.iter().position(|one| *one == page);
    use_effect(use_reactive((&at,), move |(at,)| {
        if at.is_none() {
            navigator().replace(Route::VisitResume { id });
        }
    }));
    let Some(at) = at else {
        return rsx! {};
    };
    let section = work.section_title(&page);
    let before = at.checked_sub(1).and_then(|at| pages.get(at)).cloned();
    let after = pages.get(at + 1).cloned();
    rsx! {
        div { class: "runner",
            header { class: "runner-head",
                Link { class: "head-back", to: Route::VisitOverview { id }, aria_label: t("all-parts"), Icon { name: "back" } }
                div { class: "head-words",
                    p { class: "quiet", "{work.detail.cooperative.name}" }
                    p { class: "runner-section", "{section}" }
                }
                p { class: "quiet", {ta("page-of", &[("at", (at + 1).into()), ("of", pages.len().into())])} }
                progress { max: pages.len(), value: at + 1, aria_label: t("progress") }
            }
            h1 { "{title}" }
            if work.detail.reopenable {
                Reopen { id, reopenable: true }
            } else if !work.detail.editable {
                Alert { tone: Tone::Info, p { {t("visit-read-only")} } }
            }
            Trouble {}
            Questions { page: page.clone() }
        }
        footer { class: "foot",
            if let Some(before) = before {
                Link { class: "button", to: Route::VisitPage { id, page: before },
                    Icon { name: "back" }
                    span { {t("previous")} }
                }
            } else {
                Link { class: "button", to: Route::VisitOverview { id }, Icon { name: "back" } span { {t("previous")} } }
            }
            SavedLine {}
            if let Some(after) = after {
                Next { id, page, after, held }
            } else if work.detail.editable {
                Link { class: "button primary", to: Route::VisitSend { id },
                    span { {t("check-and-send")} }
                    Icon { name: "next" }
                }
            }
        }
    }
}

/// Goes on when nothing on the page is missing or wrong; otherwise says so there, and lets the person go on all the same.
#[component]
fn Next(id: RecordId, page: String, after: String, held: Signal<bool>) -> Element {
    let work = work();
    let go_on = consume_context::<Onward>().0;
    let mut missing = 0;
    if held() {
        // Counted anew with every answer, though not with every letter.
        let _ = (work.saving)();
        let mut problems = work.check(&page);
        problems.retain(|problem| !work.is_fresh(&problem.path));
        missing = problems.len();
    }
    rsx! {
        p { class: "held", role: "alert",
            if missing > 0 {
                span { {ta("page-problems", &[("n", missing.into())])} }
                Link { class: "link", to: Route::VisitPage { id, page: after }, {t("next-anyway")} }
            }
        }
        button { class: "button primary", r#type: "button", onclick: move |_| go_on.call(()),
            span { {t("next")} }
            Icon { name: "next" }
        }
    }
}

/// Coming to a page: it becomes the place to come back to, and a question remembered on it gets the focus.
fn land(work: &Rc<Work>, page: &str) {
    let place = work.place();
    match place.question {
        Some(question) if place.page == page => work.seek(&question),
        _ => work.stand(page, None),
    }
}

/// The list of questions. Drawn anew only when questions come or go.
#[component]
fn Questions(page: String) -> Element {
    let work = work();
    let _ = (work.structure)();
    let items = work.items(&page);
    let follow_ups = items
        .iter()
        .any(|item| matches!(item, Item::Repeat(repeat) if repeat.path == follow_up::REPEAT));
    rsx! {
        if follow_ups {
            Suggestions {}
        }
        Items { items }
    }
}

#[component]
fn Items(items: Vec<Item>) -> Element {
    rsx! {
        // A key counts only on what the loop itself makes: on a part within, one question more would make all after it anew.
        for item in items {
            OneItem { key: "{item.path()}", item }
        }
    }
}

#[component]
fn OneItem(item: Item) -> Element {
    match item {
        Item::Question(question) => rsx! {
            Question { path: question.path }
        },
        Item::Repeat(repeat) => rsx! {
            Repeat { repeat }
        },
    }
}

/// A group of questions answered as often as needed.
#[component]
fn Repeat(repeat: RepeatState) -> Element {
    let work = work();
    let editable = work.detail.editable;
    let strict = consume_context::<Strict>().0;
    let path = repeat.path.clone();
    let alone = repeat.instances.len() == 1;
    rsx! {
        section { class: "repeat", id: element_id(&repeat.path), tabindex: "-1",
            h2 { "{repeat.label}" }
            if let Some(hint) = &repeat.hint {
                p { class: "hint", "{hint}" }
            }
            if let Some(problem) = repeat.problem.as_ref().filter(|_| strict()) {
                p { class: "error", Icon { name: "alert" } "{problem.message}" }
            }
            if repeat.instances.is_empty() {
                p { class: "quiet", {t("repeat-empty")} }
            }
            for instance in repeat.instances {
                Instance { key: "{instance.path}", instance, alone, removable: editable && repeat.can_remove }
            }
            if editable && repeat.can_add {
                button {
                    class: "button wide dashed",
                    r#type: "button",
                    onclick: move |_| work.add_instance(&path),
                    Icon { name: "plus" }
                    {ta("repeat-add", &[("name", repeat.label.clone().into())])}
                }
            }
        }
    }
}

/// One of them as a card. It is open while it is new, alone or looked for, and named by its first answer when it is not.
#[component]
fn Instance(instance: RepeatInstance, alone: bool, removable: bool) -> Element {
    let work = work();
    let mut removing = use_signal(|| false);
    let title = instance.items.iter().find_map(|item| match item {
        Item::Question(question) if question.kind.is_asked() && !question.kind.is_attachment() => {
            Some(question.path.clone())
        }
        _ => None,
    });
    let named = title.as_ref().map(|path| work.cell(path).view);
    let name = named
        .and_then(|view| view())
        .and_then(|question| format::answered(&question));
    let inside = format!("{}/", instance.path);
    let mut chosen = use_signal(|| None::<bool>);
    let born_empty = use_hook(|| name.is_none());
    use_effect(move || {
        if (work.sought)().starts_with(&inside) {
            chosen.set(Some(true));
        }
    });
    let work = super::work::work();
    let open = chosen().unwrap_or(alone || born_empty);
    let fold = if open { "up" } else { "down" };
    let id = element_id(&instance.path);
    let label = match &name {
        Some(name) => format!("{}: {name}", instance.label),
        None => instance.label.clone(),
    };
    rsx! {
        section { class: "instance", id: "{id}", tabindex: "-1",
            header {
                h3 {
                    button {
                        class: "fold",
                        r#type: "button",
                        "aria-expanded": open,
                        "aria-controls": "{id}-in",
                        onclick: move |_| chosen.set(Some(!open)),
                        Icon { name: fold }
                        "{label}"
                    }
                }
                if removable {
                    button {
                        class: "link danger",
                        r#type: "button",
                        aria_label: ta("repeat-remove-named", &[("name", label.clone().into())]),
                        onclick: move |_| removing.set(true),
                        Icon { name: "trash" }
                        {t("repeat-remove")}
                    }
                }
            }
            div { class: "instance-in", id: "{id}-in",
                if open {
                    Items { items: instance.items }
                }
            }
        }
        if removing() {
            Confirm {
                title: t("repeat-remove-title"),
                text: format!("{label}. {}", t("repeat-remove-text")),
                confirm: t("repeat-remove"),
                danger: true,
                onconfirm: move |()| {
                    removing.set(false);
                    work.remove_instance(&instance.path);
                },
                oncancel: move |()| removing.set(false),
            }
        }
    }
}

/// Whether everything on this visit is on disk.
#[component]
pub(super) fn SavedLine() -> Element {
    let work = work();
    let saving = (work.saving)();
    let doubtful = (work.doubtful)().len();
    rsx! {
        p { class: "saved-line", role: "status",
            match saving {
                Saving::Saved if doubtful > 0 => rsx! { Icon { name: "alert" } {ta("doubtful", &[("n", doubtful.into())])} },
                Saving::Saved if (shell().gone)() => rsx! { Icon { name: "alert" } {t("transfer-gone")} },
                Saving::Untouched => rsx! {},
                Saving::Pending => rsx! { {t("saving")} },
                Saving::Saved => rsx! { Icon { name: "check" } {t("all-saved")} },
                Saving::Failed => rsx! { Icon { name: "alert" } {t("not-saved-short")} },
            }
        }
    }
}

/// Why something could not be saved.
#[component]
pub(super) fn Trouble() -> Element {
    match (work().trouble)() {
        None => rsx! {},
        Some(why) => rsx! {
            Alert { tone: Tone::Bad, title: t("not-saved"),
                p { {format::error(&why)} }
            }
        },
    }
}
