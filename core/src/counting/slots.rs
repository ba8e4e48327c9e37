//! A hash table from keys to the numbers 0, 1, 2... in which a key is found in one line of the processor's cache.
//!
//! Open addressing with linear probing. When the table grows, keys are put in again in the order of their numbers, so
//! that those that came first, the most frequent ones as a rule, stand where they are looked for first.

/// In place of a number: nothing stands here.
const EMPTY: u32 = u32::MAX;
/// Slots of an empty table.
const FEWEST: usize = 4;

#[derive(Clone, Copy)]
struct Slot<Key> {
    key: Key,
    number: u32,
}

/// Numbers by key. Two things may have the same key; `find` asks which of them is meant.
pub struct Slots<Key> {
    /// A power of two of them.
    slots: Vec<Slot<Key>>,
    used: u32,
}

impl<Key: Copy + Default> Default for Slots<Key> {
    fn default() -> Self {
        Self { slots: empty(FEWEST), used: 0 }
    }
}

fn empty<Key: Copy + Default>(size: usize) -> Vec<Slot<Key>> {
    vec![Slot { key: Key::default(), number: EMPTY }; size]
}

impl<Key: Copy + Default + PartialEq> Slots<Key> {
    /// The number of a key for which `is_meant` holds.
    #[inline(always)]
    pub fn find(&self, hash: u64, key: Key, is_meant: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = &self.slots[place];
            if slot.number == EMPTY {
                return None;
            }
            if slot.key == key && is_meant(slot.number) {
                return Some(slot.number);
            }
            place = (place + 1) & mask;
        }
    }

    /// Give a key the next number. `entry` tells hash and key of a number that was given before.
    pub fn insert(&mut self, hash: u64, key: Key, entry: impl Fn(u32) -> (u64, Key)) {
        // At most five eighths are in use.
        if (self.used as usize + 1) * 8 > self.slots.len() * 5 {
            self.slots = empty(self.slots.len() * 2);
            for number in 0..self.used {
                let (hash, key) = entry(number);
                self.put(hash, key, number);
            }
        }
        self.put(hash, key, self.used);
        self.used += 1;
    }

    fn put(&mut self, hash: u64, key: Key, number: u32) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while self.slots[place].number != EMPTY {
            place = (place + 1) & mask;
        }
        self.slots[place] = Slot { key, number };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn keys_are_found_as_in_the_standard_librarys_table() {
        // Bad hashes put keys beside each other, and around the end of the table.
        for hash in
            [|key: u32| u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15), |key| u64::from(key % 3), |_| u64::MAX]
        {
            let (mut slots, mut keys, mut expected) = (Slots::<[u32; 2]>::default(), Vec::new(), HashMap::new());
            let mut state = 1u64;
            for _ in 0..600 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let key = [(state >> 33) as u32 % 300, 7];
                let found = slots.find(hash(key[0]), key, |_| true);
                assert_eq!(found, expected.get(&key).copied());
                if found.is_none() {
                    expected.insert(key, keys.len() as u32);
                    keys.push(key);
                    slots.insert(hash(key[0]), key, |number| (hash(keys[number as usize][0]), keys[number as usize]));
                }
            }
        }
    }

    #[test]
    fn things_with_the_same_key_are_told_apart() {
        let mut slots = Slots::<u32>::default();
        (0..3).for_each(|_| slots.insert(5, 9, |_| (5, 9)));
        assert_eq!(
            (0..3).map(|wanted| slots.find(5, 9, |number| number == wanted)).collect::<Vec<_>>(),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(slots.find(5, 9, |_| false), None);
    }
}
