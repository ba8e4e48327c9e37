//! Rows of ids of equal length.

/// Padding and truncation of a list of ids: the side of the zeros, and the end that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Padding {
    pub length: usize,
    pub pad_left: bool,
    pub keep_last: bool,
}

impl Padding {
    /// Return the items that are not truncated.
    pub fn kept<'a, Item>(&self, items: &'a [Item]) -> &'a [Item] {
        let length = items.len().min(self.length);
        if self.keep_last {
            &items[items.len() - length..]
        } else {
            &items[..length]
        }
    }

    /// Write `ids` into `row`, which has `length` values with any previous content.
    pub fn write(&self, ids: &[i32], row: &mut [i32]) {
        let kept = self.kept(ids);
        let zeros = self.length - kept.len();
        if self.pad_left {
            row[..zeros].fill(0);
            row[zeros..].copy_from_slice(kept);
        } else {
            row[..kept.len()].copy_from_slice(kept);
            row[kept.len()..].fill(0);
        }
    }
}

/// Rows of ids, and counts of what was truncated.
pub struct PaddedIds {
    /// Tokens of each text before truncation.
    pub lengths: Vec<i64>,
    /// Number of out-of-vocabulary tokens, including truncated ones.
    pub unknown: u64,
}

impl PaddedIds {
    /// Concatenate the parts of several threads.
    pub fn join(parts: Vec<Self>) -> Self {
        let unknown = parts.iter().map(|part| part.unknown).sum();
        Self { lengths: parts.into_iter().flat_map(|part| part.lengths).collect(), unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_padding_and_of_cutting() {
        let row = |ids: &[i32], pad_left, keep_last| {
            let mut row = [9; 3];
            Padding { length: 3, pad_left, keep_last }.write(ids, &mut row);
            row
        };
        assert_eq!(row(&[1, 2], true, true), [0, 1, 2]);
        assert_eq!(row(&[1, 2], false, true), [1, 2, 0]);
        assert_eq!(row(&[1, 2, 3, 4], true, true), [2, 3, 4]);
        assert_eq!(row(&[1, 2, 3, 4], true, false), [1, 2, 3]);
        assert_eq!(row(&[], false, false), [0, 0, 0]);
    }
}
