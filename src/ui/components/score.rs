//! The *Skor Pembinaan* of a visit: what each part scores, why a score does not stand yet, how it went since the last
//! visit, and the status proposed, in words. It serves guidance; it decides nothing.

use std::collections::BTreeMap;

use dioxus::prelude::*;

use super::{Card, Chip, Tone};
use crate::domain::assessment::{AspectResult, Trend, approved};
use crate::domain::{ScoredVisit, VisitResult, score::Band};
use crate::ui::format;
use crate::ui::i18n::{t, ta};

/// The panel. `titles` are the parts' titles by name, `earlier` other visits to the cooperative, the newest first;
/// `children` stand below the scores.
#[component]
pub(crate) fn ScorePanel(
    result: VisitResult,
    titles: BTreeMap<String, String>,
    earlier: Vec<ScoredVisit>,
    children: Element,
) -> Element {
    let score = &result.score;
    if score.aspects.is_empty() && result.proposal.status.is_none() && result.score.search.is_none()
    {
        return rsx! {};
    }
    let before = approved(&earlier);
    let rows: Vec<_> = score
        .aspects
        .iter()
        .map(|aspect| {
            let title = titles
                .get(&aspect.name)
                .cloned()
                .unwrap_or_else(|| format::aspect(&aspect.name));
            (title, score.trend(&aspect.name, &before), aspect.clone())
        })
        .collect();
    rsx! {
        Card { title: t("score-title"), class: "score",
            if !rows.is_empty() {
                ul { class: "scores",
                    for (title , trend , aspect) in rows {
                        li { key: "{aspect.name}",
                            Line { title, score: aspect.score, band: aspect.band }
                            progress { class: "bar", max: "1000", value: "{aspect.score}", aria_hidden: "true" }
                            p { class: "row-line", {ta("score-complete", &[("percent", aspect.complete.into())])} }
                            for why in doubts(&aspect) {
                                p { class: "score-doubt", "{why}" }
                            }
                            p { class: "row-line", {ta("score-trend", &[("trend", t(trend_key(trend)).into())])} }
                        }
                    }
                    if let (Some(total), Some(band)) = (score.total, score.band) {
                        li { class: "score-total", Line { title: t("score-total"), score: total, band } }
                    }
                }
                if score.total.is_none() {
                    p { class: "quiet", {t("score-no-total")} }
                }
            }
            p { class: "score-proposal", {format::proposal(&result.proposal)} }
            if result.proposal.status.is_some() {
                p { class: "quiet", {t("proposal-only")} }
            }
            {children}
            p { class: "quiet", {t("score-disclaimer")} }
        }
    }
}

/// A title, its score and the band in words.
#[component]
fn Line(title: String, score: u32, band: Band) -> Element {
    let (tone, icon) = match band {
        Band::Baik => (Tone::Good, "done"),
        Band::Cukup => (Tone::Info, "info"),
        Band::Kurang => (Tone::Warn, "alert"),
        Band::SangatKurang => (Tone::Bad, "alert"),
    };
    rsx! {
        span { class: "score-line",
            span { class: "row-title", "{title}" }
            span { class: "score-value", {format::tenths(score)} }
            Chip { tone, icon, text: t(band_key(band)) }
        }
    }
}

fn band_key(band: Band) -> &'static str {
    match band {
        Band::Baik => "band-good",
        Band::Cukup => "band-fair",
        Band::Kurang => "band-poor",
        Band::SangatKurang => "band-very-poor",
    }
}

fn trend_key(trend: Trend) -> &'static str {
    match trend {
        Trend::Up => "trend-up",
        Trend::Down => "trend-down",
        Trend::Same => "trend-same",
        Trend::NotComparable => "trend-none",
    }
}

/// Why a score does not stand yet, or is held down.
fn doubts(aspect: &AspectResult) -> Vec<String> {
    let table = [
        (aspect.incomplete, "score-incomplete"),
        (aspect.withheld, "score-withheld"),
        (aspect.capped, "score-capped"),
    ];
    let said = table.into_iter().filter(|(holds, _)| *holds);
    said.map(|(_, key)| t(key)).collect()
}
