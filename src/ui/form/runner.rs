//! One page of a visit being filled. Forth and back are always free; what is missing is only said.

use std::rc::Rc;

use dioxus::prelude::*;

use super::layout::Reread;
use super::question::Question;
use super::score::Suggestions;
use super::work::{Saving, Work, element_id, work};
use crate::domain::{RecordId, follow_up};
use crate::form::{Item, RepeatState};
use crate::platform::web::page as browser;
use crate::ui::components::{Alert, Confirm, Icon, Tone, use_title};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;

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
                *reread.write() += 1;
            }
        });
    });
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
            if !work.detail.editable {
                Alert { tone: Tone::Info, p { {t("visit-read-only")} } }
            }
            Trouble {}
            Questions { page }
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
                Link { class: "button primary", to: Route::VisitPage { id, page: after },
                    span { {t("next")} }
                    Icon { name: "next" }
                }
            } else if work.detail.editable {
                Link { class: "button primary", to: Route::VisitSend { id },
                    span { {t("check-and-send")} }
                    Icon { name: "next" }
                }
            }
        }
    }
}

/// Coming to a page: it becomes the place to come back to, and a question remembered on it gets the focus.
fn land(work: &Rc<Work>, page: &str) {
    let place = work.place();
    match place.question {
        Some(question) if place.page == page => browser::focus(&element_id(&question)),
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
        for item in items {
            match item {
                Item::Question(question) => rsx! {
                    Question { key: "{question.path}", path: question.path }
                },
                Item::Repeat(repeat) => rsx! {
                    Repeat { key: "{repeat.path}", repeat }
                },
            }
        }
    }
}

/// A group of questions answered as often as needed.
#[component]
fn Repeat(repeat: RepeatState) -> Element {
    let work = work();
    let editable = work.detail.editable;
    let mut removing = use_signal(|| None::<String>);
    let path = repeat.path.clone();
    rsx! {
        section { class: "repeat", id: element_id(&repeat.path), tabindex: "-1",
            h2 { "{repeat.label}" }
            if let Some(hint) = &repeat.hint {
                p { class: "hint", "{hint}" }
            }
            if let Some(problem) = repeat.problem.as_ref().filter(|_| (work.strict)()) {
                p { class: "error", Icon { name: "alert" } "{problem.message}" }
            }
            if repeat.instances.is_empty() {
                p { class: "quiet", {t("repeat-empty")} }
            }
            for instance in repeat.instances {
                section {
                    class: "instance",
                    key: "{instance.path}",
                    id: element_id(&instance.path),
                    tabindex: "-1",
                    header {
                        h3 { "{instance.label}" }
                        if editable && repeat.can_remove {
                            button {
                                class: "link danger",
                                r#type: "button",
                                aria_label: ta("repeat-remove-named", &[("name", instance.label.clone().into())]),
                                onclick: {
                                    let path = instance.path.clone();
                                    move |_| removing.set(Some(path.clone()))
                                },
                                Icon { name: "trash" }
                                {t("repeat-remove")}
                            }
                        }
                    }
                    Items { items: instance.items }
                }
            }
            if editable && repeat.can_add {
                button {
                    class: "button wide dashed",
                    r#type: "button",
                    onclick: {
                        let work = work.clone();
                        move |_| work.add_instance(&path)
                    },
                    Icon { name: "plus" }
                    {ta("repeat-add", &[("name", repeat.label.clone().into())])}
                }
            }
        }
        if let Some(path) = removing() {
            Confirm {
                title: t("repeat-remove-title"),
                text: t("repeat-remove-text"),
                confirm: t("repeat-remove"),
                danger: true,
                onconfirm: move |()| {
                    work.remove_instance(&path);
                    removing.set(None);
                },
                oncancel: move |()| removing.set(None),
            }
        }
    }
}

/// Whether everything on this visit is on disk.
#[component]
pub(super) fn SavedLine() -> Element {
    let saving = (work().saving)();
    rsx! {
        p { class: "saved-line", role: "status",
            match saving {
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
