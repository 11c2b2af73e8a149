//! Data yang tertahan: what phones sent and the server did not apply, with whom, why, and what helps.

use dioxus::prelude::*;

use crate::domain::{MutationId, kinds::spec, person::Permission};
use crate::sync::told::Told;
use crate::sync::wire::{RejectCode, SET_ASIDE_PATH, SetAsideItem, SetAsidePerson, SetAsideReply};
use crate::ui::components::{Asking, Chip, Empty, Head, Tone};
use crate::ui::format;
use crate::ui::i18n::{t, ta};
use crate::ui::route::Route;
use crate::ui::state::shell;

/// Everything that was not applied in the last days, for the administrator.
#[component]
pub(crate) fn SetAsideScreen() -> Element {
    let shell = shell();
    let listed = use_resource(move || async move {
        let _again_with_signal = (shell.online)();
        shell
            .fetch_as::<SetAsideReply>(SET_ASIDE_PATH.to_owned())
            .await
    });
    if !shell.may(Permission::Administer) {
        return rsx! {
            Head { title: t("aside"), back: Route::Settings {} }
            Empty { icon: "lock", text: t("error-forbidden"),
                Link { class: "button primary", to: Route::Home {}, {t("to-home")} }
            }
        };
    }
    rsx! {
        Head { title: t("aside"), back: Route::Settings {}, lead: t("aside-lead") }
        match &*listed.read() {
            _ if !(shell.online)() => rsx! { Empty { icon: "no-signal", text: t("aside-offline") } },
            None => rsx! { Asking {} },
            Some(Err(why)) => rsx! { Asking { error: why.clone() } },
            Some(Ok(reply)) if reply.items.is_empty() => rsx! { Empty { icon: "done", text: t("aside-empty") } },
            Some(Ok(reply)) => rsx! {
                ul { class: "plain cards",
                    for item in reply.items.iter().filter(|item| !item.mended).chain(reply.items.iter().filter(|item| item.mended)) {
                        li { key: "{item.mutation}", class: "card", Item { item: item.clone() } }
                    }
                }
                for person in reply.people.clone() {
                    if let Some(last) = last_of(reply, &person) {
                        Rest { key: "{person.username}", person, last }
                    }
                }
            },
        }
    }
}

/// The last change shown of a person who has more of them.
fn last_of(reply: &SetAsideReply, person: &SetAsidePerson) -> Option<MutationId> {
    let shown = reply
        .items
        .iter()
        .filter(|item| item.username == person.username);
    let (count, last) = shown.fold((0, None), |(count, _), item| {
        (count + 1, Some(item.mutation))
    });
    last.filter(|_| count < person.count)
}

/// What else there is of one person, a page at a time.
#[component]
fn Rest(person: SetAsidePerson, last: MutationId) -> Element {
    let shell = shell();
    let mut items = use_signal(Vec::<SetAsideItem>::new);
    let mut after = use_signal(move || Some(last));
    let mut error = use_signal(|| None);
    let username = person.username.clone();
    let more = move |_| {
        let username = username.clone();
        async move {
            let Some(last) = after() else { return };
            let path = format!("{SET_ASIDE_PATH}?user={username}&after={last}");
            match shell.fetch_as::<SetAsideReply>(path).await {
                Ok(page) => {
                    after.set(page.items.last().map(|item| item.mutation));
                    items.extend(page.items);
                    error.set(None);
                }
                Err(why) => error.set(Some(why)),
            }
        }
    };
    rsx! {
        ul { class: "plain cards",
            for item in items() {
                li { key: "{item.mutation}", class: "card", Item { item } }
            }
        }
        if let Some(why) = error() {
            Asking { error: why }
        }
        if after().is_some() {
            div { class: "actions start",
                button { class: "button", r#type: "button", onclick: more,
                    {ta("aside-more", &[("name", person.name.as_str().into()), ("n", person.count.into())])}
                }
            }
        }
    }
}

#[component]
fn Item(item: SetAsideItem) -> Element {
    let what = t(spec(item.kind).map_or("queue-other", |spec| spec.words));
    let (why, helps) = match item.code {
        None => (t("transfer-conflict"), "aside-do-conflict"),
        Some(code) => (
            format::reject(code),
            match code {
                RejectCode::Incomplete => "aside-do-incomplete",
                RejectCode::Forbidden => "aside-do-forbidden",
                RejectCode::State => "aside-do-state",
                _ => "aside-do-other",
            },
        ),
    };
    let device = item.device.map(|id| id.to_string()).unwrap_or_default();
    let (made, came) = (item.at, item.received_at);
    rsx! {
        p { class: "quiet", "{what} · {item.name} ({item.username})" }
        h2 { class: "card-title",
            if item.cooperative.is_empty() {
                {t("aside-nameless")}
            } else {
                "{item.cooperative}"
            }
        }
        div { class: "chips",
            if item.mended {
                Chip { tone: Tone::Good, icon: "done", text: t("aside-mended") }
            } else {
                Chip { tone: Tone::Bad, icon: "alert", text: t("aside-open-still") }
            }
        }
        p { "{why}" }
        if !item.mended {
            p { {t(helps)} }
        }
        p { class: "quiet", {ta("aside-when", &[("made", format::instant(made).into()), ("came", format::instant(came).into())])} }
        if !device.is_empty() {
            p { class: "quiet", {ta("aside-device", &[("id", device.into())])} }
        }
        if !item.reason.is_empty() {
            details { summary { {t("details")} } p { class: "quiet", lang: "en", "{item.reason}" } }
        }
        Data { item }
    }
}

/// What the change holds, on request.
#[component]
fn Data(item: SetAsideItem) -> Element {
    let shell = shell();
    let mut asked = use_signal(|| false);
    let told = use_resource(move || async move {
        if !asked() {
            return Ok(Vec::new());
        }
        let path = format!("{SET_ASIDE_PATH}/{}", item.mutation);
        shell.fetch_as::<Vec<Told>>(path).await
    });
    if !asked() {
        return rsx! {
            div { class: "actions start",
                button {
                    class: "button",
                    r#type: "button",
                    aria_label: "{t(\"aside-data\")}: {item.cooperative}, {item.name}",
                    onclick: move |_| asked.set(true),
                    {t("aside-data")}
                }
            }
        };
    }
    match &*told.read() {
        None => rsx! { Asking {} },
        Some(Err(why)) => rsx! { Asking { error: why.clone() } },
        Some(Ok(told)) if told.is_empty() => rsx! { p { class: "quiet", {t("aside-no-data")} } },
        Some(Ok(told)) => rsx! {
            dl { class: "facts",
                for (at , one) in told.iter().enumerate() {
                    div { key: "{at}",
                        dt { {format::words(&one.label)} }
                        dd { {format::words(&one.value)} }
                    }
                }
            }
        },
    }
}
