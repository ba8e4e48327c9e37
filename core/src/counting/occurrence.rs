//! A token of a text in 32 bits: batches contain hundreds of millions of them.

/// Upper bound (exclusive) of token numbers.
pub const MOST_NUMBERS: u32 = ENDS;
const ENDS: u32 = 1 << 31;

/// The number of a token, and whether n-grams end after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occurrence(u32);

impl Occurrence {
    /// A token after which n-grams continue; its number is below `MOST_NUMBERS`.
    #[inline(always)]
    pub fn new(number: u32) -> Self {
        debug_assert!(number < MOST_NUMBERS);
        Self(number)
    }

    /// A token, and whether n-grams end after it.
    #[inline(always)]
    pub fn with_end(number: u32, ends: bool) -> Self {
        debug_assert!(number < MOST_NUMBERS);
        Self(number | u32::from(ends) << 31)
    }

    #[inline(always)]
    pub fn number(self) -> u32 {
        self.0 & !ENDS
    }

    /// Whether n-grams end after it.
    #[inline(always)]
    pub fn ends_unit(self) -> bool {
        self.0 & ENDS != 0
    }

    /// The same token, with n-grams ending after it.
    #[inline(always)]
    pub fn ending(self) -> Self {
        Self(self.0 | ENDS)
    }

    /// The same position in a text, with another number.
    #[inline(always)]
    pub fn renumbered(self, number: u32) -> Self {
        debug_assert!(number < MOST_NUMBERS);
        Self(number | self.0 & ENDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_end_are_distinguished() {
        let token = Occurrence::new(MOST_NUMBERS - 1);
        assert_eq!((token.number(), token.ends_unit()), (MOST_NUMBERS - 1, false));
        assert_eq!((token.ending().number(), token.ending().ends_unit()), (MOST_NUMBERS - 1, true));
        assert_eq!(token.ending().renumbered(7), Occurrence::new(7).ending());
        assert_eq!(token.renumbered(7), Occurrence::with_end(7, false));
    }
}
