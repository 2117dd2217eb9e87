"""How good the answers are, as numbers: cases are asked, their rows compared with the right ones, the figures kept."""
