//! Choices: cards to touch, a search above long lists, or the phone's own list.

use dioxus::prelude::*;

use super::question::Asked;
use super::runner::Onward;
use super::work::work;
use crate::domain::letters::in_small;
use crate::form::{ChoiceState, QuestionState};
use crate::ui::components::Icon;
use crate::ui::i18n::{t, ta};

/// Choices above which a search is offered.
const MANY: usize = 12;
/// Choices that are drawn at once.
const DRAWN: usize = 40;

/// Whether the list is searched: it is long, or the sheet asks for it.
pub(super) fn searched(question: &QuestionState) -> bool {
    question.choices.len() > MANY
        || question
            .appearance
            .iter()
            .any(|word| word == "autocomplete")
}

/// How the choices stand: side by side when they are few and short or the sheet says so, as a scale for `likert`.
fn layout(question: &QuestionState) -> &'static str {
    let asked = |words: &[&str]| {
        question
            .appearance
            .iter()
            .any(|word| words.iter().any(|wanted| word.starts_with(wanted)))
    };
    let short = question.choices.len() <= 3
        && question
            .choices
            .iter()
            .all(|choice| choice.label.chars().count() <= 12);
    if asked(&["likert"]) && question.choices.len() <= 5 {
        "likert"
    } else if short || asked(&["horizontal", "columns"]) {
        "short"
    } else {
        "list"
    }
}

/// The choices to draw: what is chosen is among the first when there are more than are drawn.
fn drawn(mut rows: Vec<ChoiceState>, value: &str) -> impl Iterator<Item = ChoiceState> {
    if rows.len() > DRAWN {
        rows.sort_by_key(|choice| !value.split_whitespace().any(|name| name == choice.name));
    }
    rows.into_iter().take(DRAWN)
}

/// How many more there are than are drawn.
fn rest(found: usize) -> Element {
    match found.checked_sub(DRAWN).filter(|rest| *rest > 0) {
        Some(rest) => rsx! {
            p { class: "quiet", role: "status", {ta("choice-rest", &[("n", rest.into())])} }
        },
        None => rsx! {},
    }
}

/// The choices whose label has every word searched for.
fn matching(choices: &[ChoiceState], search: &str) -> Vec<ChoiceState> {
    let words: Vec<String> = search.split_whitespace().map(in_small).collect();
    choices
        .iter()
        .filter(|choice| {
            let label = in_small(&choice.label);
            words.iter().all(|word| label.contains(word.as_str()))
        })
        .cloned()
        .collect()
}

/// The field that narrows a long list.
#[component]
fn Narrow(id: String, search: Signal<String>, count: usize) -> Element {
    let mut search = search;
    rsx! {
        div { class: "narrow",
            Icon { name: "search" }
            input {
                r#type: "search",
                aria_label: t("choice-search"),
                placeholder: ta("choice-search-among", &[("n", count.into())]),
                "aria-controls": "{id}-options",
                autocomplete: "off",
                value: "{search}",
                oninput: move |event| search.set(event.value()),
            }
        }
    }
}

/// One of several.
#[component]
pub(crate) fn One(asked: Asked) -> Element {
    let work = work();
    let search = use_signal(String::new);
    let Asked {
        question,
        id,
        invalid,
        disabled,
        ..
    } = asked;
    // With `quick` a tap goes on by itself, where nothing else is to be seen before. Arrow keys pass by the choices on
    // their way to one, and do not.
    let quick = question.appearance.iter().any(|word| word == "quick");
    let onward = try_consume_context::<Onward>().filter(|_| quick);
    let mut by_key = use_signal(|| false);
    let chosen = question.value.clone();
    let rows = matching(&question.choices, &search.read());
    let found = rows.len();
    let path = question.path.clone();
    rsx! {
        if searched(&question) {
            Narrow { id: id.clone(), search, count: question.choices.len() }
        }
        div {
            class: "options",
            id: "{id}-options",
            "data-layout": layout(&question),
            onkeydown: move |_| by_key.set(true),
            onpointerdown: move |_| by_key.set(false),
            for choice in drawn(rows, chosen.as_deref().unwrap_or_default()) {
                label { class: "option", key: "{choice.name}",
                    input {
                        r#type: "radio",
                        name: "{id}",
                        value: "{choice.name}",
                        checked: chosen.as_deref() == Some(choice.name.as_str()),
                        disabled,
                        "aria-invalid": invalid,
                        onchange: {
                            let (work, path, name) = (work.clone(), path.clone(), choice.name.clone());
                            move |_| {
                                let _ = work.answer(&path, Some(&name), false);
                                if let Some(Onward(go_on)) = onward
                                    && !*by_key.peek()
                                    && work.stands_alone(&path)
                                {
                                    go_on.call(());
                                }
                            }
                        },
                    }
                    span { class: "option-words", "{choice.label}" }
                }
            }
        }
        {rest(found)}
        if chosen.is_some() && !disabled && !question.required {
            button {
                class: "link small",
                r#type: "button",
                onclick: move |_| {
                    let _ = work.answer(&path, None, false);
                },
                {t("choice-clear")}
            }
        }
    }
}

/// Any number of several.
#[component]
pub(crate) fn Many(asked: Asked) -> Element {
    let work = work();
    let search = use_signal(String::new);
    let Asked {
        question,
        id,
        invalid,
        disabled,
        ..
    } = asked;
    let value = question.value.clone().unwrap_or_default();
    let rows = matching(&question.choices, &search.read());
    let found = rows.len();
    let order: Vec<String> = question
        .choices
        .iter()
        .map(|choice| choice.name.clone())
        .collect();
    rsx! {
        if searched(&question) {
            Narrow { id: id.clone(), search, count: question.choices.len() }
        }
        div { class: "options", id: "{id}-options", "data-layout": layout(&question),
            for choice in drawn(rows, &value) {
                label { class: "option", key: "{choice.name}",
                    input {
                        r#type: "checkbox",
                        name: "{id}",
                        value: "{choice.name}",
                        checked: value.split_whitespace().any(|name| name == choice.name),
                        disabled,
                        "aria-invalid": invalid,
                        onchange: {
                            let (work, path, name) = (work.clone(), question.path.clone(), choice.name.clone());
                            let (order, value) = (order.clone(), value.clone());
                            move |event: FormEvent| {
                                let next = with(&order, &value, &name, event.checked());
                                let next = (!next.is_empty()).then_some(next.as_str());
                                let _ = work.answer(&path, next, false);
                            }
                        },
                    }
                    span { class: "option-words", "{choice.label}" }
                }
            }
        }
        {rest(found)}
    }
}

/// The names chosen, in the order they are offered in, with one more or one less.
fn with(order: &[String], value: &str, name: &str, chosen: bool) -> String {
    let before: Vec<&str> = value.split_whitespace().collect();
    order
        .iter()
        .map(String::as_str)
        .filter(|one| {
            if *one == name {
                chosen
            } else {
                before.contains(one)
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// One of several, by the phone's own list.
#[component]
pub(crate) fn NativeList(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        described,
        invalid,
        disabled,
        ..
    } = asked;
    let value = question.value.clone().unwrap_or_default();
    let path = question.path.clone();
    rsx! {
        select {
            id,
            disabled,
            required: question.required,
            "aria-describedby": described,
            "aria-invalid": invalid,
            onchange: move |event| {
                let name = event.value();
                let _ = work.answer(&path, (!name.is_empty()).then_some(name.as_str()), false);
            },
            option { value: "", selected: value.is_empty(), {t("choice-pick")} }
            for choice in question.choices {
                option { key: "{choice.name}", value: "{choice.name}", selected: choice.name == value, "{choice.label}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_keep_the_order_of_the_sheet() {
        let order: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(with(&order, "c", "a", true), "a c");
        assert_eq!(with(&order, "a c", "a", false), "c");
        assert_eq!(with(&order, "", "b", true), "b");
    }

    #[test]
    fn a_list_is_searched_by_any_words() {
        let choices = ["Pasar / harga", "Modal usaha", "Bahan baku"].map(|label| ChoiceState {
            name: label.to_owned(),
            label: label.to_owned(),
        });
        assert_eq!(matching(&choices, "usaha mod").len(), 1);
        assert_eq!(matching(&choices, "").len(), 3);
    }
}
