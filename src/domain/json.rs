//! JSON into our types: first as a tree of values, then every struct out of its object, field by field in the order in which
//! it declares them. What is missing takes the field's default, or is `None`; what nobody knows is passed over.
//!
//! `serde_json` alone would do, and the server lets it. But it writes each type's reading three times into the program, for
//! texts, for bytes and for values, and each time for lists and for objects with the fields in any order; the phone, which
//! downloads all of it, reads through this door instead.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value, map};

/// Reads a text.
///
/// # Errors
/// When it is no JSON, or not of that type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    of(&serde_json::from_str(text)?)
}

/// Reads bytes.
///
/// # Errors
/// As [`read`].
pub fn read_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    read(std::str::from_utf8(bytes).map_err(Error::custom)?)
}

/// Reads a value that is parsed already.
///
/// # Errors
/// When it is not of that type.
pub fn of<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    T::deserialize(Tree(Some(value)))
}

/// A value, or a field that is missing.
#[derive(Clone, Copy)]
struct Tree<'v>(Option<&'v Value>);

impl<'de> Deserializer<'de> for Tree<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            None => Err(Error::custom("missing")),
            Some(Value::Null) => visitor.visit_unit(),
            Some(Value::Bool(it)) => visitor.visit_bool(*it),
            Some(Value::Number(number)) => match (number.as_u64(), number.as_i64()) {
                (Some(it), _) => visitor.visit_u64(it),
                (_, Some(it)) => visitor.visit_i64(it),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Some(Value::String(text)) => visitor.visit_str(text),
            Some(Value::Array(items)) => visitor.visit_seq(Items(items.iter())),
            Some(Value::Object(object)) => visitor.visit_map(Entries(object.iter(), None)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            None | Some(Value::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Some(Value::Object(object)) => visitor.visit_seq(Fields {
                object,
                names: fields.iter(),
            }),
            _ => Err(Error::custom(name)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Some(Value::String(variant)) => visitor.visit_enum(Variant(variant, Tree(None))),
            Some(Value::Object(object)) => match object.iter().next() {
                Some((variant, inner)) => visitor.visit_enum(Variant(variant, Tree(Some(inner)))),
                None => Err(Error::custom(name)),
            },
            _ => Err(Error::custom(name)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a struct, in its order.
struct Fields<'v> {
    object: &'v map::Map<String, Value>,
    names: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let value = self.names.next().and_then(|name| self.object.get(*name));
        match seed.deserialize(Tree(value)) {
            Ok(field) => Ok(Some(field)),
            // Whoever asks takes the default, or says that the field is missing.
            Err(_) if value.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The items of a list.
struct Items<'v>(std::slice::Iter<'v, Value>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let item = self.0.next();
        item.map(|item| seed.deserialize(Tree(Some(item))))
            .transpose()
    }
}

/// The entries of an object whose names are data.
struct Entries<'v>(map::Iter<'v>, Option<&'v Value>);

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.0.next() else {
            return Ok(None);
        };
        self.1 = Some(value);
        seed.deserialize(name.as_str().into_deserializer())
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(Tree(self.1))
    }
}

/// A variant and what it holds.
struct Variant<'v>(&'v str, Tree<'v>);

impl<'de, 'v> EnumAccess<'de> for Variant<'v> {
    type Error = Error;
    type Variant = Tree<'v>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Tree<'v>), Error> {
        let variant: Result<_, Error> = seed.deserialize(self.0.into_deserializer());
        Ok((variant?, self.1))
    }
}

impl<'de> VariantAccess<'de> for Tree<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_struct("variant", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Point,
        Circle(u8),
        Square {
            side: i64,
        },
        #[serde(other)]
        Other,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        name: String,
        #[serde(default)]
        count: u32,
        note: Option<String>,
        shapes: Vec<Shape>,
        more: BTreeMap<String, Value>,
        pair: (bool, f64),
    }

    const THING: &str = r#"{"pair":[true,1.5],"unknown":{"a":[]},"shapes":["point",{"circle":3},{"square":{"side":-2}},"odd"],
        "name":"N\u00e9","more":{"x":null,"y":[1,"2",-3,0.5]}}"#;

    #[test]
    fn what_serde_json_reads_is_read_the_same() {
        assert_eq!(
            read::<Thing>(THING).ok(),
            serde_json::from_str::<Thing>(THING).ok()
        );
        assert!(read::<Thing>(THING).is_ok());
        assert_eq!(read_bytes::<Vec<u8>>(b"[1,255]").ok(), Some(vec![1, 255]));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_refused() {
        for text in [
            "{",
            "[]",
            r#"{"name":"a"}"#,
            &THING.replace("true", "1"),
            &THING.replace("3}", "300}"),
            &THING.replace("\"N\\u00e9\"", "null"),
            &THING.replace("\"name\"", "\"names\""),
        ] {
            assert!(read::<Thing>(text).is_err(), "{text}");
        }
        assert!(read_bytes::<String>(b"\"\xff\"").is_err());
    }
}
