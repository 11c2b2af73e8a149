//! Line icons, drawn inline so that they take the colour of their text. They decorate; the words beside them speak.

use dioxus::prelude::*;

/// An icon by name; nothing for an unknown one.
#[component]
pub(crate) fn Icon(name: &'static str) -> Element {
    rsx! {
        svg {
            class: "icon",
            view_box: "0 0 24 24",
            fill: "none",
            stroke: "currentColor",
            stroke_width: "2",
            stroke_linecap: "round",
            stroke_linejoin: "round",
            "aria-hidden": "true",
            "focusable": "false",
            path { d: path_of(name) }
        }
    }
}

fn path_of(name: &str) -> &'static str {
    match name {
        "home" => "M3 11 12 3l9 8M5 9.5V21h5v-6h4v6h5V9.5",
        "coop" => "M4 21V8l8-5 8 5v13M9 21v-6h6v6M9 10h.01M15 10h.01M2 21h20",
        "queue" => "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
        "review" => "M9 4h6v3H9zM15 5h4v16H5V5h4M9 14l2 2 4-4",
        "settings" => "M4 7h10M18 7h2M4 17h2M10 17h10M14 4.5v5M6 14.5v5",
        "signal" => "M4 20v-3M9 20v-7M14 20V9M19 20V4",
        "no-signal" => "M4 20v-3M9 20v-7M14 20v-3M19 20V4M3 3l18 18",
        "plus" => "M12 5v14M5 12h14",
        "back" => "M15 5l-7 7 7 7",
        "next" => "M9 5l7 7-7 7",
        "check" => "M5 12.5l4.5 4.5L19 7.5",
        "done" => "M12 3a9 9 0 100 18 9 9 0 000-18M8 12.2l2.8 2.8L16 9.5",
        "alert" => "M12 4 2.5 20h19zM12 10v4M12 17h.01",
        "info" => "M12 3a9 9 0 100 18 9 9 0 000-18M12 11v5M12 8h.01",
        "note" => "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
        "search" => "M11 4a7 7 0 100 14 7 7 0 000-14M20 20l-4-4",
        "lock" => "M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 017 0V11",
        "draft" => "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
        "return" => "M9 14l-5-5 5-5M4 9h10a6 6 0 010 12h-3",
        "wait" => "M12 3a9 9 0 100 18 9 9 0 000-18M12 7.5V12l3 2",
        "sync" => "M4 12a8 8 0 0114-5l2 2M20 4v5h-5M20 12a8 8 0 01-14 5l-2-2M4 20v-5h5",
        "place" => {
            "M12 21s7-6.2 7-11.5a7 7 0 00-14 0C5 14.800 12 21 12 21M12 7.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5"
        }
        "trash" => "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
        "person" => "M12 4a4 4 0 100 8 4 4 0 000-8M4.500 21a7.500 7.500 0 0115 0",
        "cross" => "M6 6l12 12M18 6L6 18",
        "minus" => "M5 12h14",
        "up" => "M5 15l7-7 7 7",
        "down" => "M5 9l7 7 7-7",
        "camera" => "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 100 7 3.5 3.5 0 000-7",
        "picture" => "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
        "code" => "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 9v6M12 9v6M16 9v6",
        "out" => "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
        _ => "",
    }
}
