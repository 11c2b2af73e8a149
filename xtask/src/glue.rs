//! Makes wasm-bindgen's glue light. It and the wasm call each other's functions by names such as
//! `__wbg_activeElement_6c30fe7fda33ef51`, hundreds of them, and such a hash does not compress: here they become `a`, `b`, ...
//! on both sides. Comments and indentation go as well. About 11 kB less over the wire.

use anyhow::{Context, Result, bail, ensure};

/// The module that the wasm's imports say they come from, and the short name it gets.
const MODULE: (&str, &str) = ("./anjangsana_bg.js", "w");

/// Gives everything that the wasm imports from its glue a short name, in both.
///
/// # Errors
/// When the wasm is not as wasm-bindgen writes it, or the glue does not have what it imports.
pub(crate) fn shorten(glue: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut reader = Reader { bytes: wasm, at: 8 };
    let head = wasm.get(..8).context("no wasm")?;
    let mut short = head.to_vec();
    let mut names = Vec::new();
    while reader.at < wasm.len() {
        let kind = reader.byte()?;
        let body = reader.text()?;
        let imports = 2;
        let body = if kind == imports {
            rename(body, &mut names)?
        } else {
            body.to_vec()
        };
        short.push(kind);
        put_text(&mut short, &body);
    }
    let mut glue = replace_once(
        glue,
        &format!("\"{}\"", MODULE.0),
        &format!("\"{}\"", MODULE.1),
    )?;
    for (long, short) in names {
        glue = replace_once(
            &glue,
            &format!(" {long}: function"),
            &format!(" {short}: function"),
        )?;
    }
    Ok((spare(&glue), short))
}

/// A script without indentation, empty lines and lines of comment. One with a text over several lines stays as it is.
pub(crate) fn spare(script: &str) -> String {
    if script
        .lines()
        .any(|line| line.matches('`').count() % 2 == 1)
    {
        return script.to_owned();
    }
    let mut spare = String::new();
    let mut comment = false;
    for line in script.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            spare.push_str(line);
            spare.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    spare
}

/// The import section with short names; what was renamed is added to `names`.
fn rename(section: &[u8], names: &mut Vec<(String, String)>) -> Result<Vec<u8>> {
    let mut reader = Reader {
        bytes: section,
        at: 0,
    };
    let count = reader.number()?;
    let mut out = Vec::new();
    put_number(&mut out, count);
    for at in 0..count {
        let (module, name) = (reader.text()?, reader.text()?);
        ensure!(
            module == MODULE.0.as_bytes(),
            "the wasm imports {} from {}, not from its glue: is it a C function that nobody has?",
            String::from_utf8_lossy(name),
            String::from_utf8_lossy(module)
        );
        let short = short_name(at);
        put_text(&mut out, MODULE.1.as_bytes());
        put_text(&mut out, short.as_bytes());
        names.push((String::from_utf8(name.to_vec())?, short));
        ensure!(reader.byte()? == 0, "an import is no function");
        out.push(0);
        put_number(&mut out, reader.number()?);
    }
    Ok(out)
}

/// `a`, `b`, ..., `z`, `ab`, `bb`, ...
pub(crate) fn short_name(mut number: usize) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}

fn replace_once(text: &str, old: &str, new: &str) -> Result<String> {
    let count = text.matches(old).count();
    if count != 1 {
        bail!("the glue has `{old}` {count} times");
    }
    Ok(text.replacen(old, new, 1))
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).context("the wasm ends early")?;
        self.at += 1;
        Ok(byte)
    }

    /// A number in LEB128.
    fn number(&mut self) -> Result<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(number);
            }
            ensure!(shift < 35, "a number of the wasm is too long");
        }
    }

    /// Bytes behind their length.
    fn text(&mut self) -> Result<&'b [u8]> {
        let length = self.number()?;
        let text = self.bytes.get(self.at..self.at + length);
        self.at += length;
        text.context("the wasm ends early")
    }
}

fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put_number(out, text.len());
    out.extend_from_slice(text);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A wasm with these imports, and another section behind them.
    fn wasm(module: &str, names: &[String]) -> Vec<u8> {
        let mut imports = Vec::new();
        put_number(&mut imports, names.len());
        for name in names {
            put_text(&mut imports, module.as_bytes());
            put_text(&mut imports, name.as_bytes());
            imports.extend([0, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (kind, body) in [(2, imports), (11, vec![0])] {
            wasm.push(kind);
            put_text(&mut wasm, &body);
        }
        wasm
    }

    #[test]
    fn both_sides_call_each_other_by_the_same_short_names() {
        let names: Vec<String> = (0..30).map(|at| format!("__wbg_call_{at:016x}")).collect();
        let glue: String = names
            .iter()
            .map(|name| format!("        {name}: function(a) {{\n            // why\n            return a;\n        }},\n"))
            .collect();
        let glue =
            format!("{glue}    return {{\n        \"./anjangsana_bg.js\": import0,\n    }};\n");
        let (glue, short) = shorten(&glue, &wasm(MODULE.0, &names)).unwrap();
        let shorts: Vec<String> = (0..30).map(short_name).collect();
        assert_eq!(short, wasm("w", &shorts));
        assert!(
            glue.starts_with("a: function(a) {\nreturn a;\n},\nb: function(a) {"),
            "{glue}"
        );
        assert!(
            glue.contains("\ndb: function") && glue.contains("\"w\": import0"),
            "{glue}"
        );
    }

    #[test]
    fn an_import_that_the_glue_does_not_have_is_an_error() {
        let glue = "\"./anjangsana_bg.js\": import0";
        assert!(shorten(glue, &wasm(MODULE.0, &["f".to_owned()])).is_err());
        assert!(shorten(glue, &wasm("env", &["f".to_owned()])).is_err());
        assert!(shorten(glue, b"\0asm\x01\0\0\0\x02\x7f").is_err());
    }

    #[test]
    fn a_text_over_several_lines_keeps_its_blanks() {
        let script = "let a = `\n  b`;\n";
        assert_eq!(spare(script), script);
        assert_eq!(
            spare("/* a\n b */\n  f(\"//\"); // c\n\n"),
            "f(\"//\"); // c\n"
        );
    }
}
