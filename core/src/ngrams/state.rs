//! Counted n-grams as lists, for files; and back, after validation of the lists.

use crate::foundation::interrupts::check;
use crate::ngrams::codes::TooMany;
use crate::ngrams::grams::{Counted, Grams};

/// Limit for the numbers of texts and tokens, so that no sum of counts overflows.
const MOST: u64 = 1 << 48;

/// Counts of all n-grams, in order.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// Distinct tokens.
    pub words: &'a [String],
    /// Number of tokens of every n-gram.
    pub lengths: &'a [u8],
    /// Indices of their tokens in `words`.
    pub paths: &'a [u32],
    pub counts: &'a [u64],
    pub texts: &'a [u64],
    /// First occurrence of each.
    pub firsts: &'a [u64],
    pub all_texts: u64,
    pub all_tokens: u64,
}

/// Reason why a state is refused.
#[derive(Debug)]
pub enum StateError {
    /// The lists are inconsistent with each other or with the counted sizes.
    Damaged,
    TooMany,
}

impl From<TooMany> for StateError {
    fn from(_: TooMany) -> Self {
        Self::TooMany
    }
}

impl Grams {
    /// Restore a state into an empty object, with the n-grams in their order. After an error the object must not be
    /// used.
    pub fn restore(&mut self, state: &State) -> Result<Vec<Counted>, StateError> {
        let tokens = self.restored_tokens(state)?;
        let mut grams = Vec::with_capacity(state.lengths.len());
        let (mut rest, mut path) = (state.paths, Vec::new());
        for (place, &length) in state.lengths.iter().enumerate() {
            check(256);
            let (own, others) = rest.split_at(usize::from(length));
            rest = others;
            path.clear();
            path.extend(own.iter().map(|&word| tokens[word as usize]));
            let (count, texts, first) = (state.counts[place], state.texts[place], state.firsts[place]);
            let gram = self.insert(&path, count, texts, first)?;
            if self.count(gram) != count {
                return Err(StateError::Damaged); // it is repeated
            }
            grams.push(Counted { gram, count, texts, first });
        }
        self.check_texts(state.all_texts);
        self.add_totals(state.all_texts, state.all_tokens);
        Ok(grams)
    }

    /// Return the number of every word, if all are consistent.
    fn restored_tokens(&mut self, state: &State) -> Result<Vec<u32>, StateError> {
        let grams = state.lengths.len();
        let of_each = [state.counts, state.texts, state.firsts];
        let numbers = of_each[0].iter().zip(of_each[1]);
        let fits = of_each.iter().all(|numbers| numbers.len() == grams)
            && state.lengths.iter().all(|&length| (1..=self.longest()).contains(&usize::from(length)))
            && state.lengths.iter().map(|&length| usize::from(length)).sum::<usize>() == state.paths.len()
            && state.all_texts <= MOST
            && state.all_tokens <= MOST
            && numbers.into_iter().all(|(&count, &texts)| (1..=MOST).contains(&count) && texts <= count);
        let mut is_used = vec![false; state.words.len()];
        let known = state.paths.iter().all(|&word| is_used.get_mut(word as usize).map(|used| *used = true).is_some());
        if !fits || !known || is_used.contains(&false) {
            return Err(StateError::Damaged);
        }
        let before = self.tokens.len();
        let tokens: Vec<u32> = state
            .words
            .iter()
            .map(|word| {
                check(64);
                self.tokens.insert(word.as_bytes())
            })
            .collect();
        // A repeated word, or a stop word, already has a number.
        if before + tokens.len() != self.tokens.len() {
            return Err(StateError::Damaged);
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prepare::Prepare;
    use crate::text::splitter::Splitter;

    fn grams(longest: usize, stop_words: &[&str]) -> Grams {
        Grams::new(Splitter::whitespace(Prepare::default()), 1, 1, longest, stop_words)
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let words = ["a", "b"].map(str::to_owned);
        let state = State {
            words: &words,
            lengths: &[1, 1, 2],
            paths: &[0, 1, 0, 1],
            counts: &[3, 2, 2],
            texts: &[1, 2, 1],
            firsts: &[1, 257, 2],
            all_texts: 2,
            all_tokens: 5,
        };
        let mut found = grams(2, &[]);
        let order = found.restore(&state).expect("whole");
        assert_eq!(order.iter().map(|gram| found.path(gram.gram)).collect::<Vec<_>>(), [vec![0], vec![1], vec![0, 1]]);
        let refused = |state: State, mut grams: Grams| matches!(grams.restore(&state), Err(StateError::Damaged));
        let twice = ["a", "a"].map(str::to_owned);
        let unused = ["a", "b", "c"].map(str::to_owned);
        for words in [&twice[..], &unused[..], &words[..1]] {
            assert!(refused(State { words, ..state }, grams(2, &[])));
        }
        for paths in [&[0, 1, 0][..], &[0, 1, 0, 7], &[0, 1, 0, 1, 1], &[]] {
            assert!(refused(State { paths, ..state }, grams(2, &[])));
        }
        for counts in [&[3, 2][..], &[3, 2, 0], &[u64::MAX, 2, 2]] {
            assert!(refused(State { counts, ..state }, grams(2, &[])));
        }
        assert!(refused(State { lengths: &[1, 1, 2, 0], ..state }, grams(2, &[])));
        assert!(refused(State { lengths: &[1, 1, 1, 1], paths: &[0, 1, 0, 1], ..state }, grams(2, &[])));
        assert!(refused(State { all_tokens: u64::MAX, ..state }, grams(2, &[])));
        assert!(refused(state, grams(1, &[])));
        let again = State { lengths: &[1, 1, 1], paths: &[0, 1, 1], ..state };
        assert!(refused(again, grams(2, &[])));
        assert!(refused(state, grams(2, &["b"])));
    }
}
