//! `digest()`, and base64 both ways.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Fault, Function, Scope, Value};
use crate::form::expr::ast::Expr;
use crate::math;

pub(super) const TABLE: &[Function] = &[
    Function::new("digest", 2, 3, digest),
    Function::new("base64-encode", 1, 1, |args, scope| {
        Ok(Value::owned(base64(scope.text_at(args, 0)?.as_bytes())))
    }),
    Function::new("base64-decode", 1, 1, decode),
];

/// `digest(text, 'SHA-256', 'hex')`: the algorithms of XForms 1.1, as base64 unless hexadecimal digits are asked for.
fn digest<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    let bytes = text.as_bytes();
    scope.burn(16 + bytes.len())?;
    let sum = match &*scope.text_at(args, 1)? {
        "MD5" => md5(bytes),
        "SHA-1" => sha1(bytes),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        _ => return Err(Fault::Argument("digest")),
    };
    let encoding = if args.len() > 2 {
        scope.text_at(args, 2)?
    } else {
        std::borrow::Cow::Borrowed("base64")
    };
    match &*encoding {
        "base64" => Ok(Value::owned(base64(&sum))),
        "hex" => Ok(Value::owned(
            sum.iter().map(|byte| format!("{byte:02x}")).collect(),
        )),
        _ => Err(Fault::Argument("digest")),
    }
}

/// A message in blocks of sixteen words, with a one bit, zeros and its length in bits behind, as MD5 and SHA-1 want it.
fn blocks(message: &[u8], word: fn([u8; 4]) -> u32, length: [u8; 8]) -> Vec<[u32; 16]> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend(length);
    let block = |chunk: &[u8]| {
        let mut words = [0; 16];
        for (place, four) in words.iter_mut().zip(chunk.chunks_exact(4)) {
            *place = word(four.try_into().unwrap_or_default());
        }
        words
    };
    bytes.chunks_exact(64).map(block).collect()
}

fn bits(message: &[u8]) -> u64 {
    (message.len() as u64).wrapping_mul(8)
}

/// RFC 1321. Not for secrets: forms use it to make short keys.
fn md5(message: &[u8]) -> Vec<u8> {
    const TURNS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for words in blocks(message, u32::from_le_bytes, bits(message).to_le_bytes()) {
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64_usize {
            let (mixed, place) = match step / 16 {
                0 => (b & c | !b & d, step),
                1 => (d & b | !d & c, 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let word = words.get(place % 16).copied().unwrap_or_default();
            let sine = (math::sin((step + 1) as f64).abs() * 4_294_967_296.0).floor() as u32;
            let turn = TURNS
                .get(step / 16)
                .and_then(|turns| turns.get(step % 4))
                .copied()
                .unwrap_or_default();
            let sum = a
                .wrapping_add(mixed)
                .wrapping_add(sine)
                .wrapping_add(word)
                .rotate_left(turn);
            (a, d, c, b) = (d, c, b, b.wrapping_add(sum));
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d]) {
            *kept = kept.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// RFC 3174. Not for secrets: forms use it to make short keys.
fn sha1(message: &[u8]) -> Vec<u8> {
    let mut state: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in blocks(message, u32::from_be_bytes, bits(message).to_be_bytes()) {
        let mut words = block.to_vec();
        for step in 16..80_usize {
            let word = [3, 8, 14, 16]
                .iter()
                .filter_map(|back| words.get(step - back))
                .fold(0, |mixed, word| mixed ^ word);
            words.push(word.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (step, word) in words.iter().enumerate() {
            let (mixed, constant) = match step / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *kept = kept.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place) & 63) as usize;
            let letter = LETTERS.get(sextet).map_or('=', |byte| char::from(*byte));
            out.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

/// The text that base64 stands for; empty when it is none.
fn decode<'a>(args: &'a [Expr], scope: &Scope<'a>) -> Result<Value<'a>, Fault> {
    let text = scope.text_at(args, 0)?;
    let (mut bits, mut count, mut bytes) = (0u32, 0u32, Vec::new());
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let Some(sextet) = LETTERS.iter().position(|known| *known == byte) else {
            return Ok(Value::Text(std::borrow::Cow::Borrowed("")));
        };
        bits = (bits << 6 | sextet as u32) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(Value::owned(String::from_utf8_lossy(&bytes).into_owned()))
}
