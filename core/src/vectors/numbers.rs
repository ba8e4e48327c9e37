//! Decimal numbers to float32, correctly rounded: eight digits at a time; rare forms are parsed by the standard
//! library.
//!
//! Source: Lemire 2021 for the exact cases of double precision; parsing eight digits in a word is a common technique.

const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
const WHOLE_POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
const LARGEST_EXACT: u64 = 1 << 53;
/// If a double is exactly between two floats, rounding it a second time may be wrong.
const HALFWAY_MASK: u64 = (1 << 29) - 1;
const HALFWAY: u64 = 1 << 28;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Parse the number at `from`; return it and the position after its digits, where an exponent may follow; `None` if it
/// is not a plain decimal number, or needs exact parsing.
#[inline(always)]
pub fn plain_number(bytes: &[u8], from: usize) -> Option<(f32, usize)> {
    short_number(bytes, from).or_else(|| long_number(bytes, from))
}

/// One digit, a point and up to seven digits, the usual form in such files.
#[inline(always)]
fn short_number(bytes: &[u8], from: usize) -> Option<(f32, usize)> {
    let window = bytes.get(from..)?.first_chunk::<16>()?;
    let negative = usize::from(window[0] == b'-');
    let whole = window[negative].wrapping_sub(b'0');
    if whole > 9 || window[negative + 1] != b'.' {
        return None;
    }
    let word = u64::from_le_bytes(*window[negative + 2..].first_chunk::<8>()?);
    let count = leading_digits(word);
    if count == 0 || count == 8 {
        return None;
    }
    let significand = u64::from(whole) * WHOLE_POWERS[count] + eight_digits(word, count);
    let float = rounded(significand as f64 / EXACT_POWERS[count])?;
    Some((f32::from_bits(float.to_bits() | (negative as u32) << 31), from + negative + 2 + count))
}

/// Round a second time, unless the double is exactly between two floats.
#[inline(always)]
fn rounded(double: f64) -> Option<f32> {
    (double.to_bits() & HALFWAY_MASK != HALFWAY).then_some(double as f32)
}

fn long_number(bytes: &[u8], from: usize) -> Option<(f32, usize)> {
    let mut at = from;
    let negative = bytes.get(at) == Some(&b'-');
    at += usize::from(negative);
    let (whole, behind) = digits(bytes, at, 0)?;
    let mut significand = whole;
    let mut read = behind - at;
    at = behind;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        let (all, behind) = digits(bytes, at + 1, significand)?;
        significand = all;
        fraction = behind - at - 1;
        read += fraction;
        at = behind;
    }
    // Fifteen digits are below 2^53, and 10^22 is the last exact power.
    if read == 0 || significand > LARGEST_EXACT || fraction >= EXACT_POWERS.len() {
        return None;
    }
    // With at most 22 decimals the result is never a subnormal float.
    let float = rounded(significand as f64 / EXACT_POWERS[fraction])?;
    Some((if negative { -float } else { float }, at))
}

/// Append digits to `value`; `None` if there are too many.
#[inline(always)]
fn digits(bytes: &[u8], from: usize, mut value: u64) -> Option<(u64, usize)> {
    let mut at = from;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*word);
        let count = leading_digits(word);
        if count == 0 {
            return Some((value, at));
        }
        value = value.checked_mul(WHOLE_POWERS[count])?.checked_add(eight_digits(word, count))?;
        at += count;
        if count < 8 {
            return Some((value, at));
        }
    }
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        at += 1;
    }
    Some((value, at))
}

/// Number of leading bytes, from the lowest on, that are digits.
#[inline(always)]
fn leading_digits(word: u64) -> usize {
    let high = 0x8080_8080_8080_8080;
    // A byte is a digit if none of the byte, the byte minus '0' and the byte plus 0x46 exceeds 0x7f; a carry or a
    // borrow only affects bytes above the first that is not a digit.
    let others = (word.wrapping_add(0x4646_4646_4646_4646) | word.wrapping_sub(ZEROS) | word) & high;
    (others.trailing_zeros() / 8) as usize
}

/// The value of the first `count` digits, 1 to 8 of them.
#[inline(always)]
fn eight_digits(word: u64, count: usize) -> u64 {
    let digits = (word.wrapping_sub(ZEROS)) << (64 - 8 * count);
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xffff_ffff
}

/// Parse a whole field as a finite number; the error says what is wrong.
pub fn number(field: &[u8]) -> Result<f32, String> {
    if let Some((value, behind)) = plain_number(field, 0) {
        if behind == field.len() {
            return finite(value, field);
        }
    }
    match std::str::from_utf8(field).ok().and_then(|field| field.parse::<f32>().ok()) {
        Some(value) => finite(value, field),
        None => Err(format!("{:?} is not a number", shown(field))),
    }
}

fn finite(value: f32, field: &[u8]) -> Result<f32, String> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("every number must be finite and fit float32, found {:?}", shown(field)))
    }
}

fn shown(field: &[u8]) -> String {
    String::from_utf8_lossy(&field[..field.len().min(60)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) {
        let expected = text.parse::<f32>().unwrap();
        if let Some((value, _)) = plain_number(text.as_bytes(), 0).filter(|&(_, behind)| behind == text.len()) {
            assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
        }
        assert_eq!(number(text.as_bytes()).unwrap().to_bits(), expected.to_bits(), "{text}");
    }

    #[test]
    fn numbers_equal_the_standard_library() {
        for text in [
            "0",
            "-0",
            "1",
            "-0.038194",
            "0.5",
            "123456789012",
            "0.000000000000000000000001",
            "16777217",
            "16777219",
            "1.00000005960464477539",
            "3.4028235e38",
            "1e-45",
            "9007199254740993",
            "-7",
            "00012.50",
            "5.",
            ".5",
            "0.1234567",
            "0.12345678",
            "0.123456789",
            "12345678.12345678",
            "1e5",
            "+2",
            "0.000030517578125",
        ] {
            same(text);
        }
        let mut state = 1u64;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let places = (state >> 59) as usize % 12;
            let value = ((state >> 20) as i32) as f64 / 10f64.powi((state >> 56) as i32 % 12);
            same(&format!("{value:.places$}"));
            same(&format!("{}", f32::from_bits((state >> 32) as u32 & 0x7f7f_ffff)));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "0x1", "1_0", "1,5", "one", "1 ", "--1", "\u{661}", "1\u{0}"] {
            assert!(number(text.as_bytes()).unwrap_err().contains("is not a number"), "{text}");
        }
        for text in ["nan", "inf", "-Infinity", "1e999", "340282356779733661637539395458142568448"] {
            assert!(number(text.as_bytes()).unwrap_err().contains("finite"), "{text}");
        }
        assert_eq!(plain_number(b"-0.5 7", 0), Some((-0.5, 4)));
        assert_eq!(plain_number(b"ab0.5\xff\xff\xff\xff\xff\xff\xff", 2), Some((0.5, 5)));
    }
}
