//! Random numbers that are the same on every machine.

/// SplitMix64, by Steele, Lea and Flood 2014.
pub struct Random(u64);

impl Random {
    /// Return the generator of a stream; streams of one seed are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let start = Self(stream).number();
        Self(Self(seed).number() ^ start.rotate_left(17))
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from -0.5 to 0.5, in steps of 2^-24.
    pub fn centred(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1 << 24) as f32 - 0.5
    }

    /// 0, 1... `count` - 1, all equally likely.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.number()) * count as u128) >> 64) as usize
    }

    pub fn shuffle<Item>(&mut self, items: &mut [Item]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// 0, 1... `count` - 1, shuffled.
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_paper_and_orders_hold_every_number_once() {
        // From the authors' program, for the seed 0.
        let mut random = Random(0);
        assert_eq!([random.number(), random.number()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        let mut order = Random::new(1, 2).order(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        assert_ne!(order, Random::new(1, 3).order(100));
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
        assert!((0..1000).all(|_| (-0.5..0.5).contains(&random.centred())));
    }
}
