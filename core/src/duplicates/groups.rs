//! Connected components of pairs of texts.

use crate::foundation::interrupts::check;

/// Groups of texts; each text points to an earlier one of its group, or is the first.
pub struct Groups(Vec<u32>);

impl Groups {
    /// `earlier` is a text of the same group that is not later, for every text.
    pub fn new(earlier: Vec<u32>) -> Self {
        Self(earlier)
    }

    /// The groups of `texts` texts that pairs connect: the first text of each text's group.
    pub fn of_pairs(texts: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
        let mut groups = Self::new((0..texts as u32).collect());
        pairs.for_each(|(left, right)| groups.join(left, right));
        (0..texts as u32).map(|text| groups.first(text)).collect()
    }

    /// Join the groups of two texts.
    pub fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.first(left), self.first(right));
        self.0[left.max(right) as usize] = left.min(right);
    }

    /// The first text of a text's group.
    pub fn first(&mut self, mut text: u32) -> u32 {
        check(64);
        while self.0[text as usize] != text {
            let above = self.0[self.0[text as usize] as usize];
            self.0[text as usize] = above;
            text = above;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_connect_texts_to_groups_named_by_their_first() {
        let pairs = [(7, 5), (5, 2), (1, 0), (6, 7), (2, 6)];
        assert_eq!(Groups::of_pairs(8, pairs.into_iter()), [0, 0, 2, 3, 4, 2, 2, 2]);
        assert!(Groups::of_pairs(0, [].into_iter()).is_empty());
    }
}
