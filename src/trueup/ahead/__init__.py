"""What invariants ask, known before their turn: merged where one scan answers several."""
