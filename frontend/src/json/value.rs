//! serde's side: a type asks for what it wants, and gets that or an error.
//!
//! What is asked for decides, not what is there: so each type brings into the page what reads its own form, and no other.

use std::borrow::Cow;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::JsonError;
use super::text::Text;

/// Reads some of the types that serde tells apart as JSON's one.
macro_rules! read_as {
    ($one:ident: $($each:ident)*) => {$(
        fn $each<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            self.$one(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Text<'de> {
    type Error = JsonError;

    /// For types that do not say what they want: none of the hotel's, but some of serde's own.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.takes_word("true") {
            return visitor.visit_bool(true);
        }
        if self.takes_word("false") {
            return visitor.visit_bool(false);
        }
        Err(self.unwanted(&visitor))
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let Some((is_negative, number)) = self.number() else {
            return Err(self.unwanted(&visitor));
        };
        let read = match i64::try_from(number) {
            _ if !is_negative => visitor.visit_u64(number),
            Ok(number) => visitor.visit_i64(-number),
            Err(_) => return Err(self.unwanted(&visitor)),
        };
        self.placed(read)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.unwanted(&visitor));
        }
        let read = match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        };
        self.placed(read)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.takes_word("null") {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.takes_word("null") {
            true => visitor.visit_unit(),
            false => Err(self.unwanted(&visitor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if !self.takes(b'[') {
            return Err(self.unwanted(&visitor));
        }
        let mut elements = Elements::new(self, b']');
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if !self.takes(b'{') {
            return Err(self.unwanted(&visitor));
        }
        let mut elements = Elements::new(self, b'}');
        let read = visitor.visit_map(&mut elements);
        let value = elements.text.placed(read)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    /// A variant's name, or an object of one entry: the name and what the variant holds.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let holds = self.takes(b'{');
        if !holds && self.peek() != Some(b'"') {
            return Err(self.unwanted(&visitor));
        }
        let read = visitor.visit_enum(Variant { text: self, holds });
        let value = self.placed(read)?;
        if holds {
            self.take(b'}', "the end of an object")?;
        }
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.skip()?;
        visitor.visit_unit()
    }

    read_as! { deserialize_i64: deserialize_i8 deserialize_i16 deserialize_i32 }
    read_as! { deserialize_i64: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    read_as! { deserialize_str: deserialize_char deserialize_string deserialize_identifier }
    forward_to_deserialize_any! { f32 f64 bytes byte_buf unit_struct tuple tuple_struct }
}

impl Text<'_> {
    /// Something else is here than what the type wants.
    fn unwanted(&self, wanted: &dyn Expected) -> JsonError {
        self.not(&wanted.to_string())
    }

    /// What a type says of a value is said with its place.
    fn placed<T>(&self, read: Result<T, JsonError>) -> Result<T, JsonError> {
        read.map_err(|error| error.or_at(self.position()))
    }
}

/// What is left of an array or an object.
struct Elements<'a, 'de> {
    text: &'a mut Text<'de>,
    end: u8,
    is_first: bool,
    is_over: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    fn new(text: &'a mut Text<'de>, end: u8) -> Self {
        Self {
            text,
            end,
            is_first: true,
            is_over: false,
        }
    }

    fn next(&mut self) -> Result<bool, JsonError> {
        self.is_over = self.is_over || !self.text.element(self.end, self.is_first)?;
        self.is_first = false;
        Ok(!self.is_over)
    }

    /// A type has taken all that it wants, which has to be all that is there.
    fn end(mut self) -> Result<(), JsonError> {
        match self.next()? {
            true => Err(self.text.not("the end of an array or an object")),
            false => Ok(()),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        match self.next()? {
            true => seed.deserialize(&mut *self.text).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Elements<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, JsonError> {
        match self.next()? {
            true => seed.deserialize(&mut *self.text).map(Some),
            false => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        self.text.take(b':', "a colon")?;
        seed.deserialize(&mut *self.text)
    }
}

/// A variant of an enum. `holds` says whether it holds something.
struct Variant<'a, 'de> {
    text: &'a mut Text<'de>,
    holds: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let variant = seed.deserialize(&mut *self.text)?;
        if self.holds {
            self.text.take(b':', "a colon")?;
        }
        Ok((variant, self))
    }
}

impl Variant<'_, '_> {
    fn held(&mut self) -> Result<(), JsonError> {
        match self.holds {
            true => Ok(()),
            false => Err(self.text.not("a variant that holds something")),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        match self.holds {
            true => self.text.skip(),
            false => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        mut self,
        seed: T,
    ) -> Result<T::Value, JsonError> {
        self.held()?;
        seed.deserialize(self.text)
    }

    fn tuple_variant<V: Visitor<'de>>(
        mut self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.held()?;
        self.text.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.held()?;
        self.text.deserialize_map(visitor)
    }
}
