//! Daftar koperasi: search and filters over the register on the device.

use dioxus::prelude::*;

use crate::domain::{AreaCode, Status, area};
use crate::store::api::{CooperativePage, CooperativeRow, Reply, Request, Topic};
use crate::ui::components::{Asking, Empty, Head, Icon, StatusChip};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::{shell, use_reply};

/// Rows shown at first, and added by "more".
const ROWS: u32 = 30;

/// The register.
#[component]
pub(crate) fn Cooperatives() -> Element {
    let mut search = shell().search;
    use_hook(|| search.write().limit = ROWS);
    let asked = use_reply(&[Topic::Cooperatives, Topic::Visits], move || {
        Request::Cooperatives(search())
    });
    rsx! {
        Head { title: t("cooperatives") }
        Search {}
        match &*asked.read() {
            None => rsx! { Asking {} },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(reply)) => match &**reply {
                Reply::Cooperatives(page) => rsx! { Results { page: page.clone() } },
                _ => rsx! {},
            },
        }
    }
}

#[component]
fn Search() -> Element {
    let mut search = shell().search;
    let now = search();
    rsx! {
        div { class: "filters", role: "search",
            div { class: "narrow",
                Icon { name: "search" }
                input {
                    r#type: "search",
                    aria_label: t("search-cooperatives"),
                    placeholder: t("search-cooperatives-hint"),
                    autocomplete: "off",
                    value: "{now.text}",
                    oninput: move |event| {
                        let mut query = search.write();
                        query.text = event.value();
                        query.limit = ROWS;
                    },
                }
            }
            select {
                aria_label: t("kecamatan"),
                onchange: move |event| {
                    let code = event.value();
                    search.write().area = (!code.is_empty()).then_some(AreaCode(code));
                },
                option { value: "", selected: now.area.is_none(), {t("all-kecamatan")} }
                for one in area::kecamatan() {
                    option { value: "{one.code}", selected: now.area.as_ref() == Some(&one.code), "{one.name}" }
                }
            }
            select {
                aria_label: t("status"),
                onchange: move |event| search.write().status = Status::from_name(&event.value()),
                option { value: "", selected: now.status.is_none(), {t("all-statuses")} }
                for one in Status::ALL {
                    option { value: one.name(), selected: now.status == Some(one), {format::status(one)} }
                }
            }
        }
    }
}

#[component]
fn Results(page: CooperativePage) -> Element {
    let mut search = shell().search;
    let count = ta("cooperatives-count", &[("n", page.total.into())]);
    let as_of = page
        .as_of
        .as_deref()
        .map(|date| ta("as-of", &[("date", format::date(date).into())]));
    let more = usize::try_from(page.total).unwrap_or(usize::MAX) > page.rows.len();
    rsx! {
        p { class: "quiet", role: "status",
            "{count}"
            if let Some(as_of) = as_of {
                " · {as_of}"
            }
        }
        if page.rows.is_empty() {
            Empty { icon: "search", text: t("cooperatives-empty") }
        } else {
            div { class: "card list",
                ul { class: "rows columns",
                    for row in page.rows {
                        li { key: "{row.id}", CooperativeLine { row } }
                    }
                }
            }
        }
        if more {
            button { class: "button wide", r#type: "button", onclick: move |_| search.write().limit += ROWS, {t("more")} }
        }
    }
}

#[component]
fn CooperativeLine(row: CooperativeRow) -> Element {
    rsx! {
        Link { class: "row", to: Route::CooperativeScreen { id: row.id },
            span { class: "row-words",
                span { class: "row-title", "{row.name}" }
                span { class: "row-line", "{row.desa} · {row.area.name()}" }
                if !row.nik.is_empty() {
                    span { class: "row-line", "NIK Koperasi {row.nik}" }
                }
                span { class: "chips",
                    StatusChip { entry: row.status }
                    span { class: "quiet",
                        match &row.last_visit {
                            Some(date) => ta("last-visit", &[("date", format::date(date).into())]),
                            None => t("never-visited"),
                        }
                    }
                }
            }
            Icon { name: "next" }
        }
    }
}
