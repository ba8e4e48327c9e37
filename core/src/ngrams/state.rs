//! N-grams with their counts as lists, which files hold; and n-grams again, unless the lists are damaged.

use crate::foundation::interrupts::check;
use crate::ngrams::codes::TooMany;
use crate::ngrams::grams::{Counted, Grams};

/// More texts or tokens than anybody counts; so that no sum of counts overflows.
const MOST: u64 = 1 << 48;

/// What was counted, one n-gram after the other.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// Distinct tokens.
    pub words: &'a [String],
    /// Of every n-gram how many tokens it has.
    pub lengths: &'a [u8],
    /// Places of their tokens among `words`.
    pub paths: &'a [u32],
    pub counts: &'a [u64],
    pub texts: &'a [u64],
    /// Where each was first seen.
    pub firsts: &'a [u64],
    pub all_texts: u64,
    pub all_tokens: u64,
}

/// Why a state cannot be taken.
#[derive(Debug)]
pub enum StateError {
    /// The lists do not fit each other, or the n-grams that are counted.
    Damaged,
    TooMany,
}

impl From<TooMany> for StateError {
    fn from(_: TooMany) -> Self {
        Self::TooMany
    }
}

impl Grams {
    /// Take a state, as if it had been counted, where nothing was counted before; its n-grams in their order. After an
    /// error nothing is to be used.
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
                return Err(StateError::Damaged); // it stands twice
            }
            grams.push(Counted { gram, count, texts, first });
        }
        self.check_texts(state.all_texts);
        self.add_totals(state.all_texts, state.all_tokens);
        Ok(grams)
    }

    /// The number of every word, where all fit.
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
        // A word that stands twice, or is a stop word, has a number of before.
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
