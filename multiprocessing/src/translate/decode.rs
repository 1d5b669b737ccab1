//! Inference: the encoder reads the sentence token by token; the decoder writes the translation, always the most likely token.

use super::linear::Matrix;
use super::model::{DECODER, ENCODER, GATES, Layout, WIDTH};
use super::tokenize::{END, START};

/// A longer translation is cut off.
pub const MAX_TOKENS: usize = 60;

type State = [f32; WIDTH];

/// Translates the tokens of a sentence. The end token is not returned.
pub fn translate(layout: &Layout, file: &[u8], sentence: &[usize]) -> Vec<usize> {
    let mut encoder = Gru::new(layout, file, ENCODER);
    for token in sentence {
        encoder.read(*token, |x| x);
    }
    let mut decoder = Gru { state: encoder.state, ..Gru::new(layout, file, DECODER) };
    let (out, bias) = layout.out(file);
    let mut scores = vec![0.0; layout.tokens[DECODER]];
    let mut translation = Vec::new();
    let mut last = START;
    while translation.len() < MAX_TOKENS {
        decoder.read(last, |x| x.max(0.0));
        out.times(&decoder.state, bias, &mut scores);
        last = largest(&scores);
        if last == END {
            break;
        }
        translation.push(last);
    }
    translation
}

/// A gated recurrent unit and its state.
struct Gru<'m> {
    embedding: Matrix<'m>,
    /// Matrix and bias for the input, and for the last state.
    gates: [(Matrix<'m>, &'m [u8]); 2],
    state: State,
}

impl<'m> Gru<'m> {
    fn new(layout: &Layout, file: &'m [u8], side: usize) -> Gru<'m> {
        Gru { embedding: layout.embedding(file, side), gates: layout.gates(file, side), state: [0.0; WIDTH] }
    }

    /// Updates the state by a token, whose embedding passes through `activation` first.
    fn read(&mut self, token: usize, activation: impl Fn(f32) -> f32) {
        let mut input = [0.0; WIDTH];
        self.embedding.row(token, &mut input);
        input = input.map(activation);
        let (mut by_input, mut by_state) = ([0.0; GATES], [0.0; GATES]);
        let [(matrix, bias), (own_matrix, own_bias)] = self.gates;
        matrix.times(&input, bias, &mut by_input);
        own_matrix.times(&self.state, own_bias, &mut by_state);
        for (n, state) in self.state.iter_mut().enumerate() {
            let (r, z) = (n, n + WIDTH);
            let reset = sigmoid(by_input[r] + by_state[r]);
            let update = sigmoid(by_input[z] + by_state[z]);
            let new = (by_input[n + 2 * WIDTH] + reset * by_state[n + 2 * WIDTH]).tanh();
            *state = (1.0 - update) * new + update * *state;
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The index of the largest score; of equal ones the first.
fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (n, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = n;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_wins() {
        assert_eq!(largest(&[1.0, 3.0, 2.0, 3.0]), 1);
    }
}
