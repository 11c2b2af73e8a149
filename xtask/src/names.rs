//! The web root as a tree: every file under `/assets/` carries the hash of its contents in its name, and whoever names it is
//! rewritten before it is hashed itself. So a file that did not change keeps its name, and nobody downloads it twice.
//!
//! The order follows who names whom: other files < styles; snippets < glue; glue and wasm < boot.js; all of them < index.html.

use crate::files::{self, Tree};
use crate::glue::spare;
use anyhow::{Context, Result, bail};
use serde_json::json;

/// Files whose addresses are fixed: the browser, or an installed app, asks for them by name.
const FIXED: [&str; 2] = ["manifest.webmanifest", "sw.js"];
/// How the address of the second wasm begins: it comes when the app is there already.
pub(crate) const FOLLOWING: &str = "/assets/following-";
/// Folders whose addresses are fixed, for the same reason.
const FIXED_FOLDER: &str = "icons/";
/// These come first in the style sheet; the others follow by name.
const FIRST_STYLES: [&str; 2] = ["css/tokens.css", "css/base.css"];

/// What wasm-bindgen made.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    /// The wasm.
    pub(crate) wasm: Vec<u8>,
    /// The second wasm, when it was split.
    pub(crate) following: Option<Vec<u8>>,
    /// The glue around it.
    pub(crate) glue: String,
    /// The modules the glue imports, by the path it imports them from.
    pub(crate) snippets: Tree,
}

/// The finished web root.
#[derive(Debug)]
pub(crate) struct Root {
    /// Every file, by its address without the leading `/`.
    pub(crate) files: Tree,
    /// The addresses a device keeps, with their hashes.
    pub(crate) kept: Vec<(String, String)>,
}

/// Arranges the page, what stands in `assets/public`, and what wasm-bindgen made.
///
/// # Errors
/// When a file that must be there is not, or names another in a way that cannot be followed.
pub(crate) fn arrange(mut public: Tree, bound: Bound) -> Result<Root> {
    let mut html = take_text(&mut public, "index.html")?;
    let mut boot = spare(&take_text(&mut public, "boot.js")?);
    let mut worker = spare(&take_text(&mut public, "sw.js")?);
    let mut files = Tree::new();

    let sheet = styles(&mut public)?;
    for (path, bytes) in public {
        if FIXED.contains(&path.as_str()) || path.starts_with(FIXED_FOLDER) {
            files.insert(path, bytes);
        } else {
            bail!(
                "assets/public/{path} has no place in the bundle: put it under icons/ or css/, or teach xtask/src/names.rs"
            );
        }
    }

    let mut glue = bound.glue;
    for (path, bytes) in bound.snippets {
        let address = format!("./snippets/{path}");
        if !glue.contains(&address) {
            continue; // a crate ships it, the app does not use it
        }
        let text = String::from_utf8(bytes).context("a snippet is not text")?;
        if text.contains("from './") || text.contains("from \"./") || text.contains("from '../") {
            bail!("the snippet {path} imports another file");
        }
        let text = spare(&text);
        let name = add(&mut files, &snippet_name(&path), "js", text.into_bytes());
        glue = glue.replace(&address, &format!("./{name}"));
    }
    if glue.contains("from \"env\"") || glue.contains("from 'env'") {
        bail!(
            "the wasm asks for a C function that nobody has: a name of SQLITE_WASM_RS_FLAGS takes too much away"
        );
    }
    let glue = add(&mut files, "anjangsana", "js", glue.into_bytes());
    let wasm = add(&mut files, "anjangsana", "wasm", bound.wasm);
    boot = replace(&boot, "./anjangsana.js", &format!("./{glue}"), "boot.js")?;
    boot = replace(
        &boot,
        "./anjangsana_bg.wasm",
        &format!("./{wasm}"),
        "boot.js",
    )?;
    let following = bound
        .following
        .map(|wasm| add(&mut files, "following", "wasm", wasm))
        .map_or_else(String::new, |name| format!("./{name}"));
    boot = replace(&boot, "./following.wasm", &following, "boot.js")?;
    let boot = add(&mut files, "boot", "js", boot.into_bytes());

    let style = add(&mut files, "anjangsana", "css", sheet.into_bytes());
    html = fill(
        &html,
        "styles",
        &format!(r#"<link rel="stylesheet" href="/assets/{style}">"#),
    )?;
    html = fill(
        &html,
        "preload",
        &format!(
            "<link rel=\"modulepreload\" href=\"/assets/{glue}\">\n\
             <link rel=\"preload\" href=\"/assets/{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>"
        ),
    )?;
    html = fill(
        &html,
        "boot",
        &format!(r#"<script type="module" id="boot" src="/assets/{boot}"></script>"#),
    )?;

    // The build's name follows from everything in it; it is then written into the page and the service worker.
    let mut all = files.clone();
    all.insert("index.html".into(), html.clone().into_bytes());
    all.insert("sw.js".into(), worker.clone().into_bytes());
    let build = files::short(&files::hash_tree(&all), 12).to_owned();
    html = replace(
        &html,
        "data-build=\"dev\"",
        &format!("data-build=\"{build}\""),
        "index.html",
    )?;
    worker = replace(
        &worker,
        "const BUILD = \"dev\";",
        &format!("const BUILD = \"{build}\";"),
        "sw.js",
    )?;

    let mut kept = vec![("/".to_owned(), digest(html.as_bytes()))];
    for (path, bytes) in &files {
        if !path.ends_with(".png") {
            kept.push((format!("/{path}"), digest(bytes)));
        }
    }
    let list: Vec<_> = kept
        .iter()
        .map(|(path, hash)| json!({ "path": path, "hash": hash }))
        .collect();
    files.insert(
        "precache.json".into(),
        serde_json::to_vec(&json!({ "build": build, "files": list }))?,
    );
    files.insert("index.html".into(), html.into_bytes());
    files.insert("sw.js".into(), worker.into_bytes());
    Ok(Root { files, kept })
}

/// All style sheets as one, in order.
fn styles(public: &mut Tree) -> Result<String> {
    let mut names: Vec<String> = public
        .keys()
        .filter(|path| path.starts_with("css/"))
        .cloned()
        .collect();
    names.sort_by_key(|name| {
        (
            FIRST_STYLES
                .iter()
                .position(|first| first == name)
                .unwrap_or(usize::MAX),
            name.clone(),
        )
    });
    let mut sheet = String::new();
    for name in names {
        let text = take_text(public, &name)?;
        if text.contains("@import") {
            bail!(
                "assets/public/{name} uses @import: the files of css/ become one sheet, so it would be ignored"
            );
        }
        sheet.push_str(&spare(&text));
    }
    Ok(sheet)
}

fn take_text(tree: &mut Tree, path: &str) -> Result<String> {
    let bytes = tree
        .remove(path)
        .with_context(|| format!("assets/public/{path} is missing"))?;
    String::from_utf8(bytes).with_context(|| format!("assets/public/{path} is not UTF-8"))
}

/// Adds a file under its hashed name, and returns the name within `/assets/`.
fn add(files: &mut Tree, stem: &str, kind: &str, bytes: Vec<u8>) -> String {
    let name = format!("{stem}-{}.{kind}", files::short(&files::hash(&bytes), 10));
    files.insert(format!("assets/{name}"), bytes);
    name
}

/// `dioxus-web-eae67878/src/js/eval.js` as `dioxus-web-eval`: short, and without the build's own hash.
fn snippet_name(path: &str) -> String {
    let mut parts = path.split('/');
    let krate = parts.next().unwrap_or_default();
    let krate = krate.rsplit_once('-').map_or(krate, |(name, _)| name);
    let stem = parts.next_back().unwrap_or_default();
    format!("{krate}-{}", stem.strip_suffix(".js").unwrap_or(stem))
}

fn digest(bytes: &[u8]) -> String {
    files::short(&files::hash(bytes), 32).to_owned()
}

fn replace(text: &str, old: &str, new: &str, place: &str) -> Result<String> {
    if text.contains(old) {
        Ok(text.replace(old, new))
    } else {
        bail!("{place} does not hold `{old}`")
    }
}

/// Replaces the comment `<!-- <word>: … -->`.
fn fill(html: &str, word: &str, with: &str) -> Result<String> {
    let found = html
        .split_once(&format!("<!-- {word}:"))
        .and_then(|(before, rest)| Some((before, rest.split_once("-->")?.1)));
    let (before, after) =
        found.with_context(|| format!("index.html has no comment `<!-- {word}: … -->`"))?;
    Ok(format!("{before}{with}{after}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn public(style: &str) -> Tree {
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        Tree::from([
            file(
                "index.html",
                "<html data-build=\"dev\"><!-- styles: --><!-- preload: --><!-- boot: -->",
            ),
            file(
                "boot.js",
                "import './anjangsana.js'; './anjangsana_bg.wasm'; './following.wasm'",
            ),
            file("sw.js", "const BUILD = \"dev\";"),
            file("manifest.webmanifest", "{}"),
            file("icons/icon.svg", "<svg/>"),
            file("icons/icon-512.png", "png"),
            file("css/a.css", style),
            file("css/tokens.css", ":root{}"),
        ])
    }

    fn bound(wasm: &str) -> Bound {
        let snippets = Tree::from([(
            "dioxus-web-0a1b/inline0.js".to_owned(),
            b"export {}".to_vec(),
        )]);
        Bound {
            wasm: wasm.into(),
            following: None,
            glue: "import './snippets/dioxus-web-0a1b/inline0.js'".into(),
            snippets,
        }
    }

    fn named(root: &Root, start: &str) -> String {
        root.files
            .keys()
            .find(|path| path.starts_with(start))
            .unwrap_or_else(|| panic!("no {start}"))
            .clone()
    }

    fn text(root: &Root, path: &str) -> String {
        String::from_utf8(root.files.get(path).unwrap().clone()).unwrap()
    }

    #[test]
    fn every_file_names_the_others_by_their_hashed_names() {
        let root = arrange(public("a{}"), bound("one")).unwrap();
        let page = text(&root, "index.html");
        assert!(page.contains(&named(&root, "assets/boot-")));
        assert!(page.contains(&named(&root, "assets/anjangsana-")));
        let glue = root
            .files
            .keys()
            .find(|path| path.starts_with("assets/anjangsana-") && path.ends_with(".js"))
            .unwrap()
            .clone();
        assert!(
            text(&root, &named(&root, "assets/boot-"))
                .contains(glue.strip_prefix("assets/").unwrap())
        );
        assert!(
            text(&root, &glue).contains(
                named(&root, "assets/dioxus-web-inline0-")
                    .strip_prefix("assets/")
                    .unwrap()
            )
        );
    }

    #[test]
    fn a_changed_style_renames_the_style_and_leaves_the_code_alone() {
        let (before, after) = (
            arrange(public("a{}"), bound("one")).unwrap(),
            arrange(public("b{}"), bound("one")).unwrap(),
        );
        let names = |root: &Root, kind: &str| -> Vec<String> {
            root.files
                .keys()
                .filter(|path| path.starts_with("assets/") && path.ends_with(kind))
                .cloned()
                .collect()
        };
        assert_eq!(names(&before, ".js"), names(&after, ".js"));
        assert_eq!(names(&before, ".wasm"), names(&after, ".wasm"));
        assert_ne!(names(&before, ".css"), names(&after, ".css"));
    }

    #[test]
    fn any_change_is_a_new_build_and_a_new_service_worker() {
        let (before, after) = (
            arrange(public("a{}"), bound("one")).unwrap(),
            arrange(public("a{}"), bound("two")).unwrap(),
        );
        assert_ne!(text(&before, "sw.js"), text(&after, "sw.js"));
        assert_ne!(
            text(&before, "precache.json"),
            text(&after, "precache.json")
        );
    }

    #[test]
    fn the_list_holds_what_the_app_needs_offline_with_its_hash() {
        let root = arrange(public("a{}"), bound("one")).unwrap();
        let paths: Vec<&str> = root.kept.iter().map(|(path, _)| path.as_str()).collect();
        assert!(
            paths.contains(&"/")
                && paths.contains(&"/manifest.webmanifest")
                && paths.contains(&"/icons/icon.svg")
        );
        assert!(!paths.contains(&"/icons/icon-512.png") && !paths.contains(&"/sw.js"));
        let page = root.kept.iter().find(|(path, _)| path == "/").unwrap();
        assert_eq!(page.1, digest(root.files.get("index.html").unwrap()));
    }

    #[test]
    fn the_wasm_that_follows_is_named_where_it_is_fetched_and_kept_with_the_rest() {
        let mut bound = bound("one");
        bound.following = Some(b"two".to_vec());
        let root = arrange(public("a{}"), bound).unwrap();
        let following = named(&root, "assets/following-");
        let boot = text(&root, &named(&root, "assets/boot-"));
        assert!(boot.contains(following.strip_prefix("assets/").unwrap()));
        assert!(
            root.kept
                .iter()
                .any(|(path, hash)| *path == format!("/{following}") && *hash == digest(b"two"))
        );
        // In one piece there is nothing to fetch.
        let root = arrange(public("a{}"), self::bound("one")).unwrap();
        assert!(text(&root, &named(&root, "assets/boot-")).ends_with("''\n"));
    }

    #[test]
    fn tokens_come_before_the_other_styles() {
        let mut tree = public("a{}");
        assert_eq!(styles(&mut tree).unwrap(), ":root{}\na{}\n");
    }

    #[test]
    fn a_wasm_that_asks_for_a_c_function_is_refused() {
        let mut bound = bound("one");
        bound.glue += "import * as import0 from \"env\"";
        assert!(arrange(public("a{}"), bound).is_err());
    }

    #[test]
    fn a_boot_file_that_does_not_name_the_glue_is_refused() {
        let mut tree = public("a{}");
        tree.insert("boot.js".into(), b"nothing".to_vec());
        assert!(arrange(tree, bound("one")).is_err());
    }
}
