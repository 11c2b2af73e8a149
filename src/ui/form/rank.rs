//! Choices put in order, with a button up and a button down at each.

use dioxus::prelude::*;

use super::question::Asked;
use super::work::work;
use crate::form::ChoiceState;
use crate::platform::host::page;
use crate::ui::components::Icon;
use crate::ui::i18n::{t, ta};

/// The choices as they are ranked, those not ranked yet last, as the sheet has them.
fn ranked(choices: &[ChoiceState], value: &str) -> Vec<ChoiceState> {
    let named = |name: &str| choices.iter().find(|choice| choice.name == name);
    let mut order: Vec<ChoiceState> = value
        .split_whitespace()
        .filter_map(named)
        .cloned()
        .collect();
    for choice in choices {
        if !order.contains(choice) {
            order.push(choice.clone());
        }
    }
    order
}

/// A list to be put in order.
#[component]
pub(crate) fn Rank(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        disabled,
        ..
    } = asked;
    let order = ranked(
        &question.choices,
        question.value.as_deref().unwrap_or_default(),
    );
    let path = question.path.clone();
    let mut said = use_signal(String::new);
    let write = use_callback(move |order: Vec<ChoiceState>| {
        let names: Vec<_> = order.into_iter().map(|choice| choice.name).collect();
        let _ = work.answer(&path, Some(&names.join(" ")), false);
    });
    let last = order.len().saturating_sub(1);
    let step = |at: usize, to: usize, icon: &'static str, words: &'static str| {
        let order = order.clone();
        let label = order
            .get(at)
            .map(|choice| choice.label.clone())
            .unwrap_or_default();
        let button = format!("{id}-{at}-{icon}");
        let next = format!("{id}-{to}-{icon}");
        rsx! {
            button {
                class: "button step",
                id: button,
                r#type: "button",
                aria_label: ta(words, &[("label", label.clone().into())]),
                "aria-disabled": at == to,
                disabled,
                onclick: move |_| {
                    if at == to {
                        return;
                    }
                    let mut order = order.clone();
                    order.swap(at, to);
                    write.call(order);
                    said.set(ta("rank-now", &[("label", label.clone().into()), ("at", (to + 1).into())]));
                    page::focus_in_place(&next);
                },
                Icon { name: icon }
            }
        }
    };
    rsx! {
        ol { class: "rank",
            for (at , choice) in order.iter().enumerate() {
                li { key: "{choice.name}", class: "option",
                    span { class: "option-words", "{at + 1}. {choice.label}" }
                    {step(at, at.saturating_sub(1), "up", "rank-up")}
                    {step(at, (at + 1).min(last), "down", "rank-down")}
                }
            }
        }
        p { class: "quiet", role: "status", "{said}" }
        if question.value.is_none() && !disabled {
            button { class: "button", r#type: "button", onclick: move |_| write.call(ranked(&question.choices, "")), {t("rank-keep")} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ranked_yet_stands_last() {
        let choices = ["a", "b", "c"].map(|name| ChoiceState {
            name: name.to_owned(),
            label: String::new(),
        });
        let order = |value: &str| {
            let names: Vec<_> = ranked(&choices, value)
                .into_iter()
                .map(|one| one.name)
                .collect();
            names.join(" ")
        };
        assert_eq!(order("c gone"), "c a b");
        assert_eq!(order(""), "a b c");
    }
}
