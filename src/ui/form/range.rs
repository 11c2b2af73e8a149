//! Numbers without typing: a slider between two ends, and the two buttons beside it.

use dioxus::prelude::*;

use super::question::Asked;
use super::work::work;
use crate::domain::decimal;
use crate::form::QuestionState;
use crate::ui::components::Icon;
use crate::ui::format;
use crate::ui::i18n::ta;

/// Less and more, around a field.
pub(super) fn stepper(
    asked: &QuestionState,
    disabled: bool,
    onstep: Callback<f64>,
    field: Element,
) -> Element {
    let button = |icon: &'static str, words: &'static str, by: f64| {
        rsx! {
            button {
                class: "button step",
                r#type: "button",
                disabled,
                aria_label: ta(words, &[("name", asked.label.clone().into())]),
                onclick: move |_| onstep.call(by),
                Icon { name: icon }
            }
        }
    };
    rsx! {
        div { class: "stepper",
            {button("minus", "step-less", -1.0)}
            {field}
            {button("plus", "step-more", 1.0)}
        }
    }
}

/// A range's ends and its step.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Scale {
    start: f64,
    end: f64,
    step: f64,
    decimals: usize,
}

impl Scale {
    fn of(question: &QuestionState) -> Self {
        let parameter = |name: &str| {
            let mut parameters = question.parameters.iter();
            parameters
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let number = |name: &str, otherwise: f64| {
            parameter(name).and_then(decimal::read).unwrap_or(otherwise)
        };
        let decimals = |name: &str| {
            parameter(name)
                .and_then(|value| value.split_once('.'))
                .map_or(0, |(_, fraction)| fraction.len())
        };
        Self {
            start: number("start", 0.0),
            end: number("end", 10.0),
            step: number("step", 1.0).abs(),
            decimals: decimals("start").max(decimals("step")),
        }
    }

    /// The value so many steps on, from nothing the start, never past an end.
    fn after(self, value: Option<f64>, steps: f64) -> String {
        let next = value.map_or(self.start, |value| {
            let at = ((value - self.start) / self.step).round() + steps;
            self.start + at * self.step
        });
        let (least, most) = (self.start.min(self.end), self.start.max(self.end));
        format!("{:.*}", self.decimals, next.max(least).min(most))
    }
}

/// A number between two ends.
#[component]
pub(crate) fn Range(asked: Asked) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        described,
        invalid,
        disabled,
        ..
    } = asked;
    let scale = Scale::of(&question);
    let value = question.value.clone();
    let words = |number: f64| format::number(&format!("{:.*}", scale.decimals, number), &[]);
    let shown = value.as_deref().map_or_else(
        || "—".to_owned(),
        |value| format::number(value, &question.appearance),
    );
    let write = use_callback({
        let path = question.path.clone();
        let work = work.clone();
        move |(value, typing): (String, bool)| {
            let _ = work.answer(&path, Some(&value), typing);
        }
    });
    let now = value.as_deref().and_then(decimal::read);
    let onstep = use_callback(move |by| write.call((scale.after(now, by), false)));
    let field = rsx! {
        input {
            id,
            r#type: "range",
            min: "{scale.start.min(scale.end)}",
            max: "{scale.start.max(scale.end)}",
            step: "{scale.step}",
            disabled,
            "aria-describedby": described,
            "aria-invalid": invalid,
            "aria-valuetext": shown.clone(),
            value: value.unwrap_or_else(|| scale.start.to_string()),
            oninput: move |event| write.call((event.value(), true)),
            onchange: move |_| work.flush(),
        }
    };
    rsx! {
        output { class: "range-value", "{shown}" }
        {stepper(&question, disabled, onstep, field)}
        p { class: "range-ends", span { {words(scale.start)} } span { {words(scale.end)} } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_on_the_scale_and_write_no_more_decimals_than_it_has() {
        let scale = Scale {
            start: 0.0,
            end: 1.0,
            step: 0.1,
            decimals: 1,
        };
        assert_eq!(scale.after(None, 1.0), "0.0");
        assert_eq!(scale.after(Some(0.2), 1.0), "0.3");
        assert_eq!(scale.after(Some(1.0), 1.0), "1.0");
        assert_eq!(scale.after(Some(0.0), -1.0), "0.0");
    }
}
