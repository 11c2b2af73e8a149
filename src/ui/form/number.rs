//! Numbers, typed and shown the Indonesian way. "1.500" is one thousand five hundred; "1.5" is asked about, not guessed.

use dioxus::prelude::*;

use super::question::Asked;
use super::range::stepper;
use super::work::{put, work};
use crate::domain::numeral::{self, NumeralError};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// What a typed number is good for.
#[derive(Debug, PartialEq)]
enum Typed {
    /// This canonical value, or none.
    Value(Option<String>),
    /// Not understood.
    Fault(NumeralError),
    /// A fraction where only whole numbers go.
    NotWhole,
}

fn read(text: &str, whole: bool) -> Typed {
    match numeral::parse(text) {
        Ok(Some(value)) if whole && value.contains('.') => Typed::NotWhole,
        Ok(value) => Typed::Value(value),
        Err(why) => Typed::Fault(why),
    }
}

/// What to write instead of `1.5`: both readings, so that the person picks one.
fn readings(text: &str) -> (String, String) {
    let decimal = text.trim().replacen('.', ",", 1);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    (decimal, numeral::show(whole))
}

/// A number field.
#[component]
pub(crate) fn Number(asked: Asked, whole: bool) -> Element {
    let work = work();
    let Asked {
        question,
        id,
        described,
        invalid,
        disabled,
        mut fault,
    } = asked;
    let path = question.path.clone();
    let shown = question
        .value
        .as_deref()
        .map(|value| format::number(value, &question.appearance))
        .unwrap_or_default();
    let complaint = move |text: &str, typed: &Typed| match typed {
        Typed::Value(_) => None,
        Typed::NotWhole => Some(t("number-not-whole")),
        Typed::Fault(NumeralError::NotANumber) => Some(t("number-not-a-number")),
        Typed::Fault(NumeralError::MisplacedDot) => {
            let (decimal, digits) = readings(text);
            Some(if whole {
                ta("number-dot-whole", &[("whole", digits.into())])
            } else {
                ta(
                    "number-dot",
                    &[("decimal", decimal.into()), ("whole", digits.into())],
                )
            })
        }
    };
    // While somebody types, the text is theirs; afterwards it is the value's.
    let mut draft = use_signal(|| work.drafts.borrow().get(&path).cloned());
    use_hook(|| {
        if let Some(text) = &*draft.peek() {
            fault.set(complaint(text, &read(text, whole)));
        }
    });
    let typed = {
        let (work, path) = (work.clone(), path.clone());
        move |event: FormEvent| {
            let (inner, to) = (work.clone(), path.clone());
            work.typed(&path, event.value(), move |text| {
                let typed = read(text, whole);
                inner.doubt(&to, complaint(text, &typed));
                let value = match typed {
                    Typed::Value(value) => value,
                    // A number that is not understood must not leave an older one standing in its place.
                    _ => None,
                };
                let refused = inner.answer(&to, value.as_deref(), true).err();
                // A number is complained about when it is finished: "1." is on the way to "1.500".
                put(fault, refused);
                inner.drafts.borrow_mut().insert(to, text.to_owned());
                put(draft, Some(text.to_owned()));
            });
        }
    };
    let onstep = use_callback({
        let (work, path) = (work.clone(), path.clone());
        move |by: f64| {
            // What was typed last counts.
            work.flush();
            let now: i64 = match &*work.cell(&path).view.peek() {
                Some(question) => question.value.as_deref().unwrap_or_default(),
                None => "",
            }
            .parse()
            .unwrap_or(0);
            work.drafts.borrow_mut().remove(&path);
            work.doubt(&path, None);
            draft.set(None);
            let next = now.saturating_add(by as i64).to_string();
            fault.set(work.answer(&path, Some(&next), false).err());
        }
    });
    let newest = work.typing(&question.path).or(draft());
    let left = move |_: FocusEvent| {
        work.flush();
        let Some(text) = draft.peek().clone() else {
            return;
        };
        let typed = read(&text, whole);
        if matches!(typed, Typed::Value(_)) {
            work.drafts.borrow_mut().remove(&path);
            draft.set(None);
        } else {
            fault.set(complaint(&text, &typed));
        }
    };
    let field = rsx! {
        div { class: "typed",
            input {
                id,
                class: "number",
                r#type: "text",
                inputmode: if whole { "numeric" } else { "decimal" },
                autocomplete: "off",
                disabled,
                required: question.required,
                "aria-describedby": described,
                "aria-invalid": invalid,
                value: newest.unwrap_or(shown),
                oninput: typed,
                onblur: left,
            }
        }
    };
    if whole && question.appearance.iter().any(|word| word == "counter") {
        stepper(&question, disabled, onstep, field)
    } else {
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_no_whole_number_and_nothing_is_no_answer() {
        assert_eq!(read("1.500", true), Typed::Value(Some("1500".to_owned())));
        assert_eq!(read("1,5", true), Typed::NotWhole);
        assert_eq!(read("1,5", false), Typed::Value(Some("1.5".to_owned())));
        assert_eq!(read("  ", true), Typed::Value(None));
        assert_eq!(read("1.5", false), Typed::Fault(NumeralError::MisplacedDot));
    }

    #[test]
    fn a_doubtful_dot_is_answered_with_both_readings() {
        assert_eq!(readings("1.5"), ("1,5".to_owned(), "15".to_owned()));
        assert_eq!(
            readings("1234.567"),
            ("1234,567".to_owned(), "1.234.567".to_owned())
        );
    }
}
